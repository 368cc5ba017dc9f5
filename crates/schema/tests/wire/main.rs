//! The wire, pinned: golden JSON of every kind, JSON Schema, and what a reader does with anything else.
#![expect(clippy::unwrap_used, reason = "tests")]

mod golden;
mod json_schema;
mod reading;
mod samples;
mod settings;
