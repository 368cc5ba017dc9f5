//! Jira events. An event is a doorbell: what it carries is not believed, what it points to is read. Nothing leaves of an
//! issue whose project takes no part.

use schema::{AttachmentAnnounced, Command, CommandBody, CommentContent, CommentRemoved, IssueGone, IssueMoved};
use serde_json::Value;

use crate::json::json;

use crate::config::{self, Config};
use crate::issue::{self, text};
use crate::jira::{self, Failed};
use crate::links::{self, Linked};
use crate::platform::{Level, Platform, PlatformError};
use crate::{audit, commands, files, time};

/// What to do with an event that could not be worked off.
enum Failure {
    /// Ask the platform to bring it again.
    Later { after_ms: u32 },
    /// Nothing: what it points to is gone, or not ours to read.
    Nothing,
}

impl From<PlatformError> for Failure {
    fn from(_: PlatformError) -> Self {
        Self::Later { after_ms: 10_000 }
    }
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Later { after_ms, .. } => Self::Later { after_ms },
            Failed::Gone | Failed::Refused { .. } => Self::Nothing,
        }
    }
}

/// An event at work, and the links of its issue; there is at least one.
struct Rung<'a, P> {
    platform: &'a P,
    config: Config,
    links: Vec<Linked>,
}

/// Handles one event; `{}`, or `{"retry":{"afterSeconds":n}}` to be called again (docs/platforms/forge.md §2.4).
pub async fn jira_event(platform: &impl Platform, event: &Value) -> Value {
    match handle(platform, event).await {
        Ok(()) | Err(Failure::Nothing) => json!({}),
        Err(Failure::Later { after_ms }) => {
            platform.log(Level::Warn, "event-put-off", json!({ "wait_ms": after_ms }));
            json!({ "retry": json!({ "afterSeconds": after_ms.div_ceil(1_000).clamp(1, 900) }) })
        }
    }
}

async fn handle(platform: &impl Platform, event: &Value) -> Result<(), Failure> {
    let links = links::of_issue(platform, &text(&event["issue"]["id"])).await?;
    if links.is_empty() {
        return Ok(());
    }
    let rung = Rung { platform, config: config::load(platform).await?, links };
    let comment_id = text(&event["comment"]["id"]);
    match event["eventType"].as_str().unwrap_or_default() {
        "avi:jira:commented:issue" => rung.commented(&comment_id).await,
        "avi:jira:deleted:comment" => rung.comment_removed(&comment_id).await,
        "avi:jira:created:attachment" => rung.attached(&text(&event["attachment"]["id"])).await,
        "avi:jira:updated:issue" => rung.changed(event).await,
        "avi:jira:deleted:issue" => rung.gone().await,
        _ => Ok(()),
    }
}

/// The command for one linked ticket. Its id is made of what happened, so the same thing told twice is one command.
pub(crate) fn command(
    platform: &impl Platform,
    link: &Linked,
    key: &str,
    at: &str,
    what: &[&str],
    body: CommandBody,
) -> Command {
    let ticket = link.ticket_id.to_string();
    let mut parts = vec![platform.install_id(), ticket.as_str(), link.issue_id.as_str()];
    parts.extend(what);
    // Of a comment or a file.
    let number = what.get(1).and_then(|id| id.parse().ok()).unwrap_or(0);
    // Without a time of its own the event is stamped by arrival; the rest of the id is still the event's own.
    let at = time::instant(at).unwrap_or_else(|| platform.now());
    Command {
        id: commands::id_of(at, number, &parts),
        ticket_id: Some(link.ticket_id),
        issue_id: Some(link.issue_id.clone()),
        issue_key: Some(key.to_owned()),
        body,
    }
}

/// A comment as a command: what happened, and when.
pub(crate) fn comment_command(platform: &impl Platform, link: &Linked, key: &str, comment: &Value) -> Command {
    let content = content(comment);
    let (id, updated) = (content.comment_id.clone(), content.updated_at.clone());
    let is_new = content.created_at == updated;
    let body = if is_new { CommandBody::CommentAdded } else { CommandBody::CommentChanged }(content);
    command(platform, link, key, &updated, &["comment", &id, &updated], body)
}

/// A file as a command.
pub(crate) fn file_command(platform: &impl Platform, link: &Linked, key: &str, file: &Value) -> Command {
    let announced = announced(file);
    let (id, created) = (announced.attachment_id.clone(), announced.created_at.clone());
    command(platform, link, key, &created, &["attachment", &id], CommandBody::AttachmentAdded(announced))
}

/// A comment as Jira shows it, for the wire.
fn content(comment: &Value) -> CommentContent {
    CommentContent {
        comment_id: text(&comment["id"]),
        author: issue::author(&comment["author"]),
        document: comment["body"].clone(),
        reduced: false,
        created_at: text(&comment["created"]),
        updated_at: text(&comment["updated"]),
    }
}

