//! The Forge core on an in-memory platform that can fail at any call.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod admin;
mod articles;
mod costs;
mod events;
mod exchange;
mod fields;
mod files;
mod jira;
mod life;
mod memory;
mod queries;
mod settings;
mod state_machine;
mod workflows;
