//! The sidecar: next to Zammad, inside the customer's network. Folders say where a datum is on its way:
//!
//! - `http`: webhooks and health pages come in
//! - `outbound`: Zammad → Jira (`worker` → `translate` → boundary → outbox → `exchange`)
//! - `inbound`: Jira → Zammad (`admit` → `apply`)
//! - `egress`: the one way out; `config`: settings; `cli`: verbs; `telemetry`: logs

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod egress;
pub mod health;
pub mod http;
mod inbound;
pub mod lifecycle;
mod outbound;
pub mod telemetry;
