//! The Forge half's logic: everything that the app decides, as async functions over a [`Platform`].
//!
//! It knows of time, storage, Jira and randomness only what `Platform` hands in, holds no state between two
//! invocations, and reads every stored value back through a check of the installation it belongs to
//! (ARCHITECTURE.md, invariant 9). The way of a datum:
//!
//! - sidecar → Jira: [`web_trigger`] → `exchange` opens and reads → `messages` apply → a signed reply
//! - Jira → sidecar: [`jira_event`] → `events` reads what changed → `commands` queues → the next exchange brings it
//! - admin: [`admin`] makes, rotates and retires the shared secret, and sets what syncs how
//! - people in Jira: [`panel`] asks for links and ends them, as far as they may edit the issue

mod adf;
mod admin;
mod audit;
mod commands;
mod config;
mod effects;
mod events;
mod exchange;
mod files;
mod issue;
mod jira;
mod join;
mod json;
mod keys;
mod links;
mod messages;
mod panel;
mod platform;
mod records;
mod seen;
mod settings;
#[cfg(target_family = "wasm")]
mod shell;
mod time;
mod transitions;
mod typed;

pub use admin::admin;
pub use effects::Invocation;
pub use events::jira_event;
pub use exchange::{WebRequest, WebResponse, web_trigger};
pub use panel::panel;
pub use platform::{
    Entry, JiraAnswer, JiraCall, Level, Page, Platform, PlatformError, PrincipalKind, SetOptions, Upload,
};

/// The version both halves are released under.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Older sidecars are told to send only `hello` (docs/protocol.md §5).
pub const MIN_SIDECAR: &str = "0.1.0";
