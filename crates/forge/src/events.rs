//! Handles Jira events: an event is only a notification, so the current state of its issue, comment or file is read from
//! Jira and queued as a command for the sidecar. Issues of projects that are out of scope are ignored
//! (docs/platforms/forge.md §2).

use schema::time::parse_rfc3339;
use schema::{AttachmentAnnounced, Command, CommandBody, CommentContent, CommentRemoved, IssueGone, IssueMoved};
use serde_json::Value;

use crate::config::{self, Config};
use crate::issue::{self, text};
use crate::jira::JiraError;
use crate::json::json;
use crate::links::{self, Link};
use crate::platform::{Platform, PlatformError};
use crate::{audit, commands, comments, files, service};

/// Why an event was not processed.
enum EventError {
    /// A temporary error: the platform must deliver the event again.
    Retry { after_ms: u32 },
    /// Its issue, comment or file is deleted or not readable; the event is dropped.
    NotReadable,
}

impl From<PlatformError> for EventError {
    fn from(_: PlatformError) -> Self {
        Self::Retry { after_ms: 10_000 }
    }
}

impl From<JiraError> for EventError {
    fn from(error: JiraError) -> Self {
        match error {
            JiraError::Unavailable { after_ms, .. } => Self::Retry { after_ms },
            JiraError::NotFound | JiraError::Refused { .. } => Self::NotReadable,
        }
    }
}

/// The event that is being processed: the settings and the links of its issue, at least one.
struct EventContext<'a, P> {
    platform: &'a P,
    config: Config,
    links: Vec<Link>,
}

/// Handles one event. Returns `{}`, or `{"retry":{"afterSeconds":n}}` to get the event again (docs/platforms/forge.md §2.4).
pub async fn jira_event(platform: &impl Platform, event: &Value) -> Value {
    match handle(platform, event).await {
        Ok(()) | Err(EventError::NotReadable) => json!({}),
        Err(EventError::Retry { after_ms }) => {
            platform.warn("event-put-off", json!({ "wait_ms": after_ms }));
            json!({ "retry": json!({ "afterSeconds": after_ms.div_ceil(1_000).clamp(1, 900) }) })
        }
    }
}

async fn handle(platform: &impl Platform, event: &Value) -> Result<(), EventError> {
    let links = links::of_issue(platform, &text(&event["issue"]["id"])).await?;
    if links.is_empty() {
        return Ok(());
    }
    let context = EventContext { platform, config: config::load(platform).await?, links };
    let comment_id = text(&event["comment"]["id"]);
    match event["eventType"].as_str().unwrap_or_default() {
        "avi:jira:commented:issue" => context.commented(&comment_id).await,
        "avi:jira:deleted:comment" => context.comment_removed(&comment_id).await,
        "avi:jira:created:attachment" => context.attached(&text(&event["attachment"]["id"])).await,
        "avi:jira:updated:issue" => context.changed(event).await,
        "avi:jira:deleted:issue" => context.issue_gone().await,
        _ => Ok(()),
    }
}

