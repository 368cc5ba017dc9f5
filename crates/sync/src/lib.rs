//! What a link's two sides shall become: a pure three-way merge. No clock, no randomness, no I/O; a reviewer can read it
//! in an hour, from top to bottom:
//!
//! - [`Ticket`] and [`schema::IssueSnapshot`]: what both sides hold now (`reading`)
//! - [`Base`]: for each field the pair of values that was last accepted, as prints (`base`)
//! - `three_way`: one field's decision — settled, accept, write this side, leave alone
//! - `fields/`: one file a field: when two values agree, and what one becomes on the other side
//! - [`merge`]: all fields of a link → [`Plan`]
//! - `outcome`: what was really written, and the base that follows from it
//! - [`look`]: a link over time, as the sidecar's worker runs it
//! - [`rules`]: what happens by itself
//!
//! The base holds pairs, not values: a ticket *pending reminder* and an issue *In Progress* may be accepted together, and
//! only a change of either against its own half of the pair is a change. So a mapping may lose detail, a title may be cut,
//! and a system may store another value than it was given, without the two sides pushing each other for ever.

mod base;
mod fields;
mod link;
mod merge;
mod outcome;
mod plan;
mod policy;
mod reading;
pub mod rules;
mod three_way;

pub use base::{Base, Intents, Pair};
pub use fields::title::cut;
pub use link::{Answered, Look, Memory, Word, look};
pub use merge::merge;
pub use outcome::{after_jira, after_refusal, after_zammad};
pub use plan::{Conflict, JiraWrites, Left, Plan, Reason, Settled, Side, TicketWrite};
pub use policy::{Policy, Role, StateInfo};
pub use reading::{Issue, Ticket};
