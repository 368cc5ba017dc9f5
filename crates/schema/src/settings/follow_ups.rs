//! New tickets that continue a linked one.

use serde::{Deserialize, Serialize};

/// The treatment of a new ticket that continues a linked one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FollowUp {
    /// It is linked to the same issues.
    Link,
    /// An internal note names the issues, so that an agent can decide.
    Note,
    /// Nothing.
    Off,
}

/// Settings for new tickets that continue a linked one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct FollowUps {
    /// The customer answered a mail of a linked ticket, and Zammad made a new ticket of the answer, as the group's setting for
    /// follow-ups says.
    pub answers: FollowUp,
    /// The new ticket is linked with a linked ticket in Zammad, for example since an agent split it off.
    pub related: FollowUp,
}

impl FollowUps {
    /// Whether new tickets are looked at at all.
    #[must_use]
    pub fn is_on(self) -> bool {
        self.answers != FollowUp::Off || self.related != FollowUp::Off
    }
}

impl Default for FollowUps {
    fn default() -> Self {
        Self { answers: FollowUp::Link, related: FollowUp::Note }
    }
}
