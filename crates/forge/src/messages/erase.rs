//! Erases what the connector wrote for a ticket that was deleted: comments and files by their references, and what else has
//! the ticket's mark. The references need no link, since the mark of a comment and the author of a file show their origin.

use schema::{CommentRef, Erasure, FileRef, RefFailure, TicketGone};
use serde_json::Value;

use super::comment;
use super::context::{MessageContext, NotApplied};
use crate::issue::text;
use crate::jira::{self, JiraError};
use crate::join::join_all;
use crate::platform::Platform;
use crate::{adf, comments};

/// Number of comments or files that are erased at the same time; Jira's limit is 20 writes in 2 s per issue.
const AT_ONCE: usize = 10;

/// The parts that could not be erased.
pub(super) struct Failures {
    failed: Vec<RefFailure>,
    /// Whether an issue cannot be read at the moment.
    no_access: bool,
}

impl Failures {
    pub(super) const fn new() -> Self {
        Self { failed: Vec::new(), no_access: false }
    }

    /// Adds the result of one part.
    ///
    /// # Errors
    /// An error that ends the whole message for now.
    pub(super) fn add(&mut self, part: RefFailure, result: Result<(), NotApplied>) -> Result<(), NotApplied> {
        let Err(error) = result else { return Ok(()) };
        let Some(reason) = error.reason() else { return Err(error) };
        self.no_access |= matches!(error, NotApplied::NotFound);
        let failure = part.because(reason);
        // Several requests about one issue may fail for the same reason.
        if !self.failed.contains(&failure) {
            self.failed.push(failure);
        }
        Ok(())
    }

    /// Returns the failures.
    ///
    /// # Errors
    /// An issue cannot be read, and the message may wait for it.
    pub(super) fn finish(self, context: &MessageContext<'_, impl Platform>) -> Result<Vec<RefFailure>, NotApplied> {
        if self.no_access && context.may_wait() { Err(NotApplied::NotFound) } else { Ok(self.failed) }
    }
}

/// Erases the comments and files that the message names. What does not exist counts as erased.
pub(super) async fn references(
    context: &MessageContext<'_, impl Platform>,
    gone: &TicketGone,
    failures: &mut Failures,
) -> Result<(), NotApplied> {
    erase_comments(context, &gone.comments, gone.erase, failures).await?;
    for (part, result) in files(context, &gone.files).await? {
        failures.add(part, result)?;
    }
    Ok(())
}

/// Erases the other comments that the connector wrote for this ticket: all of them, such as notes about its files, or for a
/// tombstone those with the ticket's text so far.
pub(super) async fn remaining(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
    erase: Erasure,
    failures: &mut Failures,
) -> Result<(), NotApplied> {
    let message_id = context.message.id.to_string();
    let is_meant = |mark: &Value| {
        mark["ticket"] == context.ticket_id()
            && mark["message"] != message_id
            && (erase == Erasure::Delete || mark[comment::HISTORY] == true)
    };
    let (rows, is_complete) = match comments::marked(context.platform, issue_id, is_meant).await {
        Ok(found) => found,
        Err(error) => return failures.add(RefFailure::of_issue(issue_id), Err(error.into())),
    };
    if !is_complete {
        failures.add(RefFailure::of_issue(issue_id), Err(NotApplied::rejected("comments-not-searched")))?;
    }
    let known = |row: &Value| CommentRef { issue_id: issue_id.to_owned(), comment_id: text(&row["id"]) };
    let known: Vec<CommentRef> = rows.iter().map(known).collect();
    erase_comments(context, &known, erase, failures).await
}

async fn erase_comments(
    context: &MessageContext<'_, impl Platform>,
    all: &[CommentRef],
    erase: Erasure,
    failures: &mut Failures,
) -> Result<(), NotApplied> {
    for some in all.chunks(AT_ONCE) {
        let results = join_all(some.iter().map(|known| erase_comment(context, known, erase))).await;
        for (known, result) in some.iter().zip(results) {
            failures.add(RefFailure::of_comment(known), result)?;
        }
    }
    Ok(())
}

async fn erase_comment(
    context: &MessageContext<'_, impl Platform>,
    known: &CommentRef,
    erase: Erasure,
) -> Result<(), NotApplied> {
    let Some(comment) = comment::read_own(context, known).await? else { return Ok(()) };
    let done = if erase == Erasure::Delete {
        comments::delete(context.platform, &known.issue_id, &known.comment_id).await
    } else {
        let document = adf::text("This article was deleted in the helpdesk.");
        comments::edit(context.platform, &known.issue_id, &comment, document, true).await
    };
    erased(done)
}

/// Deletes files that the connector added, and returns one result per file. A file that does not exist counts as deleted.
///
/// # Errors
/// Jira does not answer for the app's own account, so no file was deleted.
pub(super) async fn files(
    context: &MessageContext<'_, impl Platform>,
    all: &[FileRef],
) -> Result<Vec<(RefFailure, Result<(), NotApplied>)>, NotApplied> {
    let mut done = Vec::with_capacity(all.len());
    if all.is_empty() {
        return Ok(done);
    }
    let app = text(&jira::own_account(context.platform).await?["accountId"]);
    let mut issues: Vec<&str> = all.iter().map(|file| file.issue_id.as_str()).collect();
    issues.sort_unstable();
    issues.dedup();
    for issue_id in issues {
        let listed = crate::files::on_issue(context.platform, issue_id).await;
        let of_issue: Vec<&FileRef> = all.iter().filter(|file| file.issue_id == issue_id).collect();
        for some in of_issue.chunks(AT_ONCE) {
            let results = join_all(some.iter().map(|file| erase_file(context, &listed, &app, file))).await;
            done.extend(some.iter().map(|file| RefFailure::of_file(file)).zip(results));
        }
    }
    Ok(done)
}

async fn erase_file(
    context: &MessageContext<'_, impl Platform>,
    listed: &Result<Vec<Value>, JiraError>,
    app: &str,
    file: &FileRef,
) -> Result<(), NotApplied> {
    let listed = listed.as_ref().map_err(|error| NotApplied::from(error.clone()))?;
    let Some(found) = listed.iter().find(|row| text(&row["id"]) == file.attachment_id) else { return Ok(()) };
    if found["author"]["accountId"] != app {
        return Err(NotApplied::rejected(comment::NOT_OURS));
    }
    let strings = &["/rest/api/3/attachment/", ""];
    erased(jira::request(context.platform, "DELETE", strings, &[&file.attachment_id], None).await)?;
    Ok(crate::files::forget(context.platform, &file.attachment_id).await?)
}

/// A part that does not exist any more counts as erased.
fn erased(done: jira::JiraResult) -> Result<(), NotApplied> {
    match done {
        Ok(_) | Err(JiraError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
