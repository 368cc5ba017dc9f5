//! The current values of both sides.

use std::collections::{BTreeMap, BTreeSet};

use schema::{IssueSnapshot, UnixMs};
use serde_json::Value;

/// The synced fields of a ticket, as read from Zammad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticket {
    /// Title.
    pub title: String,
    /// State id.
    pub state: u64,
    /// The state's type (docs/platforms/zammad.md §2).
    pub state_type: u64,
    /// Priority id.
    pub priority: u64,
    /// Owner's user id; `None` if unassigned.
    pub owner: Option<u64>,
    /// Zammad removed the owner by itself; no agent unassigned them.
    pub owner_taken_away: bool,
    /// Group id.
    pub group: u64,
    /// Customer's user id.
    pub customer: u64,
    /// Tags; empty if they do not sync.
    pub tags: BTreeSet<String>,
    /// Custom attributes by name.
    pub attributes: BTreeMap<String, Value>,
    /// Zammad's time of the last change.
    pub changed_at: UnixMs,
}

/// The synced fields of an issue, as last received from Forge.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// The fields.
    pub snapshot: IssueSnapshot,
    /// Jira's time of the last change.
    pub changed_at: UnixMs,
}
