//! Handles Jira events: an event is only a notification, so the current state of its issue, comment or file is read from
//! Jira and queued as a command for the sidecar. Issues of projects that are out of scope are ignored
//! (docs/platforms/forge.md §2).

use schema::settings::DoneMoment;
use schema::{Author, CommandBody, CommentRemoved, DescriptionChanged, IssueGone, IssueMoved};
use serde_json::Value;

use crate::config::{self, Config};
use crate::issue::{self, text};
use crate::issue_commands::IssueEvent;
use crate::jira::JiraError;
use crate::join::join;
use crate::json::json;
use crate::links::{self, Link};
use crate::platform::{Platform, PlatformError};
use crate::{access, audit, comments, fan_out, files, points, releases, service};

/// Why an event was not processed.
enum EventError {
    /// A temporary error: the platform must deliver the event again.
    Retry { after_ms: u32 },
    /// Its issue, comment or file is deleted, or the app may not see it.
    NotFound,
    /// Jira refuses the request, and would refuse it again; the event is dropped.
    Refused,
}

/// Delay after a missing permission. The platform delivers an event four more times; what is still missing then is found by
/// `issue.get`.
const FORBIDDEN_RETRY_MS: u32 = 600_000;

impl From<PlatformError> for EventError {
    fn from(_: PlatformError) -> Self {
        Self::Retry { after_ms: 10_000 }
    }
}

