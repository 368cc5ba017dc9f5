//! Entity properties of issues and of comments.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    comments,
    error::Refusal,
    lookup,
};
use crate::{
    http::Answer,
    jira_sim::{change::Change, id::Id, site::Comment},
};

fn missing(key: &str) -> Refusal {
    Refusal::message(404, format!("The property with key '{key}' does not exist."))
}

fn keys(call: &mut Call<'_>, entity: &str, keys: &[String]) -> Reply {
    let base = format!("{}/rest/api/3/{entity}/properties", call.state.base);
    let rows: Vec<Value> = keys.iter().map(|key| json!({"key": key, "self": format!("{base}/{key}")})).collect();
    call.read(rows.len(), 0);
    ok(200, json!({"keys": rows}))
}

/// Refuses a property whose key or value is too long.
pub(super) fn allowed(key: &str, length: usize) -> Result<(), Refusal> {
    if key.len() > 255 {
        return Err(Refusal::message(400, "The property key must be no longer than 255 characters."));
    }
    if length > 32_768 {
        return Err(Refusal::message(400, "The property value must be no longer than 32768 bytes."));
    }
    Ok(())
}

fn value(call: &Call<'_>) -> Result<Value, Refusal> {
    serde_json::from_slice(&call.inbound.body)
        .map_err(|_| Refusal::message(400, "The property value must be valid, non-empty JSON."))
}

pub(super) fn list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::found(call, path)?;
    let (entity, found) = (format!("issue/{}", issue.id), issue.properties.keys().cloned().collect::<Vec<_>>());
    keys(call, &entity, &found)
}

pub(super) fn get(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let key = path.get(3).copied().unwrap_or_default();
    let issue = lookup::found(call, path)?;
    let value = issue.properties.get(key).ok_or_else(|| missing(key))?;
    let shown = json!({"key": key, "value": value});
    call.read(1, 0);
    ok(200, shown)
}

/// The issue of an address, if its properties can be changed by this account.
fn changeable(call: &Call<'_>, path: &[&str]) -> Result<Id, Refusal> {
    let issue = lookup::changeable(call, path, 403)?;
    let refusal = Refusal::message(403, "You do not have permission to edit this issue.");
    lookup::permitted(call, issue, "EDIT_ISSUES", refusal)?;
    Ok(issue.id)
}

fn record(call: &mut Call<'_>, kind: &'static str, issue: Id, key: &str) {
    let property = json!({"key": key});
    let change = Change::of(call.state, kind, issue);
    call.changes.extend(change.map(|change| change.with("property", property)));
}

pub(super) fn put(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let key = path.get(3).copied().unwrap_or_default();
    let id = changeable(call, path)?;
    allowed(key, call.inbound.body.len())?;
    let value = value(call)?;
    let issue = call.state.issues.get_mut(&id).ok_or_else(Refusal::no_issue)?;
    let new = issue.properties.insert(key.to_owned(), value).is_none();
    record(call, "avi:jira:set:issue-property", id, key);
    Ok(Answer::empty(if new { 201 } else { 200 }))
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let key = path.get(3).copied().unwrap_or_default();
    let id = changeable(call, path)?;
    let issue = call.state.issues.get_mut(&id).ok_or_else(Refusal::no_issue)?;
    issue.properties.remove(key).ok_or_else(|| missing(key))?;
    record(call, "avi:jira:deleted:issue-property", id, key);
    no_content()
}

fn comment<'a>(call: &'a Call<'_>, path: &[&str]) -> Result<&'a Comment, Refusal> {
    let id = path.get(1).copied().unwrap_or_default();
    let row = comments::visible(call, id);
    row.ok_or_else(|| Refusal::message(404, format!("Can not find a comment for the id: {id}.")))
}

/// The comment of an address, if its properties can be changed by this account.
fn own_comment(call: &Call<'_>, path: &[&str]) -> Result<Id, Refusal> {
    let row = comment(call, path)?;
    if !comments::may(call, row, "EDIT_ALL_COMMENTS", "EDIT_OWN_COMMENTS") {
        return Err(Refusal::message(403, "You do not have the permission to edit this comment."));
    }
    Ok(row.id)
}

pub(super) fn of_comment_list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let row = comment(call, path)?;
    let (entity, found) = (format!("comment/{}", row.id), row.properties.keys().cloned().collect::<Vec<_>>());
    keys(call, &entity, &found)
}

pub(super) fn of_comment_get(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let key = path.get(3).copied().unwrap_or_default();
    let value = comment(call, path)?.properties.get(key).ok_or_else(|| missing(key))?;
    let shown = json!({"key": key, "value": value});
    call.read(1, 0);
    ok(200, shown)
}

pub(super) fn of_comment_put(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = own_comment(call, path)?;
    let key = path.get(3).copied().unwrap_or_default();
    let value = value(call)?;
    let row = call.state.comments.get_mut(&id).ok_or_else(Refusal::no_issue)?;
    let new = row.properties.insert(key.to_owned(), value).is_none();
    call.state.settle_visibility(id);
    Ok(Answer::empty(if new { 201 } else { 200 }))
}

pub(super) fn of_comment_delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = own_comment(call, path)?;
    let key = path.get(3).copied().unwrap_or_default();
    let row = call.state.comments.get_mut(&id).ok_or_else(Refusal::no_issue)?;
    row.properties.remove(key).ok_or_else(|| missing(key))?;
    call.state.settle_visibility(id);
    no_content()
}
