//! Simulators of the two systems that the connector joins, for tests and for trying things out. Never shipped.
//!
//! They imitate contracts, not our client: status codes, texts, shapes and timing are those recorded from real servers
//! (`zammad_sim`) or published (`jira_sim`).
//!
//! * `clock`, `entropy`: time and randomness as arguments
//! * `faults`: what goes wrong on demand
//! * `zammad_sim`: Zammad
//! * `jira_sim`: Jira Cloud
//! * `sample`: people, tickets and issues to start with
//! * `cli`: the simulators as programs; `dev`: everything to play with; `bench`: measurements of the shipped binary
//! * `harness`: all of it together, with the real bundle and the real sidecar
//! * `http`, `outbox`, `outgoing`, `page`: what both share

mod bench;
pub mod cli;
pub mod clock;
mod dev;
mod entropy;
pub mod faults;
pub mod harness;
mod http;
pub mod jira_sim;
mod outbox;
mod outgoing;
mod page;
pub mod sample;
pub mod zammad_sim;

pub use outbox::DeliveryStatus;
