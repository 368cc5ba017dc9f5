//! Plans the writes that bring a ticket and its issue into agreement: a pure three-way merge (docs/sync-rules.md).
//!
//! Input: the current values of both sides, the last agreed values and the admin's settings. Output: a [`Plan`] of writes.
//! The crate uses no clock, no randomness and no I/O. Its files from bottom to top:
//!
//! - [`Ticket`] and [`Issue`]: the current values of both sides (`snapshots`)
//! - [`Base`]: for each field the pair of values that was last accepted, as fingerprints (`base`)
//! - `three_way`: the decision for one field: nothing to do, accept both values, or write one side
//! - `fields/`: one file per field: when two values agree, and how each maps to the other side
//! - [`merge`]: all fields of a link → [`Plan`]
//! - `outcome`: compares the result of the writes with the plan and derives the next base
//! - [`reconcile`]: one step of a link over time, as the sidecar runs it
//! - [`rules`]: which automation rule applies to a ticket
//!
//! The base holds pairs, not values: a ticket *pending reminder* and an issue *In Progress* may be accepted together, and
//! each side has changed only if it differs from its own part of the pair. So a mapping may lose detail, a title may be cut,
//! and a system may store a different value than it received, and the two sides still do not overwrite each other endlessly
//! (docs/adr/0005-pairs-as-base.md).

mod base;
mod detail;
mod fields;
mod merge;
mod names;
mod outcome;
mod plan;
mod policy;
mod reconcile;
pub mod rules;
mod snapshots;
mod three_way;

pub use base::{Base, Intents, Pair};
pub use detail::{Detail, NotAValue, UnmappedPerson};
pub use fields::has_tag;
pub use fields::title::cut;
pub use merge::merge;
pub use names::FieldName;
pub use outcome::{after_jira, after_refusal, after_zammad};
pub use plan::{Conflict, JiraWrites, Plan, Reason, Settled, Skipped, TicketWrite};
pub use policy::{Policy, Role, StateInfo};
pub use reconcile::{Answered, ApplyOutcome, Memory, Reconciled, reconcile};
pub use snapshots::{Issue, Ticket};
