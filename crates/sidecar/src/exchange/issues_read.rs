//! Which changes of an issue are known, and the answers to `issues.read`.

use schema::{IssuesFound, IssuesRead, Message, MessageBody, MessageResult, UnixMs};
use serde::Deserialize as _;
use store::{Link, LinkState, OutboxRow, Recheck, RecheckCause, StoreError, Subject};

use super::outcome::{NOT_LINKED_IN_JIRA, Outcome};
use crate::ticket::facts::{self, LinkKey};
use crate::ticket::readable_again;

impl Outcome<'_> {
    /// Records that the change which this message made in Jira is known.
    pub(super) async fn heard(
        &mut self,
        row: &OutboxRow,
        message: &Message,
        result: &MessageResult,
    ) -> Result<(), StoreError> {
        let at = result.data.as_ref().and_then(|data| UnixMs::deserialize(data.get("at")?).ok());
        let Some(at) = at else { return Ok(()) };
        for issue_id in written_issues(&message.body) {
            let of = LinkKey { ticket_id: row.ticket_id, issue_id };
            self.effects.facts.extend(facts::heard(self.store, of, at).await?);
        }
        Ok(())
    }

    /// Records issues that were read together.
    pub(super) async fn issues_read(
        &mut self,
        row: &OutboxRow,
        query: &IssuesRead,
        mut answer: IssuesFound,
    ) -> Result<(), StoreError> {
        for (asked, place) in query.links.iter().zip(0..) {
            let Some(state) = answer.issues.iter_mut().find(|state| state.issue_id == asked.issue_id) else { continue };
            let links = self.store.links_of_ticket(asked.ticket_id).await?;
            let is_asked = |link: &Link| link.issue_id == asked.issue_id && link.state == LinkState::Active;
            let Some(link) = links.into_iter().find(is_asked) else { continue };
            let of = LinkKey { ticket_id: asked.ticket_id, issue_id: &asked.issue_id };
            let code = answer.unlinked.contains(&place).then_some(NOT_LINKED_IN_JIRA);
            if code.is_none() {
                readable_again(self.store, of, self.now).await?;
            }
            self.effects.troubles.push(of.trouble(Subject::Issue, code, None, self.now));
            if link.issue_key != state.issue_key {
                self.effects.links.push(Link { issue_key: state.issue_key.clone(), ..link });
            }
            if let Some(snapshot) = state.snapshot.clone() {
                self.snapshot(of, snapshot).await?;
                let cause = RecheckCause::IssueRead(row.id.clone());
                let recheck = Recheck { ticket_id: asked.ticket_id, cause, not_before: None, at: self.now };
                self.effects.rechecks.push(recheck);
            }
        }
        Ok(())
    }
}

/// The issues that a message writes to.
fn written_issues(body: &MessageBody) -> Vec<&String> {
    match body {
        MessageBody::ArticleAdded(content) | MessageBody::ArticleChanged(content) => {
            content.issues.iter().chain(content.comments.iter().map(|comment| &comment.issue_id)).collect()
        }
        MessageBody::ArticleRemoved(removed) => removed.comments.iter().map(|comment| &comment.issue_id).collect(),
        MessageBody::AttachmentAdded(file) => file.issues.iter().collect(),
        MessageBody::FieldApply(plan) => vec![&plan.issue_id],
        _ => Vec::new(),
    }
}
