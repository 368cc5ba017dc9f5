//! Links between tickets.

use super::tickets;
use crate::zammad_sim::{
    call::{Call, Reply, ok},
    error::ApiError,
    model::{
        entities::{Id, Link, Ticket},
        permission,
        state::State,
    },
    render,
    values::{as_id, as_text},
};
use serde_json::{Value, json};

/// Role of the other side.
fn opposite(kind: &str) -> &str {
    match kind {
        "parent" => "child",
        "child" => "parent",
        other => other,
    }
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let id = call.text("link_object_value").unwrap_or_default();
    let state = &*call.state;
    let Ok(ticket) = state.ticket_by_text(&id) else { return ok(200, json!({"links": [], "assets": []})) };
    if !permission::allowed(state, &actor, ticket, "read") {
        return ok(200, json!({"links": [], "assets": {}}));
    }
    // Seen from this ticket: the role and number of the other one, if it may be read. Links that leave it come first;
    // their roles are turned round, where the role is a known one. A link to itself is shown from both ends.
    let known = |kind: &str| matches!(kind, "normal" | "parent" | "child");
    let mut leaving: Vec<&Link> = state.links.iter().filter(|link| link.source == ticket.id).collect();
    leaving.sort_by_key(|link| (link.target, link.id));
    let leaving = leaving
        .into_iter()
        .map(|link| (known(&link.link_type).then(|| opposite(&link.link_type).to_owned()), link.target));
    let mut arriving: Vec<&Link> = state.links.iter().filter(|link| link.target == ticket.id).collect();
    arriving.sort_by_key(|link| (link.source, link.id));
    let seen = leaving.chain(arriving.into_iter().map(|link| (Some(link.link_type.clone()), link.source)));
    let others: Vec<(Option<String>, &Ticket)> = seen
        .filter_map(|(kind, other)| Some((kind, state.tickets.get(&other)?)))
        .filter(|(_, other)| permission::allowed(state, &actor, other, "read"))
        .collect();
    let rows: Vec<Value> = others
        .iter()
        .map(|(kind, other)| json!({"link_type": kind, "link_object": "Ticket", "link_object_value": other.id}))
        .collect();
    let assets = tickets::assets(state, others.into_iter().map(|(_, other)| other), actor.user);
    ok(200, json!({"links": rows, "assets": if rows.is_empty() { json!({}) } else { assets }}))
}

pub(in crate::zammad_sim) fn add(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["ticket.agent", "ticket.customer"])?;
    let number = call.text("link_object_source_number").unwrap_or_default();
    let source = call.state.ticket_by_number(&number);
    let source = source.ok_or_else(|| nowhere("\"tickets\".\"number\" = $1"))?;
    let target = call.text("link_object_target_value").ok_or_else(|| nowhere("\"tickets\".\"id\" IS NULL"))?;
    let target = call.state.ticket_by_text(&target).map_err(|_| nowhere("\"tickets\".\"id\" = $1"))?;
    if call.text("link_object_source").as_deref() != Some("Ticket") {
        return Err(ApiError::crash("uninitialized constant"));
    }
    if !permission::allowed(call.state, &actor, target, "change") {
        return Err(ApiError::no_access());
    }
    let (source, target) = (source.id, target.id);
    let kind = call.text("link_type").unwrap_or_default();
    let id = attach_one(call.state, &kind, source, target);
    let at = id.map(|_| render::time(call.now));
    let known = ["normal", "child", "parent"].iter().position(|known| *known == kind);
    ok(
        201,
        json!({"id": id, "link_type_id": known.map_or(4, |at| at + 1), "link_object_source_id": 1,
                   "link_object_source_value": source, "link_object_target_id": 1, "link_object_target_value": target,
                   "created_at": at, "updated_at": at}),
    )
}

fn nowhere(place: &str) -> ApiError {
    ApiError::missing(format!("Couldn't find Ticket with [WHERE {place}]"))
}

pub(in crate::zammad_sim) fn remove(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let target = call.state.ticket_by_text(&call.text("link_object_target_value").unwrap_or_default())?;
    if !permission::allowed(call.state, &actor, target, "change") {
        return Err(ApiError::no_access());
    }
    let (kind, target) = (call.text("link_type").unwrap_or_default(), target.id);
    let source = call.param("link_object_source_value").and_then(as_id);
    call.state.links.retain(|link| !(link.link_type == kind && Some(link.source) == source && link.target == target));
    ok(201, Vec::<Value>::new())
}

/// Links two tickets; `None` if they are already.
pub(in crate::zammad_sim) fn attach_one(state: &mut State, kind: &str, source: Id, target: Id) -> Option<Id> {
    let known = |link: &Link| link.link_type == kind && link.source == source && link.target == target;
    if state.links.iter().any(known) {
        return None;
    }
    let id = state.next_id("link");
    state.links.push(Link { id, link_type: kind.to_owned(), source, target });
    Some(id)
}

/// The links in a new ticket's parameters: the role of the new ticket, and the other one.
pub(in crate::zammad_sim) fn requested(call: &Call<'_>) -> Result<Vec<(String, Id)>, ApiError> {
    let Some(links) = call.param("links") else { return Ok(Vec::new()) };
    let wrong = || ApiError::invalid("Invalid link structure (Object → LinkType)");
    let mut found = Vec::new();
    for (kind, ids) in links.get("Ticket").and_then(Value::as_object).ok_or_else(wrong)? {
        for id in ids.as_array().ok_or_else(wrong)? {
            found.push((kind.clone(), call.state.ticket_by_text(&as_text(id))?.id));
        }
    }
    Ok(found)
}

/// Makes the links of a new ticket.
pub(in crate::zammad_sim) fn attach(call: &mut Call<'_>, ticket: Id, requested: Vec<(String, Id)>) {
    for (kind, other) in requested {
        attach_one(call.state, &kind, ticket, other);
    }
}
