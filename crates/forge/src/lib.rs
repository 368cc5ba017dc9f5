//! The logic of the Forge app, as async functions over the trait [`Platform`].
//!
//! Time, storage, Jira and randomness are available through `Platform` only. The crate keeps no state between invocations, and
//! checks for every stored value that it belongs to the installation of the invocation (ARCHITECTURE.md, invariant 9). The
//! entry points:
//!
//! - [`web_trigger`], sidecar → Jira: `exchange` verifies and reads the request, `messages` applies it, the reply is signed
//! - [`jira_event`], Jira → sidecar: `events` reads the changed state, `commands` queues it, the next exchange delivers it
//! - [`admin`]: creates, rotates and retires the shared secret, writes the settings, and fulfils the duties towards people whose data is stored
//! - [`lifecycle`], [`scheduled`], [`pre_uninstall`]: after an installation or upgrade, once a day, before the end
//! - [`panel`]: shows an issue's tickets; users who may edit the issue request and end its links
//! - [`overview`]: counts over the linked issues of the projects that a user may browse

mod access;
mod acks;
mod adf;
mod admin;
mod admin_calls;
mod audit;
mod audit_log;
mod choices;
mod clear;
mod commands;
mod comments;
mod config;
mod connection;
mod contact;
mod csv;
mod delivery;
mod effects;
mod events;
mod exchange;
mod failed_commands;
mod fan_out;
mod files;
mod flag;
mod impact;
mod input;
mod issue;
mod issue_commands;
mod jira;
mod join;
mod json;
mod keys;
mod licence;
mod lifecycle;
mod links;
mod messages;
mod meter;
mod overview;
mod panel;
mod people_list;
mod person_erasure;
mod platform;
mod points;
mod preflight;
mod privacy;
mod queue_mark;
mod records;
mod refusals;
mod releases;
mod resolver;
mod seen;
mod service;
mod settings_history;
mod settings_page;
mod setup_text;
#[cfg(target_family = "wasm")]
mod shell;
mod sidecar_info;
mod snapshots;
mod stored;
mod transitions;
mod turn;
mod version;
mod written;

pub use admin::admin;
pub use admin_calls::{ADMIN_CALLS, FieldType};
pub use effects::Invocation;
pub use events::jira_event;
pub use exchange::{WebRequest, WebResponse, web_trigger};
pub use lifecycle::{lifecycle, pre_uninstall, scheduled};
pub use meter::Meter;
pub use overview::overview;
pub use panel::panel;
pub use platform::{
    AccountState, Entry, JiraCall, JiraResponse, Page, Platform, PlatformError, PrincipalKind, RateLimit, SetOptions,
    Upload,
};
pub use stored::{KINDS, Lifetime, Personal, Place, StoredKind};
pub use version::{MIN_SIDECAR, VERSION};