/// A file as Jira shows it, for the wire.
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

impl<P: Platform> Rung<'_, P> {
    fn issue_id(&self) -> &str {
        &self.links[0].issue_id
    }

    /// Whether what is written in Jira goes to Zammad at all: what does not, does not leave.
    fn takes_part(&self, key: &str) -> bool {
        self.config.settings.scope.has_issue(key)
    }

    /// Fires for a new comment and for an edited one alike (docs/platforms/forge.md §0.6).
    async fn commented(&self, comment_id: &str) -> Result<(), Failure> {
        if !self.config.settings.comments.to_zammad || !self.takes_part(&self.links[0].issue_key) {
            return Ok(());
        }
        // Gone means deleted since; its own event follows.
        let comment = jira::comment(self.platform, self.issue_id(), comment_id).await?;
        if jira::mark_of(&comment).is_some() {
            return Ok(());
        }
        // Restricted to a role or group: it never leaves Jira, and what left before it was restricted is taken back.
        if !comment["visibility"].is_null() {
            return self.comment_removed(comment_id).await;
        }
        self.queue_all(|link, key| comment_command(self.platform, link, key, &comment)).await
    }

    async fn comment_removed(&self, comment_id: &str) -> Result<(), Failure> {
        let body = CommandBody::CommentRemoved(CommentRemoved { comment_id: comment_id.to_owned() });
        self.queue("", &["comment-removed", comment_id], body).await
    }

    async fn attached(&self, attachment_id: &str) -> Result<(), Failure> {
        let wanted = self.config.settings.attachments.direction.to_zammad();
        if !wanted || !self.takes_part(&self.links[0].issue_key) || files::is_own(self.platform, attachment_id).await? {
            return Ok(());
        }
        let listed = files::on_issue(self.platform, self.issue_id()).await?;
        let Some(file) = listed.iter().find(|file| text(&file["id"]) == attachment_id) else { return Ok(()) };
        self.queue_all(|link, key| file_command(self.platform, link, key, file)).await
    }

    async fn changed(&self, event: &Value) -> Result<(), Failure> {
        let issue = match issue::read(self.platform, &self.config, self.issue_id()).await {
            Ok(issue) => issue,
            Err(Failed::Gone) => return self.gone().await,
            Err(failed) => return Err(failed.into()),
        };
        let moved = self.links.iter().find(|link| link.issue_key != issue.key).map(|link| link.issue_key.clone());
        if moved.is_some() {
            for link in &self.links {
                links::add(self.platform, &Linked { issue_key: issue.key.clone(), ..link.clone() }).await?;
            }
        }
        if !self.takes_part(&issue.key) {
            return Ok(());
        }
        if let Some(old_key) = moved {
            let what = ["moved", &old_key, &issue.key];
            self.queue_as(&issue.key, "", &what, CommandBody::IssueMoved(IssueMoved { old_key: old_key.clone() }))
                .await?;
        }
        let mut snapshot = issue.snapshot;
        snapshot.changelog_ids = event["changelog"]["id"].as_str().map(str::to_owned).into_iter().collect();
        let updated = snapshot.updated_at.clone();
        let body = CommandBody::IssueChanged(snapshot);
        self.queue_as(&issue.key, &updated, &["issue", &updated], body).await
    }

    async fn gone(&self) -> Result<(), Failure> {
        let body = CommandBody::IssueGone(IssueGone { reason: "deleted".into() });
        self.queue("", &["gone"], body).await?;
        for link in &self.links {
            links::remove(self.platform, link.ticket_id, &link.issue_id).await?;
            let detail = json!({ "ticketId": link.ticket_id, "issueId": link.issue_id, "reason": "issue-deleted" });
            audit::note(self.platform, "link-removed", detail).await?;
        }
        Ok(())
    }

    async fn queue_all(&self, make: impl Fn(&Linked, &str) -> Command) -> Result<(), Failure> {
        for link in &self.links {
            commands::queue(self.platform, make(link, &link.issue_key)).await?;
        }
        Ok(())
    }

    async fn queue(&self, at: &str, what: &[&str], body: CommandBody) -> Result<(), Failure> {
        self.queue_as(&self.links[0].issue_key, at, what, body).await
    }

    /// One command for every linked ticket, under the issue's key. `at` is Jira's time of what happened, where it has one.
    async fn queue_as(&self, key: &str, at: &str, what: &[&str], body: CommandBody) -> Result<(), Failure> {
        for link in &self.links {
            let command = command(self.platform, link, key, at, what, body.clone());
            commands::queue(self.platform, command).await?;
        }
        Ok(())
    }
}
