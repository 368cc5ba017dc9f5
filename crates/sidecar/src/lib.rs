//! The sidecar: it runs next to Zammad, inside the customer's network. Data flows in one direction per folder, and imports
//! only go downwards (ARCHITECTURE.md, "Arrows"):
//!
//! - `http`: receives webhooks and answers health checks
//! - `visit`: processes one ticket while its lease is held: reads both sides and brings them together
//! - `exchange`: the signed conversation with Forge, the only way out of the network
//! - `inbound`: applies Jira's commands
//! - `reconcile`: finds changes that nothing reported
//! - `ticket`: the ground floor: what is read of a ticket and an issue, and the texts made of it
//! - `app`: creates and starts everything; `cli`: command-line verbs
//! - `config`: the operator's settings; `settings`: the admin's; `env`, `health`, `lifecycle`,
//!   `telemetry`: shared by all

pub mod app;
pub mod cli;
pub mod config;
pub mod cores;
pub mod env;
pub mod exchange;
pub mod health;
pub mod http;
mod inbound;
pub mod lifecycle;
pub mod reconcile;
pub mod settings;
#[cfg(test)]
mod support;
pub mod telemetry;
pub mod ticket;
mod visit;
