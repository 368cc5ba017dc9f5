//! Makes the commands about a linked issue.

use schema::time::parse_rfc3339;
use schema::{AttachmentAnnounced, Command, CommandBody, CommentContent};
use serde_json::Value;

use crate::issue::{self, text};
use crate::links::Link;
use crate::platform::Platform;
use crate::{commands, service};

/// Returns the command for one linked ticket. `at` is Jira's time of the event, `event` identifies it: the command's id is derived
/// from both, so that a repeated event gives the same command.
pub(crate) fn command(
    platform: &impl Platform,
    link: &Link,
    key: &str,
    at: &str,
    event: &[&str],
    body: CommandBody,
) -> Command {
    let ticket = link.ticket_id.to_string();
    let mut parts = vec![platform.install_id(), ticket.as_str(), link.issue_id.as_str()];
    parts.extend(event);
    // The second part is the id of a comment or file, which Jira counts up.
    let number = event.get(1).and_then(|id| id.parse().ok()).unwrap_or(0);
    // An event without a time gets the time of its arrival; the rest of the id still depends on the event only.
    let at = parse_rfc3339(at).unwrap_or_else(|| platform.now());
    Command {
        id: commands::id_of(at, number, &parts),
        ticket_id: Some(link.ticket_id),
        issue_id: Some(link.issue_id.clone()),
        issue_key: Some(key.to_owned()),
        body,
    }
}

/// Returns the command for a new or edited comment; `service` tells whether its project is a service project.
pub(crate) fn comment_command(
    platform: &impl Platform,
    link: &Link,
    key: &str,
    comment: &Value,
    service: bool,
) -> Command {
    let content = content(comment, service);
    let (id, updated) = (content.comment_id.clone(), content.updated_at.clone());
    let is_new = content.created_at == updated;
    let body = if is_new { CommandBody::CommentAdded } else { CommandBody::CommentChanged }(content);
    command(platform, link, key, &updated, &["comment", &id, &updated], body)
}

/// Returns the command for a new file.
pub(crate) fn file_command(platform: &impl Platform, link: &Link, key: &str, file: &Value) -> Command {
    let announced = announced(file);
    let (id, created) = (announced.attachment_id.clone(), announced.created_at.clone());
    command(platform, link, key, &created, &["attachment", &id], CommandBody::AttachmentAdded(announced))
}

/// Converts a comment of Jira's API to its wire form.
fn content(comment: &Value, service: bool) -> CommentContent {
    CommentContent {
        comment_id: text(&comment["id"]),
        author: issue::author(&comment["author"]),
        document: comment["body"].clone(),
        reduced: false,
        service: service::visibility_of(comment, service),
        created_at: text(&comment["created"]),
        updated_at: text(&comment["updated"]),
    }
}

/// Converts an attachment of Jira's API to its wire form.
fn announced(file: &Value) -> AttachmentAnnounced {
    AttachmentAnnounced {
        attachment_id: text(&file["id"]),
        name: text(&file["filename"]),
        size: file["size"].as_u64().unwrap_or_default(),
        media_type: file["mimeType"].as_str().map(str::to_owned),
        author: issue::author(&file["author"]),
        created_at: text(&file["created"]),
    }
}
