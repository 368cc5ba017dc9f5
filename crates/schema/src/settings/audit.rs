//! The audit log of the Forge app.

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, Validate};

/// Settings for the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Audit {
    /// How many entries are kept, the newest ones, 1 to 10,000.
    pub entries: u32,
}

impl Default for Audit {
    fn default() -> Self {
        Self { entries: 1_000 }
    }
}

impl Validate for Audit {
    fn validate(&self) -> Result<(), Invalid> {
        if (1..=10_000).contains(&self.entries) {
            Ok(())
        } else {
            Err(Invalid { field: "audit.entries", rule: "out-of-range" })
        }
    }
}
