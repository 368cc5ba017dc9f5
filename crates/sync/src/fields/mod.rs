//! The synced fields, one file per field: its value on both sides, whether the two agree, and how each maps to the other.

mod custom;
mod customer;
pub(crate) mod field;
mod owner;
mod people;
mod priority;
mod state;
pub(crate) mod tags;
pub(crate) mod title;

use serde_json::Value;

use self::field::Field;
pub use self::tags::has_tag;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

/// Returns all fields of a link. `group`: the ticket's group at the last merge.
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

/// Returns a ticket's value of a field, in the form that the base compares.
pub(crate) fn zammad_value(name: &str, ticket: &Ticket, policy: &Policy<'_>) -> Value {
    match name {
        "title" => Value::from(ticket.title.as_str()),
        "state" => Value::from(ticket.state),
        "priority" => Value::from(ticket.priority),
        "owner" => Value::from(ticket.owner),
        "customer" => Value::from(ticket.customer),
        "tags" => tags::synced(&ticket.tags, policy),
        custom => {
            let attribute = custom.strip_prefix("custom:").unwrap_or(custom);
            ticket.attributes.get(attribute).cloned().unwrap_or_default()
        }
    }
}
