//! The sidecar: next to Zammad, inside the customer's network. Folders say where a datum is on its way:
//!
//! - `http`: webhooks and health pages come in
//! - `outbound`: Zammad → Jira (`worker` → `visit` → boundary → outbox → `exchange` → `outcome`)
//! - `inbound`: Jira → Zammad (`admit` → `apply`); a change of fields only rechecks, and the next visit merges it
//! - `visit`: what is done at a ticket while it is leased: both sides are looked at and brought together
//! - `reconcile`: what no event told (`sweep`, `drift`), and `backfill`
//! - `egress`: the one way out; `config`: settings; `cli`: verbs; `telemetry`: logs

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
mod settings_cache;
pub mod egress;
pub mod health;
pub mod http;
mod inbound;
pub mod lifecycle;
mod outbound;
pub mod reconcile;
pub mod telemetry;
mod visit;
