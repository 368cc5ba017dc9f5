//! Automation rules: selects the rule that applies to a ticket, for real or as a dry run.

use schema::Bucket;
use schema::settings::{Condition, Rule};
use schema::zammad_ids::state_type;

use crate::fields::has_tag;
use crate::snapshots::Ticket;

/// Returns the bucket of a state by its state type id (docs/platforms/zammad.md §2); names and ids of states are the
/// customer's own.
#[must_use]
pub const fn bucket(state_type: u64) -> Bucket {
    match state_type {
        state_type::PENDING_REMINDER | state_type::PENDING_ACTION => Bucket::Pending,
        state_type::CLOSED | state_type::MERGED | state_type::REMOVED => Bucket::Closed,
        _ => Bucket::Open,
    }
}

/// Returns the first rule whose conditions all hold. `only_enabled` skips disabled rules; a dry run includes them.
#[must_use]
pub fn matching<'r>(rules: &'r [Rule], ticket: &Ticket, only_enabled: bool) -> Option<&'r Rule> {
    rules
        .iter()
        .filter(|rule| rule.enabled || !only_enabled)
        .find(|rule| !rule.when.is_empty() && rule.when.iter().all(|condition| holds(condition, ticket)))
}

fn holds(condition: &Condition, ticket: &Ticket) -> bool {
    match condition {
        Condition::Tag(tag) => has_tag(&ticket.tags, tag),
        Condition::Group(id) => ticket.group == *id,
        Condition::Priority(id) => ticket.priority == *id,
        Condition::Bucket(wanted) => bucket(ticket.state_type) == *wanted,
    }
}
