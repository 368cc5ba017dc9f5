//! Comments.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    error::Refusal,
    lookup,
};
use crate::jira_sim::{
    adf,
    change::Change,
    id::Id,
    render,
    site::{Comment, Issue, Visibility},
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

/// The role or group that a body restricts the comment to. Only its members may do that: nobody writes what they cannot
/// read.
fn visibility(call: &Call<'_>, body: &Map<String, Value>) -> Result<Option<Visibility>, Refusal> {
    let Some(value) = body.get("visibility").filter(|value| !value.is_null()) else { return Ok(None) };
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(kind), Some(value)) = (text("type"), text("value").or_else(|| text("identifier"))) else {
        return Err(Refusal::field("commentLevel", "The specified visibility is not valid."));
    };
    let title = match kind.as_str() {
        "role" => "project role",
        "group" => "group",
        _ => return Err(Refusal::field("commentLevel", "The specified visibility is not valid.")),
    };
    if !call.state.is_member(&call.account, &kind, &value) {
        let text = format!("You are currently not a member of the {title}: {value}.");
        return Err(Refusal::field("commentLevel", text));
    }
    Ok(Some(Visibility { kind, value }))
}

/// The comment of this number, if this account sees it.
pub(super) fn visible<'a>(call: &'a Call<'_>, id: &str) -> Option<&'a Comment> {
    let row = id.parse().ok().and_then(|id: Id| call.state.comments.get(&id))?;
    let issue = call.state.issues.get(&row.issue)?;
    (call.state.browses(&call.account, issue) && call.state.sees(&call.account, row)).then_some(row)
}

fn found<'a>(call: &'a Call<'_>, path: &[&str]) -> Result<&'a Comment, Refusal> {
    let issue = lookup::found_id(call, path)?;
    let id = path.get(3).copied().unwrap_or_default();
    let row = visible(call, id).filter(|row| row.issue == issue);
    row.ok_or_else(|| Refusal::message(404, format!("Can not find a comment for the id: {id}.")))
}

/// Whether this account may do something to a comment: to all of them, or to its own.
pub(super) fn may(call: &Call<'_>, row: &Comment, all: &str, own: &str) -> bool {
    let may = |permission: &str, issue: &Issue| call.state.may_with(&call.account, permission, issue);
    let issue = call.state.issues.get(&row.issue);
    issue.is_some_and(|issue| may(all, issue) || (row.author == call.account && may(own, issue)))
}

fn one(call: &Call<'_>, id: Id, status: u16) -> Reply {
    let row = call.state.comments.get(&id).ok_or_else(Refusal::no_issue)?;
    ok(status, render::comment(call.state, row, call.expands("properties")))
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = found(call, path)?.id;
    call.read(1, 0);
    one(call, id, 200)
}

fn read_list(call: &mut Call<'_>, comments: usize) {
    if !call.state.flat_comments {
        call.read(comments, 0);
    }
}

pub(super) fn list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::found_id(call, path)?;
    let (start, most) = (call.number("startAt", 0), call.number("maxResults", 5000).min(5000));
    let mut rows: Vec<&Comment> =
        call.state.comments_of(issue).filter(|row| call.state.sees(&call.account, row)).collect();
    if call.inbound.query_value("orderBy").is_some_and(|order| order.starts_with('-')) {
        rows.reverse();
    }
    let (total, properties) = (rows.len(), call.expands("properties"));
    let rows = rows.into_iter().skip(start).take(most).map(|row| render::comment(call.state, row, properties));
    let rows: Vec<Value> = rows.collect();
    read_list(call, rows.len());
    ok(200, json!({"startAt": start, "maxResults": most, "total": total, "comments": rows}))
}

pub(super) fn by_ids(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = call.body()?;
    let ids = body.get("ids").and_then(Value::as_array).ok_or_else(Refusal::payload)?;
    if ids.is_empty() || ids.len() > 1_000 {
        return Err(Refusal::message(400, "Between 1 and 1000 comment ids are required."));
    }
    let rows = ids.iter().filter_map(Value::as_u64).filter_map(|id| visible(call, &id.to_string()));
    let rows: Vec<Value> = rows.map(|row| render::comment(call.state, row, call.expands("properties"))).collect();
    read_list(call, rows.len());
    ok(200, json!({"startAt": 0, "maxResults": 1000, "total": rows.len(), "isLast": true, "values": rows}))
}

/// A comment that can be added.
pub(super) struct Draft {
    body: Value,
    visibility: Option<Visibility>,
    jsd_public: bool,
    properties: BTreeMap<String, Value>,
}

