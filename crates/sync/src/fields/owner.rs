//! Owner ⇄ assignee, by the identity map. Nobody is guessed, and nobody is unassigned because somebody is unknown.

use serde_json::{Value, json};

use super::{Carried, Field, IssueWrite, account_of, user_of};
use crate::plan::{Reason, TicketWrite};
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, group: Option<u64>, policy: &Policy<'_>) -> Field {
    let assignee = issue.snapshot.assignee.as_ref().map(|author| author.account_id.as_str());
    let owner_account = ticket.owner.map(|user| account_of(user, policy));
    let moved = group.is_some_and(|before| before != ticket.group);
    Field {
        name: "owner".into(),
        jira_id: "assignee".into(),
        rule: policy.rule("owner", policy.settings.fields.owner, false),
        zammad: Value::from(ticket.owner),
        jira: issue.snapshot.value("assignee"),
        agree: owner_account.map_or(assignee.is_none(), |account| account.is_some() && account == assignee),
        to_jira: match owner_account {
            None => Carried::As(IssueWrite::Field(Value::Null)),
            Some(Some(account)) => Carried::As(IssueWrite::Field(json!({ "accountId": account }))),
            Some(None) => Carried::Nowhere(ticket.owner.map(|user| format!("user {user}"))),
        },
        to_zammad: match assignee {
            None => Carried::As(TicketWrite::Owner(None)),
            Some(account) => match user_of(account, policy) {
                Some(user) => Carried::As(TicketWrite::Owner(Some(user))),
                None => Carried::Nowhere(Some(format!("account {account}"))),
            },
        },
        // Zammad takes the owner away when a ticket moves to a group that they cannot reach, and says nothing.
        unmeant: (moved && ticket.owner.is_none()).then_some(Reason::OwnerLostByMove),
    }
}
