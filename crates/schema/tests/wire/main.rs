//! The wire format: golden JSON of every kind, JSON Schema, and how a reader handles everything else.
#![expect(clippy::unwrap_used, reason = "tests")]

mod golden;
mod json_schema;
mod reading;
mod settings;
mod support;
mod time;
