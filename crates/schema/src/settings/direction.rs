//! The direction in which a field, or one pair of values, syncs.

use serde::{Deserialize, Serialize};

/// The direction in which a field syncs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// In both directions.
    Both,
    /// Zammad → Jira only.
    ToJira,
    /// Jira → Zammad only.
    ToZammad,
    /// Not at all.
    #[default]
    Off,
}

impl Direction {
    /// Whether Jira may be written.
    #[must_use]
    pub const fn to_jira(self) -> bool {
        matches!(self, Self::Both | Self::ToJira)
    }

    /// Whether Zammad may be written.
    #[must_use]
    pub const fn to_zammad(self) -> bool {
        matches!(self, Self::Both | Self::ToZammad)
    }

    /// The same direction without writes to Jira.
    #[must_use]
    pub const fn without_jira(self) -> Self {
        if self.to_zammad() { Self::ToZammad } else { Self::Off }
    }
}
