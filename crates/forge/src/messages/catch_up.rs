//! The catch-up of `issue.get`: comments and files that users added to an issue since a given time. Events may be lost
//! (docs/platforms/forge.md §2.4), so the sidecar requests this for every link in turn. Restricted comments, the connector's
//! own content and everything older than the link are left out.

use schema::time::parse_rfc3339;
use schema::{CatchUp, Command, UnixMs};
use serde_json::Value;

use super::budget::CatchingUp;
use super::context::{MessageContext, NotApplied};
use crate::issue::{Issue, text};
use crate::issue_commands::IssueEvent;
use crate::json::json;
use crate::links::Link;
use crate::platform::Platform;
use crate::{comments, files};

/// Maximum bytes of commands in one answer; the rest follows with the next query.
const MAX_BYTES: usize = 1_000_000;

pub(super) async fn since(
    context: &MessageContext<'_, impl Platform>,
    issue: &Issue,
    links: &[Link],
    since: &str,
    right: &CatchingUp<'_>,
) -> Result<Option<CatchUp>, NotApplied> {
    let Some(from) = parse_rfc3339(since) else { return Ok(None) };
    // Only for an issue that is linked to the ticket of the message.
    let Some(link) = links.iter().find(|link| Some(link.ticket_id) == context.message.ticket_id) else {
        return Ok(None);
    };
    let settings = &context.config.settings;
    let is_new = |created: &Value, changed: &Value| is_since(created, link.linked_at) && is_since(changed, from);
    let mut changes: Vec<(UnixMs, String, Command)> = Vec::new();
    let mut all_comments = None;
    if settings.comments.to_zammad {
        let page = comments::newest(context.platform, &issue.id).await?;
        right.count(&page);
        let shown: Vec<&Value> = page["comments"].as_array().into_iter().flatten().collect();
        let may_leave = |comment: &&&Value| comments::mark_of(comment).is_none() && comment["visibility"].is_null();
        if page["total"].as_u64().is_some_and(|total| total <= shown.len() as u64) {
            all_comments = Some(shown.iter().filter(may_leave).map(|comment| text(&comment["id"])).collect());
        }
        for comment in shown.iter().filter(may_leave) {
            if is_new(&comment["created"], &comment["updated"]) {
                let updated = text(&comment["updated"]);
                let event = IssueEvent::comment(context.platform, &issue.id, &issue.key, comment, issue.service);
                let command = event.command(context.platform, link.ticket_id);
                changes.push((parse_rfc3339(&updated).unwrap_or_default(), updated, command));
            }
        }
    }
    if settings.attachments.direction.to_zammad() {
        for file in &issue.files {
            let created = text(&file["created"]);
            if is_new(&file["created"], &file["created"])
                && !files::is_own(context.platform, &text(&file["id"])).await?
            {
                let event = IssueEvent::file(context.platform, &issue.id, &issue.key, file);
                let command = event.command(context.platform, link.ticket_id);
                changes.push((parse_rfc3339(&created).unwrap_or_default(), created, command));
            }
        }
    }
    changes.sort_by_key(|(when, _, _)| *when);
    let (mut commands, mut until, mut size) = (Vec::new(), since.to_owned(), 0);
    let mut is_complete = true;
    for (_, when, command) in changes {
        size += serde_json::to_string(&command).map_or(0, |json| json.len());
        if size > MAX_BYTES && !commands.is_empty() {
            is_complete = false;
            break;
        }
        until = when;
        commands.push(command);
    }
    // The issue was read before its comments, so everything up to its last change is in the answer.
    if is_complete && is_since(&json!(issue.snapshot.updated_at), parse_rfc3339(&until).unwrap_or_default()) {
        until = issue.snapshot.updated_at.clone();
    }
    Ok(Some(CatchUp { commands, all_comments, until }))
}

fn is_since(value: &Value, since: UnixMs) -> bool {
    parse_rfc3339(&text(value)).is_some_and(|at| at >= since)
}
