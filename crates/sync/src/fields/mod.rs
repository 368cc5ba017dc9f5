//! The synced fields, one file per field: its value on both sides, whether the two agree, and how each maps to the other.

mod custom;
mod customer;
pub(crate) mod field;
mod owner;
mod people;
mod priority;
pub(crate) mod state;
pub(crate) mod tags;
pub(crate) mod title;

use schema::{IssueSnapshot, Settings, fingerprint};
use serde_json::Value;

use self::field::Field;
pub use self::tags::has_tag;
use crate::base::Base;
use crate::names::jira_field_id;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

/// Returns all fields of a link.
pub(crate) fn all(base: &Base, ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Vec<Field> {
    let mut fields = vec![
        title::field(ticket, issue, policy),
        state::field(ticket, issue, base.pairs.get("state"), policy),
        priority::field(ticket, issue, policy),
        owner::field(ticket, issue, base.group, policy),
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

/// Returns the fingerprint of an issue's value of a field, as the base keeps it.
pub(crate) fn jira_fingerprint(name: &str, issue: &IssueSnapshot, settings: &Settings) -> String {
    match name {
        "state" => fingerprint(&state::jira_value(issue, settings)),
        other => issue.fingerprint(jira_field_id(other, settings)),
    }
}
