//! Simulators of the two systems that the connector links, for tests and for development. Never shipped.
//!
//! They follow contracts, not our client: status codes, texts, forms and timing are those recorded from real servers
//! (`zammad_sim`) or published (`jira_sim`).
//!
//! * `clock`, `entropy`: time and randomness as arguments
//! * `faults`: faults on demand
//! * `zammad_sim`: Zammad
//! * `jira_sim`: Jira Cloud
//! * `sample`: sample data: people, tickets and issues
//! * `cli`: the command line; `dev`: the development environment; `bench`: measurements of the shipped binary
//! * `harness`: the simulators together with the real Forge bundle and the real sidecar
//! * `http`, `outbox`, `outgoing`, `page`: parts that both simulators share

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

pub use outbox::{DeliveryStatus, WaitingJobs};