impl From<JiraError> for EventError {
    fn from(error: JiraError) -> Self {
        match error {
            JiraError::Unavailable { after_ms, .. } => Self::Retry { after_ms },
            JiraError::Forbidden => Self::Retry { after_ms: FORBIDDEN_RETRY_MS },
            JiraError::NotFound => Self::NotFound,
            JiraError::Refused { .. } => Self::Refused,
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
    let handled = handle(platform, event).await;
    points::store(platform).await;
    match handled {
        Ok(()) | Err(EventError::NotFound) => json!({}),
        Err(EventError::Refused) => {
            platform.warn("event-dropped", json!({ "code": "jira-refused" }));
            json!({})
        }
        Err(EventError::Retry { after_ms }) => {
            platform.warn("event-put-off", json!({ "wait_ms": after_ms }));
            json!({ "retry": json!({ "afterSeconds": after_ms.div_ceil(1_000).clamp(1, 900) }) })
        }
    }
}

async fn handle(platform: &impl Platform, event: &Value) -> Result<(), EventError> {
    if event["eventType"] == "avi:jira:released:version" {
        let config = config::load(platform).await?;
        // Nobody waits for a release otherwise.
        return match config.settings.done_notes.at {
            DoneMoment::Released => Ok(releases::released(platform, &config, &text(&event["version"]["id"])).await?),
            DoneMoment::Done => Ok(()),
        };
    }
    let links = links::of_issue(platform, &text(&event["issue"]["id"])).await?;
    if links.is_empty() {
        return Ok(());
    }
    let (config, ()) = join(config::load(platform), points::load(platform)).await;
    let context = EventContext { platform, config: config?, links };
    let kind = event["eventType"].as_str().unwrap_or_default();
    if kind == "avi:jira:deleted:issue" {
        return context.issue_deleted().await;
    }
    context.end_outage().await?;
    match context.process(kind, event).await {
        // Deleted or not visible: the issue itself shows which.
        Err(EventError::NotFound) => Ok(access::check(platform, &context.links).await?),
        other => other,
    }
}

/// Whether the changelog of an event has a field.
fn has_change(event: &Value, field: &str) -> bool {
    let mut items = event["changelog"]["items"].as_array().into_iter().flatten();
    items.any(|item| item["field"] == field || item["fieldId"] == field)
}

impl<P: Platform> EventContext<'_, P> {
    async fn process(&self, kind: &str, event: &Value) -> Result<(), EventError> {
        let comment_id = text(&event["comment"]["id"]);
        match kind {
            "avi:jira:commented:issue" => self.commented(&comment_id).await,
            "avi:jira:deleted:comment" => self.comment_removed(&comment_id).await,
            "avi:jira:created:attachment" => self.attached(&text(&event["attachment"]["id"])).await,
            "avi:jira:updated:issue" => self.changed(event).await,
            _ => Ok(()),
        }
    }

    /// If the app could not read the issue before and can now, the sidecar gets the issue's current state.
    async fn end_outage(&self) -> Result<(), EventError> {
        if !access::is_lost(self.platform, self.issue_id()).await? {
            return Ok(());
        }
        match issue::read(self.platform, &self.config, self.issue_id()).await {
            Ok(issue) => Ok(access::regained(self.platform, &self.config, &issue, &self.links).await?),
            Err(JiraError::NotFound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

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
        let event = IssueEvent::comment(self.platform, self.issue_id(), &self.links[0].issue_key, &comment, service);
        Ok(fan_out::queue(self.platform, &self.links, event).await?)
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
        let event = IssueEvent::file(self.platform, self.issue_id(), &self.links[0].issue_key, file);
        Ok(fan_out::queue(self.platform, &self.links, event).await?)
    }

    async fn changed(&self, event: &Value) -> Result<(), EventError> {
        let described = self.config.settings.comments.to_zammad && has_change(event, "description");
        let issue = match described {
            true => issue::read_with_description(self.platform, &self.config, self.issue_id()).await?,
            false => issue::read(self.platform, &self.config, self.issue_id()).await?,
        };
        let moved = self.links.iter().find(|link| link.issue_key != issue.key).map(|link| link.issue_key.clone());
        if moved.is_some() {
            links::set_key(self.platform, self.issue_id(), &issue.key).await?;
        }
        if !self.in_scope(&issue.key) {
            return Ok(());
        }
        if let Some(old_key) = moved {
            let event = ["moved", &old_key, &issue.key];
            self.queue_as(&issue.key, "", &event, CommandBody::IssueMoved(IssueMoved { old_key: old_key.clone() }))
                .await?;
        }
        if described {
            let at = issue.snapshot.updated_at.clone();
            let author =
                Author { account_id: event["atlassianId"].as_str().unwrap_or("unknown").to_owned(), name: None };
            let change = DescriptionChanged {
                document: issue.description,
                reduced: false,
                author,
                at: at.clone(),
                at_link: false,
            };
            let body = CommandBody::DescriptionChanged(change);
            self.queue_as(&issue.key, &at, &["description", &at], body).await?;
        }
        let mut snapshot = issue.snapshot;
        snapshot.changelog_ids = event["changelog"]["id"].as_str().map(str::to_owned).into_iter().collect();
        let updated = snapshot.updated_at.clone();
        let body = CommandBody::IssueChanged(snapshot);
        self.queue_as(&issue.key, &updated, &["issue", &updated], body).await
    }

    /// The event itself says that the issue was deleted, so nothing is read.
    async fn issue_deleted(&self) -> Result<(), EventError> {
        let body = CommandBody::IssueGone(IssueGone { reason: "deleted".into() });
        self.queue(&["gone"], body).await?;
        links::remove_issue(self.platform, self.issue_id()).await?;
        for links in self.links.chunks(links::PAGE) {
            let tickets: Vec<u64> = links.iter().map(|link| link.ticket_id).collect();
            let detail = json!({ "ticketIds": tickets, "issueId": self.issue_id(), "reason": "issue-deleted" });
            audit::record(self.platform, "links-removed", detail).await?;
        }
        Ok(access::forget(self.platform, self.issue_id()).await?)
    }

    async fn queue(&self, event: &[&str], body: CommandBody) -> Result<(), EventError> {
        self.queue_as(&self.links[0].issue_key, "", event, body).await
    }

    /// Queues one command per linked ticket. `at` is Jira's time of the event, empty if it has none.
    async fn queue_as(&self, key: &str, at: &str, event: &[&str], body: CommandBody) -> Result<(), EventError> {
        let event = IssueEvent::new(self.platform, self.issue_id(), key, at, event, body);
        Ok(fan_out::queue(self.platform, &self.links, event).await?)
    }
}
