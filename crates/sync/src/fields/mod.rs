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

use schema::{IssueSnapshot, JiraField, Settings, fingerprint};
use serde_json::Value;

use self::field::Field;
pub use self::tags::has_tag;
use crate::base::Base;
use crate::names::{FieldName, custom_rule};
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

/// Returns all fields of a link.
pub(crate) fn all<'s>(base: &Base, ticket: &Ticket, issue: &Issue, policy: &Policy<'s>) -> Vec<Field<'s>> {
    let field = |name: FieldName| {
        Some(match &name {
            FieldName::Title => title::field(ticket, issue, policy),
            FieldName::State => state::field(ticket, issue, base.pairs.get(&name), policy),
            FieldName::Priority => priority::field(ticket, issue, policy),
            FieldName::Owner => owner::field(ticket, issue, base.group, policy),
            FieldName::Customer => customer::field(ticket, issue, policy),
            FieldName::Tags => tags::field(ticket, issue, policy),
            FieldName::Custom(attribute) => {
                custom::field(custom_rule(attribute, policy.settings)?, ticket, issue, policy)
            }
            FieldName::Unknown(_) => return None,
        })
    };
    FieldName::all(policy.settings).into_iter().filter_map(field).collect()
}

/// Returns a ticket's value of a field, in the form that the base compares.
pub(crate) fn zammad_value(name: &FieldName, ticket: &Ticket, policy: &Policy<'_>) -> Value {
    match name {
        FieldName::Title => Value::from(ticket.title.as_str()),
        FieldName::State => Value::from(ticket.state),
        FieldName::Priority => Value::from(ticket.priority),
        FieldName::Owner => Value::from(ticket.owner),
        FieldName::Customer => Value::from(ticket.customer),
        FieldName::Tags => tags::synced(&ticket.tags, policy),
        FieldName::Custom(attribute) => ticket.attributes.get(attribute).cloned().unwrap_or_default(),
        FieldName::Unknown(_) => Value::Null,
    }
}

/// Returns the fingerprint of an issue's value of a field, as the base keeps it.
pub(crate) fn jira_fingerprint(name: &FieldName, issue: &IssueSnapshot, settings: &Settings) -> String {
    match name.jira(settings) {
        Some(JiraField::Status) => fingerprint(&state::jira_value(issue, settings)),
        Some(other) => issue.fingerprint(other),
        None => fingerprint(&Value::Null),
    }
}
