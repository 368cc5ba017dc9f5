//! Makes the commands about a linked issue, one for each of its tickets.

use schema::time::parse_rfc3339;
use schema::{AttachmentAnnounced, Command, CommandBody, CommentContent, UnixMs};
use serde_json::Value;

use crate::issue::{self, text};
use crate::platform::Platform;
use crate::{commands, service};

/// An event of an issue, for all its tickets.
#[derive(Clone)]
pub(crate) struct IssueEvent {
    pub(crate) issue_id: String,
    pub(crate) key: String,
    /// Jira's time of the event; the commands are sorted by it.
    pub(crate) at: UnixMs,
    /// Identifies the event. The ids of the commands are derived from it and from `at`, so that a repeated event gives the same
    /// commands.
    pub(crate) event: Vec<String>,
    pub(crate) body: CommandBody,
}

impl IssueEvent {
    /// Creates an event. `at` is Jira's time, RFC 3339; an event without one gets the time of its arrival.
    pub(crate) fn new(
        platform: &impl Platform,
        issue_id: &str,
        key: &str,
        at: &str,
        event: &[&str],
        body: CommandBody,
    ) -> Self {
        Self {
            issue_id: issue_id.to_owned(),
            key: key.to_owned(),
            at: parse_rfc3339(at).unwrap_or_else(|| platform.now()),
            event: event.iter().map(|&part| part.to_owned()).collect(),
            body,
        }
    }

    /// Creates the event of a new or edited comment; `service` tells whether its project is a service project.
    pub(crate) fn comment(platform: &impl Platform, issue_id: &str, key: &str, comment: &Value, service: bool) -> Self {
        let content = content(comment, service);
        let (id, updated) = (content.comment_id.clone(), content.updated_at.clone());
        let is_new = content.created_at == updated;
        let body = if is_new { CommandBody::CommentAdded } else { CommandBody::CommentChanged }(content);
        Self::new(platform, issue_id, key, &updated, &["comment", &id, &updated], body)
    }

    /// Creates the event of a new file.
    pub(crate) fn file(platform: &impl Platform, issue_id: &str, key: &str, file: &Value) -> Self {
        let announced = announced(file);
        let (id, created) = (announced.attachment_id.clone(), announced.created_at.clone());
        Self::new(platform, issue_id, key, &created, &["attachment", &id], CommandBody::AttachmentAdded(announced))
    }

    /// The number that sorts events of the same time: the id of a comment or file, which Jira counts up.
    pub(crate) fn number(&self) -> u64 {
        self.event.get(1).and_then(|id| id.parse().ok()).unwrap_or(0)
    }

    /// Returns the command for one linked ticket.
    pub(crate) fn command(&self, platform: &impl Platform, ticket_id: u64) -> Command {
        let ticket = ticket_id.to_string();
        let mut parts = vec![platform.install_id(), ticket.as_str(), self.issue_id.as_str()];
        parts.extend(self.event.iter().map(String::as_str));
        Command {
            id: commands::id_of(self.at, self.number(), &parts),
            ticket_id: Some(ticket_id),
            issue_id: Some(self.issue_id.clone()),
            issue_key: Some(self.key.clone()),
            body: self.body.clone(),
        }
    }
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
