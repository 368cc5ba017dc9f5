//! Owner ⇄ assignee, by the identity map. A person is never guessed, and an unknown person unassigns nobody.

use schema::JiraField;
use serde_json::{Value, json};

use super::field::{Field, IssueWrite, Mapped};
use super::people::{account_of, user_of};
use crate::detail::UnmappedPerson;
use crate::names::FieldName;
use crate::plan::{Reason, TicketWrite};
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, group: Option<u64>, policy: &Policy<'_>) -> Field<'static> {
    let assignee = issue.snapshot.assignee.as_ref().map(|author| author.account_id.as_str());
    let owner = ticket.owner.map(|user| (user, account_of(user, policy)));
    let moved = group.is_some_and(|before| before != ticket.group);
    Field {
        name: FieldName::Owner,
        jira_id: JiraField::Assignee,
        rule: policy.rule(&FieldName::Owner, policy.settings.fields.owner, false),
        zammad: Value::from(ticket.owner),
        jira: issue.snapshot.value(JiraField::Assignee),
        agree: owner.map_or(assignee.is_none(), |(_, account)| account.is_some() && account == assignee),
        to_jira: match owner {
            None => Mapped::To(IssueWrite::Field(Value::Null)),
            Some((_, Some(account))) => Mapped::To(IssueWrite::Field(json!({ "accountId": account }))),
            Some((user, None)) => Mapped::unmapped(UnmappedPerson::ZammadUser(user)),
        },
        to_zammad: match assignee {
            None => Mapped::To(TicketWrite::Owner(None)),
            Some(account) => match user_of(account, policy) {
                Some(user) => Mapped::To(TicketWrite::Owner(Some(user))),
                None => Mapped::unmapped(UnmappedPerson::JiraAccount(account.to_owned())),
            },
        },
        // Zammad silently removes the owner when a ticket moves to a group that they cannot access, and in other cases.
        unintended: match ticket.owner {
            None if moved => Some(Reason::OwnerLostByMove),
            None if ticket.owner_taken_away => Some(Reason::OwnerTakenAway),
            _ => None,
        },
    }
}
