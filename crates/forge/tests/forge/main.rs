//! The Forge core on an in-memory platform that can fail at any call.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod admin;
mod events;
mod exchange;
mod memory;
mod state_machine;
