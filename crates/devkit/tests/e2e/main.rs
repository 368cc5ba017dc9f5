//! End to end: the real `connector` binary, the real Forge bundle in the emulator, the simulators, over real sockets.
//! The tests need `cargo xtask wasm`, `cargo xtask forge-app` and
//! `cargo build -p sidecar --bins` to have run; `cargo xtask test` sees to it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod big_tickets;
mod both_ways;
mod clock;
mod configuration;
mod connection;
mod demands;
mod described;
mod durable;
mod envelope_at_forge;
mod fields;
mod files;
mod instances;
mod jira_js;
mod kill;
mod kinds;
mod lifecycle;
mod many_tickets;
mod pages;
mod payload;
mod people;
mod poison;
mod privacy;
mod queue;
mod refusals;
mod returns;
mod rotation;
mod rule_limits;
mod rules;
mod server_refuses;
mod silent;
mod sizes;
mod spellings;
mod storm;
mod support;
