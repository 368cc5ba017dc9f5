//! Finds changes that no webhook and no event reported. Zammad stops delivering a webhook after 108 s, Forge may lose events,
//! and some changes cause neither.
//!
//! - `sweep`: tickets that changed in Zammad since the last run; once a minute
//! - `drift`: every link on both sides; once a day
//! - `backfill`: every link on both sides; when an operator asks
//! - `people`: searches accounts for users that are not mapped, as suggestions for an admin
//!
//! - `existence`: which linked tickets were deleted, or are there again; every few minutes
//! - `probe`: whether Zammad can be used and the bot has its rights; every few seconds
//!
//! The first three only request visits, or the snapshot from Forge. The visits find and write the differences, as after
//! any webhook. `version` knows which versions of Zammad are supported, `periodic` runs these tasks, `question` builds their messages to Forge.

mod backfill;
mod drift;
mod error;
mod existence;
mod people;
mod periodic;
mod probe;
mod question;
mod sweep;
mod version;

pub use backfill::{Backfill, Item, Outcome, Progress};
pub use drift::{Drift, DriftPace};
pub use error::ReconcileError;
pub use existence::Existence;
pub use people::People;
pub use periodic::run;
pub use probe::Probe;
pub use sweep::{OverlapWindow, Sweep, SweepPace, Swept};
