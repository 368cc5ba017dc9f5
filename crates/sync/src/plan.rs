//! The result of a merge: the writes for both sides, and the fields that are left as they are.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Side, TargetStatus, UnixMs};
use serde_json::Value;

use crate::base::{Intents, Pair};
use crate::detail::Detail;
use crate::names::FieldName;

/// A field of the ticket to write.
#[derive(Clone, Debug, PartialEq)]
pub enum TicketWrite {
    /// Title.
    Title(String),
    /// State, with `pending_time` where its type needs one.
    State(u64, Option<UnixMs>),
    /// Priority.
    Priority(u64),
    /// Owner; `None` unassigns the ticket.
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
    /// Values by Jira's field id, in the form of Jira's edit API.
    pub fields: BTreeMap<String, Value>,
    /// Status to reach.
    pub status: Option<TargetStatus>,
    /// Fingerprints of Jira's values when this was planned, by Jira's field id.
    pub expected: BTreeMap<String, String>,
}

impl JiraWrites {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.status.is_none()
    }
}

/// A field that both sides had changed: one value is kept, the other is overwritten.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// Field.
    pub field: FieldName,
    /// The side whose value is kept.
    pub winner: Side,
    /// Zammad's value.
    pub zammad: Value,
    /// Jira's value.
    pub jira: Value,
}

/// Why a field is left as it is although one side changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The mapping has no value for it, or the identity map no pair for the person.
    Unmapped,
    /// Zammad removed the owner when the ticket moved to a group that they cannot access; no agent unassigned them.
    OwnerLostByMove,
    /// Zammad removed the owner by itself: after the group's assignment timeout or a follow-up, or because the agent was
    /// deactivated or lost the group. No agent unassigned them.
    OwnerTakenAway,
    /// Zammad responded with success and stored no owner: the person has no access to the ticket's group.
    OwnerWithoutAccess,
    /// Zammad refuses every change of the ticket while attributes that it demands are empty; `detail` names them.
    ZammadDemands,
    /// Zammad does not allow the value on this ticket now: a core workflow excludes it; `detail` names the attribute.
    ZammadExcludes,
    /// Zammad stored a different value than it received.
    NotStored,
    /// Both sides changed the field back and forth, as two automations do that disagree.
    BackAndForth,
}

impl Reason {
    /// The code in the store, in lists and on the command line.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unmapped => "unmapped",
            Self::OwnerLostByMove => "owner-lost-by-move",
            Self::OwnerTakenAway => "owner-taken-away",
            Self::OwnerWithoutAccess => "owner-without-access",
            Self::ZammadDemands => "zammad-demands",
            Self::ZammadExcludes => "zammad-excludes",
            Self::NotStored => "not-stored",
            Self::BackAndForth => "back-and-forth",
        }
    }
}

/// A field that is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Field.
    pub field: FieldName,
    /// Why.
    pub reason: Reason,
    /// The value without a mapping, or the attributes that are the reason.
    pub detail: Option<Detail>,
}

/// The writes for one link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Writes for Zammad, by field.
    pub zammad: BTreeMap<FieldName, TicketWrite>,
    /// Writes for Jira.
    pub jira: JiraWrites,
    /// For each field written to Jira, the fingerprint of Zammad's value.
    pub intended: BTreeMap<FieldName, String>,
    /// Pairs that are accepted without a write.
    pub accepted: BTreeMap<FieldName, Pair>,
    /// Conflicts that the writes resolve.
    pub conflicts: Vec<Conflict>,
    /// Fields that are left as they are, with the reason.
    pub skipped: Vec<Skipped>,
    /// The ticket's group, for the next base.
    pub group: u64,
}

impl Plan {
    /// Whether there is nothing to write on either side.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zammad.is_empty() && self.jira.is_empty()
    }

    /// Returns this plan without its writes for Jira; a later merge plans them again.
    #[must_use]
    pub(crate) fn without_jira(mut self) -> Self {
        self.conflicts.retain(|conflict| conflict.winner == Side::Jira);
        self.jira = JiraWrites::default();
        self.intended.clear();
        self
    }

    /// Returns the part of this plan that is allowed while other writes are on their way to Jira: nothing for Jira, and
    /// nothing for the fields that those writes change.
    #[must_use]
    pub fn while_in_flight(mut self, intents: &Intents) -> Self {
        self.conflicts.retain(|conflict| !intents.fields.contains_key(&conflict.field));
        self.zammad.retain(|field, _| !intents.fields.contains_key(field));
        self.accepted.retain(|field, _| !intents.fields.contains_key(field));
        self.without_jira()
    }
}

/// The result of a write: new pairs for the base, and the fields that were refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// New pairs.
    pub pairs: BTreeMap<FieldName, Pair>,
    /// Fields that were refused: field, code, detail.
    pub refused: Vec<(FieldName, String, Option<String>)>,
    /// Fields that now hold the written value.
    pub written: Vec<FieldName>,
}
