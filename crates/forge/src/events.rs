//! Jira events. An event is a doorbell: what it carries is not believed, what it points to is read.

use schema::{Author, Command, CommandBody, CommentContent, CommentRemoved, IssueGone, IssueMoved, IssueSnapshot};
use serde_json::{Value, json};

use crate::issue::{self, Outcome};
use crate::links::{self, Linked};
use crate::platform::{Level, Platform, PlatformError};
use crate::{audit, commands};

/// What to do with an event that could not be worked off.
enum Failure {
    /// Ask the platform to bring it again.
    Later { after_ms: u32 },
}

impl From<PlatformError> for Failure {
    fn from(_: PlatformError) -> Self {
        Self::Later { after_ms: 10_000 }
    }
}

/// Handles one event; `{}`, or `{"retry":{"afterSeconds":n}}` to be called again (contracts/forge.md §2.4).
pub async fn jira_event(platform: &impl Platform, event: &Value) -> Value {
    let kind = event["eventType"].as_str().unwrap_or_default();
    let issue_id = text_of(&event["issue"]["id"]);
    match handle(platform, kind, &issue_id, event).await {
        Ok(()) => json!({}),
        Err(Failure::Later { after_ms }) => {
            platform.log(Level::Warn, "event-put-off", json!({ "wait_ms": after_ms }));
            json!({ "retry": { "afterSeconds": after_ms.div_ceil(1_000).clamp(1, 900) } })
        }
    }
}

async fn handle(platform: &impl Platform, kind: &str, issue_id: &str, event: &Value) -> Result<(), Failure> {
    let links = links::of_issue(platform, issue_id).await?;
    if links.is_empty() {
        return Ok(());
    }
    let comment_id = text_of(&event["comment"]["id"]);
    match kind {
        "avi:jira:commented:issue" => commented(platform, &links, &comment_id).await,
        "avi:jira:deleted:comment" => comment_removed(platform, &links, &comment_id).await,
        "avi:jira:updated:issue" => changed(platform, &links, event).await,
        "avi:jira:deleted:issue" => gone(platform, &links).await,
        _ => Ok(()),
    }
}

/// Fires for a new comment and for an edited one alike (contracts/forge.md §0.6).
async fn commented(platform: &impl Platform, links: &[Linked], comment_id: &str) -> Result<(), Failure> {
    let issue_id = &links[0].issue_id;
    let comment = match issue::comment(platform, issue_id, comment_id).await {
        Outcome::Ok(comment) => comment,
        // Deleted since; its own event follows.
        Outcome::Gone | Outcome::Refused(_) => return Ok(()),
        Outcome::Later { after_ms, .. } => return Err(Failure::Later { after_ms }),
    };
    if issue::mark_of(&comment).is_some() {
        return Ok(());
    }
    // Restricted to a role or group: it never leaves Jira, and what left before it was restricted is taken back.
    if !comment["visibility"].is_null() {
        return comment_removed(platform, links, comment_id).await;
    }
    let (created, updated) = (text_of(&comment["created"]), text_of(&comment["updated"]));
    let content = CommentContent {
        comment_id: comment_id.to_owned(),
        author: author(&comment["author"]),
        document: comment["body"].clone(),
        reduced: false,
        created_at: created.clone(),
        updated_at: updated.clone(),
    };
    let body = if created == updated { CommandBody::CommentAdded } else { CommandBody::CommentChanged }(content);
    queue_for_all(platform, links, &updated, &["comment", comment_id, &updated], body).await
}

async fn comment_removed(platform: &impl Platform, links: &[Linked], comment_id: &str) -> Result<(), Failure> {
    let body = CommandBody::CommentRemoved(CommentRemoved { comment_id: comment_id.to_owned() });
    queue_for_all(platform, links, "", &["comment-removed", comment_id], body).await
}

async fn changed(platform: &impl Platform, links: &[Linked], event: &Value) -> Result<(), Failure> {
    let issue = match issue::read(platform, &links[0].issue_id).await {
        Outcome::Ok(issue) => issue,
        Outcome::Gone => return gone(platform, links).await,
        Outcome::Refused(_) => return Ok(()),
        Outcome::Later { after_ms, .. } => return Err(Failure::Later { after_ms }),
    };
    let key = text_of(&issue["key"]);
    if let Some(moved) = links.iter().find(|link| link.issue_key != key) {
        let old_key = moved.issue_key.clone();
        for link in links {
            links::add(platform, &Linked { issue_key: key.clone(), ..link.clone() }).await?;
        }
        let body = CommandBody::IssueMoved(IssueMoved { old_key: old_key.clone() });
        queue_for_all(platform, links, "", &["moved", &old_key, &key], body).await?;
    }
    let fields = &issue["fields"];
    let updated = text_of(&fields["updated"]);
    let snapshot = IssueSnapshot {
        summary: text_of(&fields["summary"]),
        status: text_of(&fields["status"]["name"]),
        status_category: text_of(&fields["status"]["statusCategory"]["key"]),
        priority: fields["priority"]["name"].as_str().map(str::to_owned),
        assignee: fields["assignee"]["accountId"].is_string().then(|| author(&fields["assignee"])),
        updated_at: updated.clone(),
        changelog_ids: event["changelog"]["id"].as_str().map(str::to_owned).into_iter().collect(),
    };
    queue_for_all(platform, links, &updated, &["issue", &updated], CommandBody::IssueChanged(snapshot)).await
}

async fn gone(platform: &impl Platform, links: &[Linked]) -> Result<(), Failure> {
    let body = CommandBody::IssueGone(IssueGone { reason: "deleted".into() });
    queue_for_all(platform, links, "", &["gone"], body).await?;
    for link in links {
        links::remove(platform, link.ticket_id, &link.issue_id).await?;
        let detail = json!({ "ticketId": link.ticket_id, "issueId": link.issue_id, "reason": "issue-deleted" });
        audit::note(platform, "link-removed", detail).await?;
    }
    Ok(())
}

/// One command for every linked ticket. `at` is Jira's time of what happened, where it has one.
async fn queue_for_all(
    platform: &impl Platform,
    links: &[Linked],
    at: &str,
    what: &[&str],
    body: CommandBody,
) -> Result<(), Failure> {
    for link in links {
        let ticket = link.ticket_id.to_string();
        let mut parts = vec![platform.install_id(), ticket.as_str(), link.issue_id.as_str()];
        parts.extend(what);
        // Without a time of its own the event is stamped by arrival; the rest of the id is still the event's own.
        let at = issue::instant(at).unwrap_or_else(|| platform.now());
        let command = Command {
            id: commands::id_of(at, &parts),
            ticket_id: Some(link.ticket_id),
            issue_id: Some(link.issue_id.clone()),
            issue_key: Some(link.issue_key.clone()),
            body: body.clone(),
        };
        commands::queue(platform, command).await?;
    }
    Ok(())
}

fn author(account: &Value) -> Author {
    Author {
        account_id: account["accountId"].as_str().unwrap_or("unknown").to_owned(),
        name: account["displayName"].as_str().map(str::to_owned),
    }
}

/// Ids come as texts, in some events as numbers.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
