//! Files: up as `multipart/form-data`, down as bytes.

use super::{
    call::{Call, Reply, no_content, ok},
    error::Refusal,
    lookup,
};
use crate::{
    http::{Answer, parts},
    jira_sim::{
        change::Change,
        id::Id,
        render,
        site::{Attachment, State},
    },
};

/// Largest upload, Jira's default is 1 GB; a simulator needs less.
const MOST: usize = 20 * 1024 * 1024;

pub(super) fn upload(call: &mut Call<'_>, path: &[&str]) -> Reply {
    if call.inbound.header("x-atlassian-token") != Some("no-check") {
        return Err(Refusal::plain(403, "XSRF check failed"));
    }
    let issue = lookup::changeable(call, path, 403)?;
    let refusal = Refusal::message(403, "You do not have permission to create attachments for this issue.");
    lookup::permitted(call, issue, "CREATE_ATTACHMENTS", refusal)?;
    let issue = issue.id;
    let content_type = call.inbound.header("content-type").unwrap_or_default();
    let form = parts(content_type, &call.inbound.body)
        .ok_or_else(|| Refusal::message(415, "The content type is not supported."))?;
    let files: Vec<_> = form.into_iter().filter(|part| part.name == "file").collect();
    if files.iter().any(|file| file.data.len() > MOST) {
        return Err(Refusal::message(413, "The attachment exceeds the maximum size."));
    }
    let mut shown = Vec::new();
    for file in files {
        let id = call.state.next_id();
        let row = Attachment {
            id,
            issue,
            filename: file.filename.unwrap_or_else(|| "file".to_owned()),
            mime_type: file.content_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
            author: call.account.clone(),
            created: call.now,
            data: file.data,
        };
        shown.push(render::attachment(call.state, &row));
        call.state.attachments.insert(id, row);
        call.state.issue_attachments.entry(issue).or_default().push(id);
        record(call, "avi:jira:created:attachment", id);
    }
    ok(200, shown)
}

/// Records that a file was added or deleted. The issue counts as changed, as far as is known; not verified on a real
/// site.
fn record(call: &mut Call<'_>, kind: &'static str, id: Id) {
    let Some(file) = call.state.attachments.get(&id) else { return };
    if let Some(issue) = call.state.issues.get_mut(&file.issue) {
        issue.updated = call.now;
    }
    let (issue, shown) = (file.issue, render::attachment(call.state, file));
    call.changes.extend(Change::of(call.state, kind, issue).map(|change| change.with("attachment", shown)));
}

fn found<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Attachment, Refusal> {
    let row = id.parse().ok().and_then(|id: Id| call.state.attachments.get(&id));
    let sees = |row: &&Attachment| {
        call.state.issues.get(&row.issue).is_some_and(|issue| call.state.browses(&call.account, issue))
    };
    let refused = || Refusal::message(404, format!("The attachment with id '{id}' does not exist"));
    row.filter(sees).ok_or_else(refused)
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let file = found(call, path.get(1).copied().unwrap_or_default())?;
    let mut shown = render::attachment(call.state, file);
    // Alone an attachment has a number for an id, in a list a text.
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("id".to_owned(), file.id.into());
    }
    call.read(1, 0);
    ok(200, shown)
}

pub(super) fn content(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let file = found(call, path.get(2).copied().unwrap_or_default())?;
    let answer = if call.inbound.query_value("redirect").as_deref() == Some("false") {
        Answer::new(200, &file.mime_type, file.data.clone())
    } else {
        Answer::empty(303).with("location", format!("{}/media/file/{}", call.state.base, file.media_name()))
    };
    call.read(1, 0);
    Ok(answer)
}

/// The response of the media service.
pub(in crate::jira_sim) fn media(state: &State, name: &str) -> Answer {
    let id = name.rsplit('-').next().and_then(|id| Id::from_str_radix(id, 16).ok());
    let file = id.and_then(|id| state.attachments.get(&id)).filter(|file| file.media_name() == name);
    match file {
        Some(file) => Answer::new(200, &file.mime_type, file.data.clone()),
        None => Answer::empty(404),
    }
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let file = found(call, path.get(1).copied().unwrap_or_default())?;
    let (id, issue) = (file.id, file.issue);
    let own = file.author == call.account;
    let permission = if own { "DELETE_OWN_ATTACHMENTS" } else { "DELETE_ALL_ATTACHMENTS" };
    let row = call.state.issues.get(&issue).filter(|row| !row.archived);
    if !row.is_some_and(|row| call.state.may_with(&call.account, permission, row)) {
        return Err(Refusal::message(403, "You do not have permission to delete this attachment."));
    }
    record(call, "avi:jira:deleted:attachment", id);
    call.state.attachments.remove(&id);
    if let Some(list) = call.state.issue_attachments.get_mut(&issue) {
        list.retain(|other| *other != id);
    }
    no_content()
}
