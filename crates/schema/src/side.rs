//! The two systems.

use serde::{Deserialize, Serialize};

/// One of the two systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The helpdesk.
    Zammad,
    /// The issue tracker.
    Jira,
}
