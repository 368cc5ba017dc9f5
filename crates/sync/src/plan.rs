//! What a merge says shall be done.

use std::collections::{BTreeMap, BTreeSet};

use schema::{StatusWanted, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::{Intents, Pair};

/// One of the two systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The helpdesk.
    Zammad,
    /// The issue tracker.
    Jira,
}

/// A field of the ticket to write.
#[derive(Clone, Debug, PartialEq)]
pub enum TicketWrite {
    /// Title.
    Title(String),
    /// State, with `pending_time` where its type needs one.
    State(u64, Option<UnixMs>),
    /// Priority.
    Priority(u64),
    /// Owner; `None` is nobody.
    Owner(Option<u64>),
    /// Tags to add and to remove.
    Tags {
        /// To add.
        add: BTreeSet<String>,
        /// To remove.
        remove: BTreeSet<String>,
    },
    /// A custom attribute.
    Attribute(String, Value),
}

/// Fields of the issue to write.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JiraWrites {
    /// Values by Jira's field id, as Jira takes them.
    pub fields: BTreeMap<String, Value>,
    /// Status to reach.
    pub status: Option<StatusWanted>,
    /// Prints of what Jira held when this was planned, by Jira's field id.
    pub expected: BTreeMap<String, String>,
}

impl JiraWrites {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.status.is_none()
    }
}

/// Both sides had changed; one value was carried, the other overwritten.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// Field.
    pub field: String,
    /// Whose value was carried.
    pub winner: Side,
    /// Zammad's value.
    pub zammad: Value,
    /// Jira's value.
    pub jira: Value,
}

/// Why a field was left as it is although one side changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The value has no counterpart in the mapping, or the person none in the identity map.
    Unmapped,
    /// The owner went with a move to a group that they cannot see: nobody unassigned them.
    OwnerLostByMove,
    /// Zammad answered with success and stored nobody: the person has no access to the ticket's group.
    OwnerWithoutAccess,
    /// Zammad stored another value than it was given.
    NotStored,
}

impl Reason {
    /// A word for lists.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unmapped => "unmapped",
            Self::OwnerLostByMove => "owner-lost-by-move",
            Self::OwnerWithoutAccess => "owner-without-access",
            Self::NotStored => "not-stored",
        }
    }
}

/// A field left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Field.
    pub field: String,
    /// Why.
    pub reason: Reason,
    /// What there is no counterpart for: an id of a user, state, priority. Never words of a ticket.
    pub detail: Option<String>,
}

/// What to do for a link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Writes for Zammad, by field.
    pub zammad: BTreeMap<String, TicketWrite>,
    /// Writes for Jira.
    pub jira: JiraWrites,
    /// For each field written to Jira, the print of Zammad's value.
    pub intended: BTreeMap<String, String>,
    /// Pairs accepted without a write.
    pub accepted: BTreeMap<String, Pair>,
    /// Conflicts that the writes decide.
    pub conflicts: Vec<Conflict>,
    /// Fields left alone, with the reason.
    pub left: Vec<Left>,
    /// The ticket's group, for the next base.
    pub group: u64,
}

impl Plan {
    /// Whether nothing is to be written on either side.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zammad.is_empty() && self.jira.is_empty()
    }

    /// This plan without its writes for Jira, which will be planned anew.
    #[must_use]
    pub(crate) fn without_jira(mut self) -> Self {
        self.conflicts.retain(|conflict| conflict.winner == Side::Jira);
        self.jira = JiraWrites::default();
        self.intended.clear();
        self
    }

    /// This plan while other writes are on their way to Jira: nothing more for Jira, and nothing at all for the fields
    /// that are being written.
    #[must_use]
    pub fn while_in_flight(mut self, intents: &Intents) -> Self {
        self.conflicts.retain(|conflict| !intents.fields.contains_key(&conflict.field));
        self.zammad.retain(|field, _| !intents.fields.contains_key(field));
        self.accepted.retain(|field, _| !intents.fields.contains_key(field));
        self.without_jira()
    }
}

/// What follows from a write: pairs for the base, and what was not taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// New pairs.
    pub pairs: BTreeMap<String, Pair>,
    /// Fields that were not taken: field, code, detail.
    pub refused: Vec<(String, String, Option<String>)>,
    /// Fields that hold what was asked for.
    pub written: Vec<String>,
}
