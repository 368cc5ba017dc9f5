//! Tags. Adding and removing them by API fires no trigger.

use crate::zammad_sim::{
    call::{Call, Reply, ok, page},
    error::ApiError,
    model::{entities::Id, permission, state::State, version::Version},
};
use serde_json::{Value, json};

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.authenticate()?;
    // No access check: every logged-in user reads the tags of any ticket.
    let id: Option<Id> = call.text("o_id").and_then(|id| id.parse().ok());
    let tags = id.and_then(|id| call.state.tickets.get(&id)).map(|ticket| ticket.tags.clone()).unwrap_or_default();
    ok(200, json!({"tags": tags}))
}

/// The ticket of a tag request, if its tags may be changed.
fn writable(call: &mut Call<'_>) -> Result<Id, ApiError> {
    let actor = call.authenticate()?;
    if call.text("object").as_deref() != Some("Ticket") {
        return Err(ApiError::crash("uninitialized constant"));
    }
    let ticket = call.state.ticket_by_text(&call.text("o_id").unwrap_or_default())?;
    let may = permission::as_agent(call.state, &actor, ticket, "change");
    if may { Ok(ticket.id) } else { Err(ApiError::no_access()) }
}

pub(in crate::zammad_sim) fn add(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let ticket = writable(call)?;
    let item = call.text("item").ok_or_else(|| ApiError::crash("undefined method 'strip' for nil"))?;
    let item = item.trim();
    let refused = item.is_empty() || (call.state.version != Version::V6_1 && item.contains([',', '*']));
    if refused {
        return Err(ApiError::invalid("Attribute 'tag_item_id\" of relation \"tags' required!"));
    }
    let is_new = !call.state.tag_items.values().any(|known| same(call.state.version, known, item));
    let may = call.actor.as_ref().is_some_and(|actor| actor.may(call.state, "admin.tag"));
    if is_new && call.state.setting("tag_new") == false && !may {
        return Err(ApiError::no_access());
    }
    attach(call.state, ticket, item);
    ok(201, true)
}

pub(in crate::zammad_sim) fn remove(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let ticket = writable(call)?;
    let item = call.text("item").unwrap_or_default();
    let version = call.state.version;
    if let Some(ticket) = call.state.tickets.get_mut(&ticket) {
        ticket.tags.retain(|tag| !same(version, tag, item.trim()));
    }
    ok(200, true)
}

pub(in crate::zammad_sim) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["ticket.agent", "admin.tag"])?;
    let term = call.text("term").unwrap_or_default().to_lowercase();
    let found = call.state.tag_items.iter().filter(|(_, name)| name.to_lowercase().contains(&term));
    ok(200, found.take(10).map(|(id, value)| json!({"id": id, "value": value})).collect::<Vec<Value>>())
}

/// Puts a tag on a ticket, once.
pub(in crate::zammad_sim) fn attach(state: &mut State, ticket: Id, tag: &str) {
    if tag.is_empty() {
        return;
    }
    let tag = item(state, tag);
    if let Some(ticket) = state.tickets.get_mut(&ticket)
        && !ticket.tags.contains(&tag)
    {
        ticket.tags.push(tag);
    }
}

/// All tags, for administrators.
pub(in crate::zammad_sim) fn all(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["admin.tag"])?;
    let state = &*call.state;
    let uses = |name: &String| state.tickets.values().filter(|ticket| ticket.tags.contains(name)).count();
    let rows: Vec<Value> =
        state.tag_items.iter().map(|(id, name)| json!({"id": id, "name": name, "count": uses(name)})).collect();
    ok(200, page(call, rows, 1000))
}

pub(in crate::zammad_sim) fn make(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["admin.tag"])?;
    let name = call.text("name").filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| ApiError::invalid("The required parameter 'name' is missing."))?;
    item(call.state, name.trim());
    ok(200, json!({}))
}

/// Renames a tag on every ticket that has it.
pub(in crate::zammad_sim) fn rename(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&["admin.tag"])?;
    let (id, before) = listed(call, path.get(1))?;
    let after = call.text("name").unwrap_or(before.clone());
    for tag in call.state.tickets.values_mut().flat_map(|ticket| &mut ticket.tags).filter(|tag| **tag == before) {
        tag.clone_from(&after);
    }
    call.state.tag_items.insert(id, after);
    ok(200, json!({}))
}

/// Takes a tag off every ticket.
pub(in crate::zammad_sim) fn discard(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&["admin.tag"])?;
    let (id, name) = listed(call, path.get(1))?;
    call.state.tag_items.remove(&id);
    for ticket in call.state.tickets.values_mut() {
        ticket.tags.retain(|tag| *tag != name);
    }
    ok(200, json!({}))
}

fn listed(call: &Call<'_>, id: Option<&&str>) -> Result<(Id, String), ApiError> {
    let id = id.copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| Some((id, call.state.tag_items.get(&id)?.clone())));
    found.ok_or_else(|| ApiError::not_found("Tag::Item", id))
}

/// Makes a tag known, and returns its spelling.
fn item(state: &mut State, name: &str) -> String {
    if let Some(known) = state.tag_items.values().find(|known| same(state.version, known, name)) {
        return known.clone();
    }
    let id = state.next_id("tag");
    state.tag_items.insert(id, name.to_owned());
    name.to_owned()
}

/// Whether two texts are the same tag.
fn same(version: Version, left: &str, right: &str) -> bool {
    left == right || (version.folds_tags() && left.to_lowercase() == right.to_lowercase())
}
