//! What no event told: the answer to a question about an issue brings the commands that its events would have queued. They
//! have the ids that they would have had, so what was applied by an event is known, and the other way round.

use schema::{Command, CommandBody, CommentRemoved, IssueFound, MessageResult};
use store::{Base, OutboxRow, Side};

use super::Inbound;

/// Base: the time of Jira's up to which everything has been told.
pub(crate) const CAUGHT_UP: &str = "caught-up";
/// Ends the print of a comment whose tombstone is written.
const GONE: &str = "@gone";

/// The print of a comment: its issue, and when it was changed last.
pub(super) fn print(issue_id: &str, updated_at: &str) -> String {
    format!("{issue_id}@{updated_at}")
}

/// The print of a comment that is gone.
pub(super) fn print_gone(issue_id: &str) -> String {
    format!("{issue_id}{GONE}")
}

impl Inbound {
    /// Applies what an answer to `issue.get` brought, and returns up to when. What cannot be applied now is asked for again.
    pub(crate) async fn catch_up(&self, row: &OutboxRow, result: Option<&MessageResult>) -> Option<Base> {
        let data = result?.data.clone()?;
        let found: IssueFound = serde_json::from_value(data).ok()?;
        let (catch_up, issue_id) = (found.catch_up?, found.issue_id);
        for command in &catch_up.commands {
            let of_this_link = command.ticket_id == Some(row.ticket_id) && command.issue_id.as_ref() == Some(&issue_id);
            if of_this_link && !self.apply_one(command).await {
                return None;
            }
        }
        if let Some(all) = catch_up.all_comments {
            self.abandon_ticket(row, (&issue_id, &found.issue_key), &all).await?;
        }
        Some(Base {
            ticket_id: row.ticket_id,
            issue_id,
            field: CAUGHT_UP.into(),
            value: serde_json::to_string(&catch_up.until).ok(),
        })
    }

    /// Comments that are known and not there any more.
    async fn bury(&self, row: &OutboxRow, (issue_id, issue_key): (&str, &str), all: &[String]) -> Option<()> {
        let known = self.store.known(row.ticket_id, Side::Jira, "comment").await.ok()?;
        // A ticket may have several issues; a comment is missed only on its own.
        let here = format!("{issue_id}@");
        let was_here =
            |print: Option<&str>| print.is_some_and(|print| print.starts_with(&here) && !print.ends_with(GONE));
        for comment in known.iter().filter(|known| was_here(known.print.as_deref()) && !all.contains(&known.id)) {
            let command = Command {
                id: self.env.new_id().ok()?,
                ticket_id: Some(row.ticket_id),
                issue_id: Some(issue_id.to_owned()),
                issue_key: Some(issue_key.to_owned()),
                body: CommandBody::CommentRemoved(CommentRemoved { comment_id: comment.id.clone() }),
            };
            if !self.apply_one(&command).await {
                return None;
            }
        }
        Some(())
    }
}
