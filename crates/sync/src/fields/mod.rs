//! One file a field: how it reads on both sides, when the two agree, and what one becomes on the other side.

mod custom;
mod customer;
mod owner;
mod priority;
mod state;
mod tags;
pub(crate) mod title;

use schema::settings::FieldRule;
use schema::{StatusWanted, print};
use serde_json::Value;

use crate::base::Pair;
use crate::plan::{Reason, TicketWrite};
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};

/// A value carried to the other side.
pub(crate) enum Carried<T> {
    /// This is to be written.
    As(T),
    /// It has no counterpart; the detail is an id, never words of a ticket.
    Nowhere(Option<String>),
}

/// A write for Jira.
pub(crate) enum IssueWrite {
    /// A field.
    Field(Value),
    /// The status.
    Status(StatusWanted),
}

/// One field of one link, as both sides hold it now.
pub(crate) struct Field {
    /// Name in the base.
    pub(crate) name: String,
    /// Jira's field id, `status` for the status.
    pub(crate) jira_id: String,
    /// Direction and conflict policy, under the policy.
    pub(crate) rule: FieldRule,
    /// Zammad's value.
    pub(crate) zammad: Value,
    /// Jira's value, in the form that [`schema::IssueSnapshot::value`] gives.
    pub(crate) jira: Value,
    /// Whether the mapping takes them for the same.
    pub(crate) agree: bool,
    /// Zammad's value for Jira.
    pub(crate) to_jira: Carried<IssueWrite>,
    /// Jira's value for Zammad.
    pub(crate) to_zammad: Carried<TicketWrite>,
    /// A change of Zammad's value that nobody meant.
    pub(crate) unmeant: Option<Reason>,
}

impl Field {
    /// Both values as prints.
    pub(crate) fn pair(&self) -> Pair {
        Pair { zammad: print(&self.zammad), jira: print(&self.jira) }
    }
}

/// All fields of a link. `group`: the ticket's group at the last merge.
pub(crate) fn all(ticket: &Ticket, issue: &Issue, group: Option<u64>, policy: &Policy<'_>) -> Vec<Field> {
    let mut fields = vec![
        title::field(ticket, issue, policy),
        state::field(ticket, issue, policy),
        priority::field(ticket, issue, policy),
        owner::field(ticket, issue, group, policy),
        customer::field(ticket, issue, policy),
        tags::field(ticket, issue, policy),
    ];
    fields.extend(policy.settings.fields.custom.iter().map(|rule| custom::field(rule, ticket, issue, policy)));
    fields
}

/// A ticket's value of a field, in the form that the base compares.
pub(crate) fn zammad_value(name: &str, ticket: &Ticket, policy: &Policy<'_>) -> Value {
    match name {
        "title" => Value::from(ticket.title.as_str()),
        "state" => Value::from(ticket.state),
        "priority" => Value::from(ticket.priority),
        "owner" => Value::from(ticket.owner),
        "customer" => Value::from(ticket.customer),
        "tags" => tags::taking_part(&ticket.tags, policy),
        custom => {
            let attribute = custom.strip_prefix("custom:").unwrap_or(custom);
            ticket.attributes.get(attribute).cloned().unwrap_or_default()
        }
    }
}

/// An account's person here, and the other way round.
fn account_of<'a>(user: u64, policy: &Policy<'a>) -> Option<&'a str> {
    let known = policy.settings.people.iter().find(|person| person.zammad == user);
    known.map(|person| person.account_id.as_str())
}

fn user_of(account: &str, policy: &Policy<'_>) -> Option<u64> {
    policy.settings.people.iter().find(|person| person.account_id == account).map(|person| person.zammad)
}
