//! The simulators held against recordings and contracts, over real HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod faults;
mod jira;
mod pages;
mod player;
mod receiver;
mod recorded;
mod unify;
mod webhooks;
mod wire;
