//! Writes the connector's comments, each exactly once: a comment carries its message id as a mark, and an interrupted run is
//! followed by a search for the mark.

use schema::codes::NOT_LINKED;
use schema::{CommentRef, RefFailure};
use serde_json::Value;

use super::context::{MessageContext, NotApplied};
use crate::comments;
use crate::jira::{self, JiraError, UNREADABLE};
use crate::json::json;
use crate::links::{self, Link};
use crate::platform::Platform;

/// Returns the links of the message's ticket; a message of a ticket without links is rejected.
pub(super) async fn links_of(context: &MessageContext<'_, impl Platform>) -> Result<Vec<Link>, NotApplied> {
    let links = links::of_ticket(context.platform, context.ticket_id()).await?;
    if links.is_empty() { Err(NotApplied::rejected(NOT_LINKED)) } else { Ok(links) }
}

/// Returns the links of the message's ticket to the given issues; without one the message is rejected.
pub(super) async fn links_among(
    context: &MessageContext<'_, impl Platform>,
    issues: &[String],
) -> Result<Vec<Link>, NotApplied> {
    let mut links = links_of(context).await?;
    links.retain(|link| issues.contains(&link.issue_id));
    if links.is_empty() { Err(NotApplied::rejected(NOT_LINKED)) } else { Ok(links) }
}

/// The results of a message on several issues. A failure on one issue does not affect the others and is part of the answer;
/// the message fails only if nothing of it was done, and not if it was sent again.
pub(super) struct PerIssue<T> {
    done: Vec<T>,
    failed: Vec<RefFailure>,
    error: Option<NotApplied>,
}

impl<T> PerIssue<T> {
    pub(super) const fn new() -> Self {
        Self { done: Vec::new(), failed: Vec::new(), error: None }
    }

    /// Adds the result of one issue or comment.
    ///
    /// # Errors
    /// An error that ends the whole message for now.
    pub(super) fn add(&mut self, part: RefFailure, outcome: Result<T, NotApplied>) -> Result<(), NotApplied> {
        match outcome {
            Ok(done) => self.done.push(done),
            Err(error) => {
                let Some(reason) = error.reason() else { return Err(error) };
                self.failed.push(part.because(reason));
                // The message is retried if a retry may succeed on at least one of the issues.
                if self.error.as_ref().is_none_or(|before| matches!(before, NotApplied::Rejected { .. })) {
                    self.error = Some(error);
                }
            }
        }
        Ok(())
    }

    /// Returns the parts that were done and those that failed, also if all of them failed.
    ///
    /// # Errors
    /// If nothing was done because issues cannot be read, and a retry may succeed.
    pub(super) fn finish_with_failures(self) -> Result<(Vec<T>, Vec<RefFailure>), NotApplied> {
        match self.error {
            Some(error @ NotApplied::NotFound) if self.done.is_empty() => Err(error),
            _ => Ok((self.done, self.failed)),
        }
    }

    /// Returns the parts that were done and those that failed. `again` tells that the message was sent again for the issues
    /// that failed before.
    ///
    /// # Errors
    /// The reason, if nothing was done, except for a message that was sent again: it does not wait.
    pub(super) fn finish(self, again: bool) -> Result<(Vec<T>, Vec<RefFailure>), NotApplied> {
        match self.error {
            Some(error) if self.done.is_empty() && !again => Err(error),
            _ => Ok((self.done, self.failed)),
        }
    }
}

/// The code of a comment or file that the connector did not write.
pub(super) const NOT_OURS: &str = "not-ours";

/// Reads a comment of the connector; `None` if it does not exist.
///
/// # Errors
/// A rejection if a person wrote it: comments of people are never changed.
pub(super) async fn read_own(
    context: &MessageContext<'_, impl Platform>,
    known: &CommentRef,
) -> Result<Option<Value>, NotApplied> {
    match comments::read(context.platform, &known.issue_id, &known.comment_id).await {
        Ok(comment) if comments::mark_of(&comment).is_none() => Err(NotApplied::rejected(NOT_OURS)),
        Ok(comment) => Ok(Some(comment)),
        // The comment was deleted, or the app cannot see the issue.
        Err(JiraError::NotFound) => Ok(jira::key_of(context.platform, &known.issue_id).await.map(|_| None)?),
        Err(error) => Err(error.into()),
    }
}

/// Ignores a rejection, and a failure for which the message has waited long enough; other errors stay errors.
pub(super) fn ignore_rejection<T>(
    context: &MessageContext<'_, impl Platform>,
    outcome: Result<T, NotApplied>,
) -> Result<(), NotApplied> {
    match outcome {
        Ok(_) | Err(NotApplied::Rejected { .. }) => Ok(()),
        Err(NotApplied::Forbidden | NotApplied::NotFound) if !context.may_wait() => Ok(()),
        Err(error) => Err(error),
    }
}

/// A comment to write.
pub(super) struct NewComment {
    pub(super) document: Value,
    /// The document to write if Jira refuses `document`.
    pub(super) plain: Option<Value>,
    pub(super) article_id: Option<u64>,
    /// Whether the comment is hidden from the customer of a service project.
    pub(super) internal: bool,
    /// Whether it is the ticket's text so far.
    pub(super) is_history: bool,
}

/// The part of a mark that is true for the ticket's text so far.
pub(super) const HISTORY: &str = "history";

impl NewComment {
    /// Returns a comment for the agents.
    pub(super) const fn internal(document: Value) -> Self {
        Self { document, plain: None, article_id: None, internal: true, is_history: false }
    }
}

/// Writes the comment of this message to an issue, or finds it there, and returns its id.
pub(super) async fn write_once(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
    comment: NewComment,
) -> Result<String, NotApplied> {
    if context.interrupted
        && let Some(comment_id) = find_by_mark(context, issue_id).await?
    {
        return Ok(comment_id);
    }
    let mut mark = json!({ "message": context.message.id, "ticket": context.ticket_id() });
    let NewComment { document, plain, article_id, internal, is_history } = comment;
    if is_history {
        mark[HISTORY] = true.into();
    }
    if let Some(article_id) = article_id {
        mark["article"] = article_id.into();
    }
    let mut written = comments::add(context.platform, issue_id, document, &mark, internal).await;
    if let (Err(JiraError::Refused { status: 400, .. }), Some(plain)) = (&written, plain) {
        written = comments::add(context.platform, issue_id, plain, &mark, internal).await;
    }
    let comment = written.map_err(NotApplied::of_write)?;
    context.wrote.set(true);
    comment["id"].as_str().map(str::to_owned).ok_or_else(|| NotApplied::of_write(UNREADABLE))
}

/// Returns the id of the comment with this message's mark.
async fn find_by_mark(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
) -> Result<Option<String>, NotApplied> {
    let page = comments::newest(context.platform, issue_id).await?;
    let message_id = context.message.id.to_string();
    let has_mark = |comment: &&Value| comments::mark_of(comment).is_some_and(|mark| mark["message"] == message_id);
    let comments = page["comments"].as_array();
    Ok(comments.into_iter().flatten().find(has_mark).and_then(|comment| comment["id"].as_str()).map(str::to_owned))
}