fn draft(call: &Call<'_>, issue: &Issue, body: &Map<String, Value>) -> Result<Draft, Refusal> {
    let name = call.state.users.get(&call.account).map_or("", |user| user.display_name.as_str());
    let text = format!("{name}, you do not have the permission to comment on this issue.");
    lookup::permitted(call, issue, "ADD_COMMENTS", Refusal::field("comment", text))?;
    let (document, visibility) = (document(body)?, visibility(call, body)?);
    let properties = lookup::properties_in(body);
    Ok(Draft { body: document, visibility, jsd_public: call.state.is_public(issue, &properties), properties })
}

/// The comments that an edit or a transition adds: `{"comment": [{"add": {"body": ..}}]}`.
pub(super) fn in_update(call: &Call<'_>, issue: &Issue, update: &Map<String, Value>) -> Result<Vec<Draft>, Refusal> {
    let operations = update.get("comment").and_then(Value::as_array).into_iter().flatten();
    let added = operations.map(|operation| operation.get("add").and_then(Value::as_object));
    added.map(|body| draft(call, issue, body.ok_or_else(Refusal::payload)?)).collect()
}

/// Adds a comment and records the change.
pub(super) fn add(call: &mut Call<'_>, issue: Id, draft: Draft) -> Id {
    let id = call.state.next_id();
    let row = Comment {
        id,
        issue,
        author: call.account.clone(),
        update_author: call.account.clone(),
        body: draft.body,
        visibility: draft.visibility,
        jsd_public: draft.jsd_public,
        properties: draft.properties,
        created: call.now,
        updated: call.now,
    };
    call.state.comments.insert(id, row);
    call.state.issue_comments.entry(issue).or_default().push(id);
    call.state.settle_visibility(id);
    record(call, "avi:jira:commented:issue", id);
    id
}

pub(super) fn create(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::changeable(call, path, 400)?;
    let body = call.body()?;
    let draft = draft(call, issue, &body)?;
    let id = add(call, issue.id, draft);
    one(call, id, 201)
}

/// Records a change of a comment. A new and a changed comment have the same kind of event. The issue counts as changed,
/// also by an edit and a deletion, as far as is known; not verified on a real site.
fn record(call: &mut Call<'_>, kind: &'static str, id: Id) {
    let now = call.now;
    let Some(row) = call.state.comments.get(&id).cloned() else { return };
    if let Some(issue) = call.state.issues.get_mut(&row.issue) {
        issue.updated = now;
    }
    let shown = render::comment(call.state, &row, false);
    let change = Change::of(call.state, kind, row.issue).map(|change| change.with("comment", shown));
    let mentioned = adf::mentions(&row.body);
    if kind == "avi:jira:commented:issue" && !mentioned.is_empty() {
        let mention = change.clone().map(|change| change.with("mentionedAccountIds", mentioned.into()));
        call.changes.extend(change);
        call.changes.extend(mention.map(|change| change.called("avi:jira:mentioned:comment")));
    } else {
        call.changes.extend(change);
    }
}

pub(super) fn edit(call: &mut Call<'_>, path: &[&str]) -> Reply {
    lookup::changeable(call, path, 400)?;
    let row = found(call, path)?;
    if !may(call, row, "EDIT_ALL_COMMENTS", "EDIT_OWN_COMMENTS") {
        return Err(Refusal::message(400, "You do not have the permission to edit this comment."));
    }
    let id = row.id;
    let body = call.body()?;
    let document = document(&body)?;
    let visibility = if body.contains_key("visibility") { Some(visibility(call, &body)?) } else { None };
    let (now, account) = (call.now, call.account.clone());
    if let Some(row) = call.state.comments.get_mut(&id) {
        (row.body, row.updated, row.update_author) = (document, now, account);
        if let Some(visibility) = visibility {
            row.visibility = visibility;
        }
        row.properties.extend(lookup::properties_in(&body));
    }
    call.state.settle_visibility(id);
    record(call, "avi:jira:commented:issue", id);
    one(call, id, 200)
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    lookup::changeable(call, path, 400)?;
    let row = found(call, path)?;
    if !may(call, row, "DELETE_ALL_COMMENTS", "DELETE_OWN_COMMENTS") {
        return Err(Refusal::message(400, "You do not have the permission to delete this comment."));
    }
    let id = row.id;
    record(call, "avi:jira:deleted:comment", id);
    if let Some(row) = call.state.comments.remove(&id)
        && let Some(list) = call.state.issue_comments.get_mut(&row.issue)
    {
        list.retain(|other| *other != id);
    }
    no_content()
}
