//! Comments.

use serde_json::{Map, Value, json};

use super::{
    adf,
    call::{Call, Reply, no_content, ok},
    entities::{Comment, Id, Visibility},
    error::Refusal,
    events::Change,
    issues, render,
};

/// Longest body, in characters of its text.
const BODY_LENGTH: usize = 32_767;

fn document(body: &Map<String, Value>) -> Result<Value, Refusal> {
    let document = body.get("body").filter(|value| adf::is_document(value));
    let document = document.ok_or_else(|| Refusal::field("comment", "Comment body is not valid!"))?;
    if adf::text(document).trim_end().chars().count() > BODY_LENGTH {
        return Err(Refusal::field(
            "comment",
            "The entered text is too long. It exceeds the allowed limit of 32,767 characters.",
        ));
    }
    Ok(document.clone())
}

fn visibility(body: &Map<String, Value>) -> Result<Option<Visibility>, Refusal> {
    let Some(value) = body.get("visibility").filter(|value| !value.is_null()) else { return Ok(None) };
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    match (text("type"), text("value").or_else(|| text("identifier"))) {
        (Some(kind), Some(value)) if matches!(kind.as_str(), "role" | "group") => Ok(Some(Visibility { kind, value })),
        _ => Err(Refusal::field("commentLevel", "The specified visibility is not valid.")),
    }
}

fn found(call: &Call<'_>, path: &[&str]) -> Result<Id, Refusal> {
    let issue = issues::found_id(call, path)?;
    let id = path.get(3).copied().unwrap_or_default();
    let row = id.parse().ok().and_then(|id: Id| call.state.comments.get(&id)).filter(|row| row.issue == issue);
    let row = row.filter(|row| call.state.sees(&call.account, row));
    row.map(|row| row.id).ok_or_else(|| Refusal::message(404, format!("Can not find a comment for the id: {id}.")))
}

fn one(call: &Call<'_>, id: Id, status: u16) -> Reply {
    let row = call.state.comments.get(&id).ok_or_else(Refusal::no_issue)?;
    ok(status, render::comment(call.state, row, call.expands("properties")))
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = found(call, path)?;
    one(call, id, 200)
}

pub(super) fn list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found_id(call, path)?;
    let (start, most) = (call.number("startAt", 0), call.number("maxResults", 5000).min(5000));
    let mut rows: Vec<&Comment> =
        call.state.comments_of(issue).filter(|row| call.state.sees(&call.account, row)).collect();
    if call.inbound.query_value("orderBy").is_some_and(|order| order.starts_with('-')) {
        rows.reverse();
    }
    let (total, properties) = (rows.len(), call.expands("properties"));
    let rows = rows.into_iter().skip(start).take(most).map(|row| render::comment(call.state, row, properties));
    let rows: Vec<Value> = rows.collect();
    ok(200, json!({"startAt": start, "maxResults": most, "total": total, "comments": rows}))
}

pub(super) fn by_ids(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = call.body()?;
    let ids = body.get("ids").and_then(Value::as_array).ok_or_else(Refusal::payload)?;
    let rows = ids.iter().filter_map(Value::as_u64).filter_map(|id| call.state.comments.get(&id));
    let rows = rows.filter(|row| call.state.sees(&call.account, row));
    let rows: Vec<Value> = rows.map(|row| render::comment(call.state, row, call.expands("properties"))).collect();
    ok(200, json!({"startAt": 0, "maxResults": 1000, "total": rows.len(), "isLast": true, "values": rows}))
}

pub(super) fn create(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found_id(call, path)?;
    let body = call.body()?;
    let (document, visibility) = (document(&body)?, visibility(&body)?);
    let list = body.get("properties").and_then(Value::as_array).into_iter().flatten();
    let properties =
        list.filter_map(|item| Some((item.get("key")?.as_str()?.to_owned(), item.get("value")?.clone()))).collect();
    let id = call.state.next_id();
    let row = Comment {
        id,
        issue,
        author: call.account.clone(),
        update_author: call.account.clone(),
        body: document,
        visibility,
        properties,
        created: call.now,
        updated: call.now,
    };
    call.state.comments.insert(id, row);
    call.state.issue_comments.entry(issue).or_default().push(id);
    tell(call, "avi:jira:commented:issue", id);
    one(call, id, 201)
}

/// A new and a changed comment are told of by the same event.
fn tell(call: &mut Call<'_>, kind: &'static str, id: Id) {
    let now = call.now;
    let Some(row) = call.state.comments.get(&id).cloned() else { return };
    if let Some(issue) = call.state.issues.get_mut(&row.issue) {
        issue.updated = now;
    }
    let shown = render::comment(call.state, &row, false);
    call.changes.extend(Change::of(call.state, kind, row.issue).map(|change| change.with("comment", shown)));
}

pub(super) fn edit(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = found(call, path)?;
    let body = call.body()?;
    let document = document(&body)?;
    let visibility = if body.contains_key("visibility") { Some(visibility(&body)?) } else { None };
    let (now, account) = (call.now, call.account.clone());
    if let Some(row) = call.state.comments.get_mut(&id) {
        (row.body, row.updated, row.update_author) = (document, now, account);
        if let Some(visibility) = visibility {
            row.visibility = visibility;
        }
        for item in body.get("properties").and_then(Value::as_array).into_iter().flatten() {
            if let (Some(key), Some(value)) = (item.get("key").and_then(Value::as_str), item.get("value")) {
                row.properties.insert(key.to_owned(), value.clone());
            }
        }
    }
    tell(call, "avi:jira:commented:issue", id);
    one(call, id, 200)
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = found(call, path)?;
    tell(call, "avi:jira:deleted:comment", id);
    if let Some(row) = call.state.comments.remove(&id)
        && let Some(list) = call.state.issue_comments.get_mut(&row.issue)
    {
        list.retain(|other| *other != id);
    }
    no_content()
}
