//! What happens by itself: which rule would act on a ticket. Asked for real and in a dry run alike.

use schema::Bucket;
use schema::settings::{Condition, Rule};

use crate::reading::Ticket;

/// The bucket of a state, by its type: names and ids are the customer's own.
#[must_use]
pub const fn bucket(state_type: u64) -> Bucket {
    match state_type {
        3 | 4 => Bucket::Pending,
        5..=7 => Bucket::Closed,
        _ => Bucket::Open,
    }
}

/// The first rule whose conditions all hold. `only_enabled`: as it acts; otherwise as a dry run of the others would.
#[must_use]
pub fn matching<'r>(rules: &'r [Rule], ticket: &Ticket, only_enabled: bool) -> Option<&'r Rule> {
    rules
        .iter()
        .filter(|rule| rule.enabled || !only_enabled)
        .find(|rule| !rule.when.is_empty() && rule.when.iter().all(|condition| holds(condition, ticket)))
}

fn holds(condition: &Condition, ticket: &Ticket) -> bool {
    match condition {
        Condition::Tag(tag) => ticket.tags.contains(tag),
        Condition::Group(id) => ticket.group == *id,
        Condition::Priority(id) => ticket.priority == *id,
        Condition::Bucket(wanted) => bucket(ticket.state_type) == *wanted,
    }
}