/// Returns the command for one linked ticket. `at` is Jira's time of the event, `event` identifies it: the command's id is derived
/// from both, so that a repeated event gives the same command.
fn command(platform: &impl Platform, link: &Link, key: &str, at: &str, event: &[&str], body: CommandBody) -> Command {
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

impl<P: Platform> EventContext<'_, P> {
    fn issue_id(&self) -> &str {
        &self.links[0].issue_id
    }

    /// Whether the issue's project is in scope. Nothing of other projects may leave Jira.
    fn in_scope(&self, key: &str) -> bool {
        self.config.settings.scope.has_issue(key)
    }

    /// Handles a new or edited comment; Forge has one event for both (docs/platforms/forge.md §0.6).
    async fn commented(&self, comment_id: &str) -> Result<(), EventError> {
        if !self.config.settings.comments.to_zammad || !self.in_scope(&self.links[0].issue_key) {
            return Ok(());
        }
        // A comment that was deleted meanwhile has an event of its own.
        let comment = comments::read(self.platform, self.issue_id(), comment_id).await?;
        if comments::mark_of(&comment).is_some() {
            return Ok(());
        }
        // A comment that is restricted to a role or group never leaves Jira; one that was sent before is removed.
        if !comment["visibility"].is_null() {
            return self.comment_removed(comment_id).await;
        }
        let service = service::has_issue(self.platform, &self.links[0].issue_key).await?;
        self.queue_all(|link, key| comment_command(self.platform, link, key, &comment, service)).await
    }

    async fn comment_removed(&self, comment_id: &str) -> Result<(), EventError> {
        let body = CommandBody::CommentRemoved(CommentRemoved { comment_id: comment_id.to_owned() });
        self.queue(&["comment-removed", comment_id], body).await
    }

    async fn attached(&self, attachment_id: &str) -> Result<(), EventError> {
        let wanted = self.config.settings.attachments.direction.to_zammad();
        if !wanted || !self.in_scope(&self.links[0].issue_key) || files::is_own(self.platform, attachment_id).await? {
            return Ok(());
        }
        let listed = files::on_issue(self.platform, self.issue_id()).await?;
        let Some(file) = listed.iter().find(|file| text(&file["id"]) == attachment_id) else { return Ok(()) };
        self.queue_all(|link, key| file_command(self.platform, link, key, file)).await
    }

    async fn changed(&self, event: &Value) -> Result<(), EventError> {
        let issue = match issue::read(self.platform, &self.config, self.issue_id()).await {
            Ok(issue) => issue,
            Err(JiraError::NotFound) => return self.issue_gone().await,
            Err(error) => return Err(error.into()),
        };
        let moved = self.links.iter().find(|link| link.issue_key != issue.key).map(|link| link.issue_key.clone());
        if moved.is_some() {
            for link in &self.links {
                links::add(self.platform, &Link { issue_key: issue.key.clone(), ..link.clone() }).await?;
            }
        }
        if !self.in_scope(&issue.key) {
            return Ok(());
        }
        if let Some(old_key) = moved {
            let event = ["moved", &old_key, &issue.key];
            self.queue_as(&issue.key, "", &event, CommandBody::IssueMoved(IssueMoved { old_key: old_key.clone() }))
                .await?;
        }
        let mut snapshot = issue.snapshot;
        snapshot.changelog_ids = event["changelog"]["id"].as_str().map(str::to_owned).into_iter().collect();
        let updated = snapshot.updated_at.clone();
        let body = CommandBody::IssueChanged(snapshot);
        self.queue_as(&issue.key, &updated, &["issue", &updated], body).await
    }

    async fn issue_gone(&self) -> Result<(), EventError> {
        let body = CommandBody::IssueGone(IssueGone { reason: "deleted".into() });
        self.queue(&["gone"], body).await?;
        for link in &self.links {
            links::remove(self.platform, link.ticket_id, &link.issue_id).await?;
            let detail = json!({ "ticketId": link.ticket_id, "issueId": link.issue_id, "reason": "issue-deleted" });
            audit::record(self.platform, "link-removed", detail).await?;
        }
        Ok(())
    }

    async fn queue_all(&self, make: impl Fn(&Link, &str) -> Command) -> Result<(), EventError> {
        for link in &self.links {
            commands::queue(self.platform, make(link, &link.issue_key)).await?;
        }
        Ok(())
    }

    async fn queue(&self, event: &[&str], body: CommandBody) -> Result<(), EventError> {
        self.queue_as(&self.links[0].issue_key, "", event, body).await
    }

    /// Queues one command per linked ticket. `at` is Jira's time of the event, empty if it has none.
    async fn queue_as(&self, key: &str, at: &str, event: &[&str], body: CommandBody) -> Result<(), EventError> {
        for link in &self.links {
            let command = command(self.platform, link, key, at, event, body.clone());
            commands::queue(self.platform, command).await?;
        }
        Ok(())
    }
}
