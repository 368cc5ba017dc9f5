//! Comments of ours: each exactly once, found again by its mark.

use serde_json::Value;

use crate::json::json;

use super::{At, Stop};
use crate::jira::{self, Failed};
use crate::links::{self, Linked};
use crate::platform::Platform;

/// The links of the message's ticket; without one the message is about nothing.
pub(super) async fn links_of(at: &At<'_, impl Platform>) -> Result<Vec<Linked>, Stop> {
    let links = links::of_ticket(at.platform, at.ticket_id()).await?;
    if links.is_empty() { Err(Stop::rejected("not-linked")) } else { Ok(links) }
}

/// Those of its links whose issue the message is for.
pub(super) async fn links_among(at: &At<'_, impl Platform>, issues: &[String]) -> Result<Vec<Linked>, Stop> {
    let mut links = links_of(at).await?;
    links.retain(|link| issues.contains(&link.issue_id));
    if links.is_empty() { Err(Stop::rejected("not-linked")) } else { Ok(links) }
}

/// What one issue after the other came to. One that refuses does not keep the others from theirs; only if all refuse, so
/// does the message.
pub(super) struct PerIssue<T> {
    pub(super) done: Vec<T>,
    refused: Option<Stop>,
}

impl<T> PerIssue<T> {
    pub(super) const fn new() -> Self {
        Self { done: Vec::new(), refused: None }
    }

    /// # Errors
    /// What ends the whole message for now.
    pub(super) fn take(&mut self, outcome: Result<T, Stop>) -> Result<(), Stop> {
        match outcome {
            Ok(done) => self.done.push(done),
            Err(refused @ Stop::Rejected { .. }) => self.refused = Some(refused),
            Err(later) => return Err(later),
        }
        Ok(())
    }

    /// # Errors
    /// The refusal, if nothing was done.
    pub(super) fn done(self) -> Result<Vec<T>, Stop> {
        match self.refused {
            Some(refused) if self.done.is_empty() => Err(refused),
            _ => Ok(self.done),
        }
    }
}

/// A refusal that changes nothing for what comes after it.
pub(super) fn tolerated<T>(outcome: Result<T, Stop>) -> Result<(), Stop> {
    match outcome {
        Ok(_) | Err(Stop::Rejected { .. }) => Ok(()),
        Err(later) => Err(later),
    }
}

/// Writes this message's comment on an issue, or finds it there. `plain` is what is written where Jira refuses `document`.
/// Returns its id.
pub(super) async fn once(
    at: &At<'_, impl Platform>,
    issue_id: &str,
    article_id: Option<u64>,
    document: Value,
    plain: Option<Value>,
) -> Result<String, Stop> {
    if at.interrupted
        && let Some(comment_id) = find(at, issue_id).await?
    {
        return Ok(comment_id);
    }
    let mut mark = json!({ "message": at.message.id, "ticket": at.ticket_id() });
    if let Some(article_id) = article_id {
        mark["article"] = article_id.into();
    }
    let mut written = jira::add_comment(at.platform, issue_id, document, &mark).await;
    if let (Err(Failed::Refused { status: 400, .. }), Some(plain)) = (&written, plain) {
        written = jira::add_comment(at.platform, issue_id, plain, &mark).await;
    }
    let comment = written.map_err(Stop::of_write)?;
    at.wrote.set(true);
    comment["id"].as_str().map(str::to_owned).ok_or(Stop::Unsure { after_ms: 5_000, code: "jira-unreadable" })
}

/// The comment that carries this message's mark.
async fn find(at: &At<'_, impl Platform>, issue_id: &str) -> Result<Option<String>, Stop> {
    let page = jira::newest_comments(at.platform, issue_id).await?;
    let message_id = at.message.id.to_string();
    let ours = |comment: &&Value| jira::mark_of(comment).is_some_and(|mark| mark["message"] == message_id);
    let comments = page["comments"].as_array();
    Ok(comments.into_iter().flatten().find(ours).and_then(|comment| comment["id"].as_str()).map(str::to_owned))
}
