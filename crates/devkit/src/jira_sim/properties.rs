//! Entity properties of issues and of comments.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    entities::Id,
    error::Refusal,
    issues,
};
use crate::http::Answer;

fn missing(key: &str) -> Refusal {
    Refusal::message(404, format!("The property with key '{key}' does not exist."))
}

fn keys<'a>(base: &str, keys: impl Iterator<Item = &'a String>) -> Reply {
    let rows: Vec<Value> = keys.map(|key| json!({"key": key, "self": format!("{base}/properties/{key}")})).collect();
    ok(200, json!({"keys": rows}))
}

fn value(call: &Call<'_>) -> Result<Value, Refusal> {
    serde_json::from_slice(&call.inbound.body)
        .map_err(|_| Refusal::message(400, "The property value must be valid, non-empty JSON."))
}

pub(super) fn list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found(call, path)?;
    keys(&format!("{}/rest/api/3/issue/{}", call.state.base, issue.id), issue.properties.keys())
}

pub(super) fn get(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let key = path.get(3).copied().unwrap_or_default();
    let issue = issues::found(call, path)?;
    let value = issue.properties.get(key).ok_or_else(|| missing(key))?;
    ok(200, json!({"key": key, "value": value}))
}

pub(super) fn put(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let key = path.get(3).copied().unwrap_or_default();
    let id = issues::found_id(call, path)?;
    if key.len() > 255 {
        return Err(Refusal::message(400, "The property key must be no longer than 255 characters."));
    }
    let value = value(call)?;
    if call.inbound.body.len() > 32_768 {
        return Err(Refusal::message(400, "The property value must be no longer than 32768 bytes."));
    }
    let issue = call.state.issues.get_mut(&id).ok_or_else(Refusal::no_issue)?;
    let new = issue.properties.insert(key.to_owned(), value).is_none();
    Ok(Answer::empty(if new { 201 } else { 200 }))
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let key = path.get(3).copied().unwrap_or_default();
    let id = issues::found_id(call, path)?;
    let issue = call.state.issues.get_mut(&id).ok_or_else(Refusal::no_issue)?;
    issue.properties.remove(key).ok_or_else(|| missing(key))?;
    no_content()
}

fn comment(call: &Call<'_>, path: &[&str]) -> Result<Id, Refusal> {
    let id = path.get(1).copied().unwrap_or_default();
    let row = id.parse().ok().and_then(|id: Id| call.state.comments.get(&id));
    let row = row.filter(|row| call.state.sees(&call.account, row));
    row.map(|row| row.id).ok_or_else(|| Refusal::message(404, format!("Can not find a comment for the id: {id}.")))
}

pub(super) fn of_comment_list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = comment(call, path)?;
    let row = call.state.comments.get(&id).ok_or_else(Refusal::no_issue)?;
    keys(&format!("{}/rest/api/3/comment/{id}", call.state.base), row.properties.keys())
}

pub(super) fn of_comment_get(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = comment(call, path)?;
    let key = path.get(3).copied().unwrap_or_default();
    let value = call.state.comments.get(&id).and_then(|row| row.properties.get(key)).ok_or_else(|| missing(key))?;
    ok(200, json!({"key": key, "value": value}))
}

pub(super) fn of_comment_put(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = comment(call, path)?;
    let key = path.get(3).copied().unwrap_or_default();
    let value = value(call)?;
    let row = call.state.comments.get_mut(&id).ok_or_else(Refusal::no_issue)?;
    let new = row.properties.insert(key.to_owned(), value).is_none();
    Ok(Answer::empty(if new { 201 } else { 200 }))
}
