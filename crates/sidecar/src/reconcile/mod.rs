//! Finds changes that no webhook and no event reported. Zammad stops delivering a webhook after 108 s, Forge may lose events,
//! and some changes cause neither.
//!
//! - `sweep`: tickets that changed in Zammad since the last run; once a minute
//! - `drift`: the ticket of every link; once a day
//! - `changed_issues`: linked issues that changed, by Jira's search; once an hour
//! - `all_issues`: the issue of every link; once a week
//! - `backfill`: every link on both sides; when an operator asks
//! - `status`: tells the admin page about this sidecar and the helpdesk's names; when an admin asks
//! - `people`: searches accounts for users that are not mapped, as suggestions for an admin
//!
//! - `existence`: which linked tickets were deleted, or are there again; every few minutes
//! - `probe`: whether Zammad can be used and the bot has its rights; every few seconds
//!
//! The first five only request visits, or the issue's snapshot from Forge. The visits find and write the differences, as after
//! any webhook. `version` knows which versions of Zammad are supported, `periodic` runs these tasks, `question` builds their messages
//! to Forge and reads the answers.

mod all_issues;
mod backfill;
mod changed_issues;
mod drift;
mod error;
mod existence;
mod people;
mod periodic;
mod probe;
mod question;
mod status;
mod sweep;
mod version;

pub use all_issues::AllIssues;
pub use backfill::{Backfill, Item, Outcome, Progress};
pub use changed_issues::ChangedIssues;
pub use drift::{Drift, DriftPace};
pub use error::ReconcileError;
pub use existence::Existence;
pub use people::People;
pub use periodic::run;
pub use probe::Probe;
pub use status::Status;
pub use sweep::{OverlapWindow, Sweep, SweepPace, Swept};
