//! The notes that tell agents that an issue is done.

use serde::{Deserialize, Serialize};

/// When an issue counts as done for those who wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DoneMoment {
    /// When its status is done.
    #[default]
    Done,
    /// When all its fix versions are released. Until then an internal note names the versions. An issue without fix versions
    /// counts as released, and one that was not solved is not waited for.
    Released,
}

/// Settings of the notes about issues that are done. `followers` says more about the notes of followers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DoneNotes {
    /// Whether the oldest ticket of the issue gets an internal note with status and resolution.
    pub primary: bool,
    /// When the notes are written, for all tickets.
    pub at: DoneMoment,
}

impl Default for DoneNotes {
    fn default() -> Self {
        Self { primary: true, at: DoneMoment::Done }
    }
}
