//! Processes one ticket while its lease is held: reads both sides as they are now and brings them together. The result does
//! not depend on what caused the visit. Writes to Zammad are made here; writes to Jira go to the outbox, in the transaction
//! that ends the notifications.
//!
//! `worker` leases a ticket → `run` reads it → `lifecycle` (is there still a link to sync?) → `fields` (three-way merge; `owner`: did an agent remove the owner? `demands`:
//! which attributes does Zammad miss? `resting`: which fields go back and forth?)
//! → `articles` and `files` (new, edited and deleted articles; `resend`: those that failed on one issue) → `panel` (the ticket's snapshot for Jira). A ticket without
//! a link may continue a linked one (`follow_up`); otherwise it is only matched against `rules`, limited by `ticket::brake`; one that Zammad says does not exist is a case for `missing`. `context` is what all of these steps share.

mod articles;
mod context;
mod demands;
mod done;
mod fields;
mod files;
mod follow_up;
mod lifecycle;
mod missing;
mod owner;
mod panel;
mod resend;
mod resting;
mod rules;
mod run;
mod troubles;
mod worker;

pub use context::Visitor;
pub(crate) use rules::matching_rule;
pub use worker::Worker;
