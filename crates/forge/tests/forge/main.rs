//! The Forge core on an in-memory platform that can stop at any call.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod access;
mod admin;
mod articles;
mod audit_log;
mod connection;
mod costs;
mod descriptions;
mod erasure;
mod events;
mod exchange;
mod fan_out;
mod fields;
mod files;
mod installation;
mod lifecycle;
mod linked_issues;
mod overview;
mod panel;
mod panel_acts;
mod privacy;
mod properties;
mod queries;
mod queue;
mod refused_calls;
mod restore;
mod rounds;
mod service;
mod settings;
mod state_machine;
mod stored_data;
mod support;
mod upgrade;
mod workflows;
