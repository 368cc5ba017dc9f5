//! Files: up as `multipart/form-data`, down as bytes.

use serde_json::Value;

use super::{
    call::{Call, Reply, no_content, ok},
    entities::{Attachment, Id},
    error::Refusal,
    events::Change,
    issues, render,
};
use crate::http::{Answer, parts};

/// Largest upload, Jira's default is 1 GB; a simulator needs less.
const MOST: usize = 20 * 1024 * 1024;

pub(super) fn upload(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found_id(call, path)?;
    if call.inbound.header("x-atlassian-token") != Some("no-check") {
        return Err(Refusal { status: 403, body: Value::from("XSRF check failed") });
    }
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
        tell(call, "avi:jira:created:attachment", id);
    }
    ok(200, shown)
}

fn tell(call: &mut Call<'_>, kind: &'static str, id: Id) {
    let Some(file) = call.state.attachments.get(&id) else { return };
    let (issue, shown) = (file.issue, render::attachment(call.state, file));
    call.changes.extend(Change::of(call.state, kind, issue).map(|change| change.with("attachment", shown)));
}

fn found<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Attachment, Refusal> {
    let row = id.parse().ok().and_then(|id: Id| call.state.attachments.get(&id));
    row.ok_or_else(|| Refusal::message(404, format!("The attachment with id '{id}' does not exist")))
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let file = found(call, path.get(1).copied().unwrap_or_default())?;
    ok(200, render::attachment(call.state, file))
}

pub(super) fn content(call: &mut Call<'_>, path: &[&str]) -> Reply {
    // A real site answers 303 to its media service unless `redirect=false`; the bytes are the same.
    let file = found(call, path.get(2).copied().unwrap_or_default())?;
    Ok(Answer::new(200, &file.mime_type, file.data.clone()))
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = found(call, path.get(1).copied().unwrap_or_default())?.id;
    tell(call, "avi:jira:deleted:attachment", id);
    call.state.attachments.remove(&id);
    no_content()
}
