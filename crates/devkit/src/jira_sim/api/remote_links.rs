//! Remote links: one a `globalId`, made or replaced by the same call.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    error::Refusal,
    lookup,
};
use crate::jira_sim::{id::Id, site::RemoteLink};

fn shown(call: &Call<'_>, link: &RemoteLink) -> Value {
    let mut row = link.rest.clone();
    let address = format!("{}/rest/api/3/issue/{}/remotelink/{}", call.state.base, link.issue, link.id);
    row.insert("id".to_owned(), link.id.into());
    row.insert("self".to_owned(), address.into());
    if let Some(global_id) = &link.global_id {
        row.insert("globalId".to_owned(), global_id.as_str().into());
    }
    row.entry("application").or_insert_with(|| json!({}));
    Value::Object(row)
}

fn unknown(global_id: &str) -> Refusal {
    Refusal::message(404, format!("A remote issue link with given global id '{global_id}' does not exist."))
}

fn by_global_id<'a>(call: &'a Call<'_>, issue: Id, global_id: &str) -> Option<&'a RemoteLink> {
    call.state.links_of(issue).find(|link| link.global_id.as_deref() == Some(global_id))
}

pub(super) fn list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::found_id(call, path)?;
    if let Some(global_id) = call.inbound.query_value("globalId") {
        let found = by_global_id(call, issue, &global_id).ok_or_else(|| unknown(&global_id))?;
        let shown = shown(call, found);
        call.read(1, 0);
        return ok(200, shown);
    }
    let rows: Vec<Value> = call.state.links_of(issue).map(|link| shown(call, link)).collect();
    call.read(rows.len(), 0);
    ok(200, rows)
}

/// The link of an address.
fn found<'a>(call: &'a Call<'_>, path: &[&str]) -> Result<&'a RemoteLink, Refusal> {
    let issue = lookup::found_id(call, path)?;
    let id = path.get(3).copied().unwrap_or_default();
    let id: Id = id.parse().map_err(|_| Refusal::message(400, format!("The link id '{id}' is not valid.")))?;
    let link = call.state.remote_links.get(&id);
    let link =
        link.ok_or_else(|| Refusal::message(404, format!("A remote issue link with id '{id}' does not exist.")))?;
    if link.issue == issue { Ok(link) } else { Err(Refusal::message(400, "The link belongs to another issue.")) }
}

/// The issue of an address, if this account may link it.
fn linkable(call: &Call<'_>, path: &[&str]) -> Result<Id, Refusal> {
    let issue = lookup::changeable(call, path, 403)?;
    let refusal = Refusal::message(403, "You do not have permission to link issues in this project.");
    lookup::permitted(call, issue, "LINK_ISSUES", refusal)?;
    Ok(issue.id)
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let found = found(call, path)?;
    let shown = shown(call, found);
    call.read(1, 0);
    ok(200, shown)
}

/// The link in a body: its global id, and the other fields.
fn read(mut body: Map<String, Value>) -> Result<(Option<String>, Map<String, Value>), Refusal> {
    let text =
        |name: &str| body.get("object").and_then(|object| object.get(name)).and_then(Value::as_str).unwrap_or_default();
    for name in ["title", "url"] {
        if text(name).is_empty() {
            return Err(Refusal::field(name, format!("'{name}' is required.")));
        }
    }
    let global_id = body.remove("globalId").and_then(|id| id.as_str().map(str::to_owned)).filter(|id| !id.is_empty());
    if global_id.as_ref().is_some_and(|id| id.len() > 255) {
        return Err(Refusal::field("globalId", "'globalId' must be no longer than 255 characters."));
    }
    body.retain(|name, _| matches!(name.as_str(), "application" | "object" | "relationship"));
    Ok((global_id, body))
}

pub(super) fn upsert(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = linkable(call, path)?;
    let (global_id, rest) = read(call.body()?)?;
    let known = global_id.as_deref().and_then(|global_id| by_global_id(call, issue, global_id)).map(|link| link.id);
    let id = known.unwrap_or_else(|| call.state.next_id());
    if known.is_none() {
        call.state.issue_links.entry(issue).or_default().push(id);
    }
    call.state.remote_links.insert(id, RemoteLink { id, issue, global_id, rest });
    let address = format!("{}/rest/api/3/issue/{issue}/remotelink/{id}", call.state.base);
    ok(if known.is_some() { 200 } else { 201 }, json!({"id": id, "self": address}))
}

pub(super) fn edit(call: &mut Call<'_>, path: &[&str]) -> Reply {
    linkable(call, path)?;
    let mut link = found(call, path)?.clone();
    (link.global_id, link.rest) = read(call.body()?)?;
    call.state.remote_links.insert(link.id, link);
    no_content()
}

fn remove(call: &mut Call<'_>, issue: Id, id: Id) {
    call.state.remote_links.remove(&id);
    if let Some(list) = call.state.issue_links.get_mut(&issue) {
        list.retain(|other| *other != id);
    }
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = linkable(call, path)?;
    let global_id = call.inbound.query_value("globalId");
    let global_id = global_id.ok_or_else(|| Refusal::message(400, "The globalId is missing."))?;
    let id = by_global_id(call, issue, &global_id).ok_or_else(|| unknown(&global_id))?.id;
    remove(call, issue, id);
    no_content()
}

pub(super) fn delete_one(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = linkable(call, path)?;
    let id = found(call, path)?.id;
    remove(call, issue, id);
    no_content()
}
