//! The environments of Forge, which are the stages of a release.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// In the order of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Environment {
    /// Our own test site.
    Development,
    /// Our own site, used daily.
    Staging,
    /// Every customer.
    Production,
}

impl Environment {
    /// The stage that comes before.
    pub(super) const fn before(self) -> Option<Self> {
        match self {
            Self::Development => None,
            Self::Staging => Some(Self::Development),
            Self::Production => Some(Self::Staging),
        }
    }
}

/// As the argument `-e` of the Forge CLI.
impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        })
    }
}
