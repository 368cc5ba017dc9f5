//! Whether Zammad removed a ticket's owner by itself. That is no unassignment by an agent, so the assignee in Jira stays.

use schema::zammad_ids::NOBODY;
use serde_json::Value;
use sync::{Base, FieldName, Issue};
use zammad::{ClientError, User, Verdict};

use super::context::Visit;
use crate::ticket::is_without_user;

impl Visit<'_> {
    /// Zammad removes owners after a group's assignment timeout and on some follow-ups (written by the system user, the
    /// customer or another person who has no rights in the group, such as a colleague of the customer), as a side effect of a
    /// write of the connector, and when the agent is deactivated or loses the group (written in the name of the admin who did
    /// that).
    pub(super) async fn owner_taken_away(&self, issue: &Issue, base: &Base) -> Result<bool, ClientError> {
        let (ticket, reader) = (&self.view.ticket, &self.visitor.reader);
        let Some(assignee) = issue.snapshot.assignee.as_ref().filter(|_| ticket.owner_id == NOBODY) else {
            return Ok(false);
        };
        let by = self.owner_removed_by(base).await?;
        if by == NOBODY || by == ticket.customer_id || by == reader.bot().await? {
            return Ok(true);
        }
        match reader.user(by).await {
            Ok(user) if !may_own(&user, ticket.group_id) => return Ok(true),
            Err(error) if !is_without_user(&error) => return Err(error),
            _ => {}
        }
        let people = &self.settings.people;
        let Some(person) = people.iter().find(|person| person.account_id == assignee.account_id) else {
            return Ok(false);
        };
        match reader.user(person.zammad).await {
            Ok(user) => Ok(!may_own(&user, ticket.group_id)),
            Err(error) if is_without_user(&error) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Who removed the owner. The last change of the ticket may be another one, by an agent, after it; so the history is asked if
    /// the ticket had an owner when it was merged last.
    async fn owner_removed_by(&self, base: &Base) -> Result<u64, ClientError> {
        let last = self.view.ticket.updated_by_id;
        let nobody = schema::fingerprint(&Value::Null);
        let had_owner = base.pairs.get(&FieldName::Owner).is_some_and(|pair| pair.zammad != nobody);
        if !had_owner {
            return Ok(last);
        }
        match self.visitor.helpdesk.owner_removed_by(self.ticket_id()).await {
            Ok(by) => Ok(by.unwrap_or(last)),
            // A history that the bot may not see, or cannot be read, costs certainty and not the ticket.
            Err(error) if matches!(error.verdict(), Verdict::Wait(_) | Verdict::GiveUp(_)) => Ok(last),
            Err(error) => Err(error),
        }
    }
}

/// Whether the agent may own tickets of the group, as far as Zammad shows it.
fn may_own(user: &User, group: u64) -> bool {
    user.active && user.rights.as_ref().is_none_or(|rights| rights.get(&group).is_some_and(|rights| !rights.is_empty()))
}

#[cfg(test)]
#[path = "owner_tests.rs"]
mod tests;
