//! Changes that no event reported: the answer to `issue.get` contains the commands that the missed events would have queued.
//! They have the same ids as those commands, so each change is applied once, whichever arrives first.

use schema::time::rfc3339;
use schema::{
    Author, Command, CommandBody, CommentRemoved, DescriptionChanged, IssueFound, LinkAnswer, MessageResult, Side,
};
use serde::Deserialize as _;
use store::{FactKind, LinkFact, ObjectKind, OutboxRow};

use super::handler::CommandHandler;
use super::{fingerprint, notes};
use crate::ticket::facts::LinkKey;

impl CommandHandler {
    /// Applies the commands in an answer to `issue.get`. Returns the time up to which the issue is now caught up, as a fact to
    /// store; `None` if something could not be applied, so that the next question asks for it again.
    pub(crate) async fn catch_up(&self, row: &OutboxRow, result: Option<&MessageResult>) -> Option<LinkFact> {
        let found = IssueFound::deserialize(result?.data.as_ref()?).ok()?;
        let catch_up = found.catch_up?;
        let of = LinkKey { ticket_id: row.ticket_id, issue_id: &found.issue_id };
        for command in &catch_up.commands {
            let of_this_link =
                command.ticket_id == Some(of.ticket_id) && command.issue_id.as_deref() == Some(of.issue_id);
            if of_this_link && !self.apply_once(command).await {
                return None;
            }
        }
        if let Some(existing) = &catch_up.all_comments {
            self.remove_missing(of, &found.issue_key, existing).await?;
        }
        Some(of.set(FactKind::CaughtUpTo, &catch_up.until))
    }

    /// Writes the description of an issue that was linked just now as a note, if the answer to `link.requested` has one. Returns
    /// false if that has to be tried again; the answer is the same then.
    pub(crate) async fn describe(&self, row: &OutboxRow, result: Option<&MessageResult>) -> bool {
        let data = result.and_then(|result| result.data.as_ref());
        let Some(answer) = data.and_then(|data| LinkAnswer::deserialize(data).ok()) else { return true };
        let (Some(document), Ok(id)) = (answer.description, row.id.parse()) else { return true };
        let at = rfc3339(self.env.now());
        let author = Author { account_id: String::new(), name: None };
        let change = DescriptionChanged { document: Some(document), reduced: false, author, at, at_link: true };
        let command = Command {
            id,
            ticket_id: Some(row.ticket_id),
            issue_id: Some(answer.issue_id),
            issue_key: Some(answer.issue_key),
            body: CommandBody::DescriptionChanged(change),
        };
        self.apply_once(&command).await
    }

    /// Applies the deletion of recorded comments of this issue that no longer exist. A ticket may have several issues.
    async fn remove_missing(&self, of: LinkKey<'_>, issue_key: &str, existing: &[String]) -> Option<()> {
        let recorded = self.store.recorded(of.ticket_id, Side::Jira, ObjectKind::Comment).await.ok()?;
        for comment in recorded {
            let mirrored = comment.fingerprint.as_deref().is_some_and(|mark| fingerprint::exists_on(mark, of.issue_id));
            let comment_id = notes::comment_id(&comment.id);
            if !mirrored || existing.iter().any(|id| id == comment_id) {
                continue;
            }
            let command = Command {
                id: self.env.new_id().ok()?,
                ticket_id: Some(of.ticket_id),
                issue_id: Some(of.issue_id.to_owned()),
                issue_key: Some(issue_key.to_owned()),
                body: CommandBody::CommentRemoved(CommentRemoved { comment_id: comment_id.to_owned() }),
            };
            if !self.apply_once(&command).await {
                return None;
            }
        }
        Some(())
    }
}

#[cfg(test)]
#[path = "catch_up_tests.rs"]
mod tests;
