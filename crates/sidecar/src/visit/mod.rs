//! Processes one ticket while its lease is held: reads both sides as they are now and brings them together. The result does
//! not depend on what caused the visit. Writes to Zammad are made here; writes to Jira go to the outbox, in the transaction
//! that ends the notifications.
//!
//! 1. `worker` leases a ticket, `run` reads it.
//! 2. `missing`: Zammad says that the ticket does not exist. `lifecycle`: the ticket was merged, or is out of scope.
//! 3. `fields`: the three-way merge. `owner`: whether an agent removed the owner. `demands`: which attributes Zammad misses.
//!    `resting`: which fields go back and forth. `troubles`: which are out of sync. `done`: the notes about a done issue.
//! 4. `articles` and `files`: new, edited and deleted articles. `resend`: those that failed on one issue. `earlier`: those that
//!    went along as one text when the link was made.
//! 5. `panel`: the ticket's snapshot for Jira.
//!
//! A ticket without a link may continue a linked one (`follow_up`). Otherwise it is matched against `rules`, which
//! `ticket::brake` limits. `context` has what all of these steps share.

mod articles;
mod context;
mod demands;
mod done;
mod earlier;
mod fields;
mod files;
mod follow_up;
#[cfg(test)]
mod large_tests;
mod lifecycle;
mod missing;
mod owner;
mod panel;
mod resend;
mod resting;
mod rules;
mod run;
mod troubles;
#[cfg(test)]
mod verdict_tests;
mod worker;

pub use context::Visitor;
pub(crate) use rules::matching_rule;
pub use worker::Worker;
