//! The Forge core on an in-memory platform that can fail at any call.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod admin;
mod articles;
mod events;
mod exchange;
mod fields;
mod files;
mod jira;
mod memory;
mod settings;
mod state_machine;
mod workflows;
