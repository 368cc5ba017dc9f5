//! Mapping tables: lists of pairs of values. Two values in one pair agree, so several values may agree with one. A write
//! uses the first pair with the value.

use serde::{Deserialize, Serialize};

use super::direction::Direction;
use crate::limits::{Invalid, KEY, Validate, non_empty, positive};
use crate::macros::wire;

wire! {
    /// Selects Zammad states: one by id, or all of a type. Names are the customer's own and ids may differ between versions;
    /// types are the same everywhere (docs/platforms/zammad.md §2).
    pub struct StateSelector {
        /// State id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub id: Option<u64>,
        /// State type id: 1 new, 2 open, 3 pending reminder, 4 pending action, 5 closed, 6 merged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub type_id: Option<u64>,
    }
}

wire! {
    /// Selects Jira statuses: one by id, or all of a category.
    pub struct StatusSelector {
        /// Status id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub id: Option<String>,
        /// Category key: `new`, `indeterminate` or `done`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub category: Option<String>,
        /// Resolution id. Jira → Zammad: only issues with this resolution are selected, before pairs that name none. Zammad →
        /// Jira: the transition sets this resolution.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resolution: Option<String>,
    }
}

wire! {
    /// A state and a status that agree.
    pub struct StatePair {
        /// Zammad's state.
        pub zammad: StateSelector,
        /// Jira's status.
        pub jira: StatusSelector,
        /// The directions in which the pair is used. Values of a pair agree in either case.
        #[serde(default = "both")]
        pub direction: Direction,
    }
}

const fn both() -> Direction {
    Direction::Both
}

wire! {
    /// Two priorities that agree, by id.
    pub struct PriorityPair {
        /// Zammad's priority id.
        pub zammad: u64,
        /// Jira's priority id.
        pub jira: String,
    }
}

impl StateSelector {
    /// Selects all states of a type.
    #[must_use]
    pub const fn of_type(type_id: u64) -> Self {
        Self { id: None, type_id: Some(type_id) }
    }

    /// Whether this selects a state with this id and type.
    #[must_use]
    pub fn matches(&self, id: u64, type_id: u64) -> bool {
        self.id.map_or_else(|| self.type_id == Some(type_id), |own| own == id)
    }
}

impl StatusSelector {
    /// Selects all statuses of a category.
    #[must_use]
    pub fn of_category(category: &str) -> Self {
        Self { id: None, category: Some(category.to_owned()), resolution: None }
    }

    /// Selects one status.
    #[must_use]
    pub fn of_id(id: &str) -> Self {
        Self { id: Some(id.to_owned()), category: None, resolution: None }
    }

    /// Whether this selects a status with this id and category; the resolution is not looked at.
    #[must_use]
    pub fn matches(&self, id: &str, category: &str) -> bool {
        self.id.as_deref().map_or_else(|| self.category.as_deref() == Some(category), |own| own == id)
    }
}

/// Maps open and pending states to the categories of work that is not done. A closed ticket moves its issue to done, but an
/// issue that is done gives its ticket back to the agent: the answer to the customer is still to be written. Nothing is finer,
/// since the statuses of a project are its team's own.
pub(super) fn default_states() -> Vec<StatePair> {
    use crate::zammad_ids::state_type::{CLOSED, MERGED, NEW, OPEN, PENDING_ACTION, PENDING_REMINDER};
    use Direction::{Both, ToJira, ToZammad};
    let pair = |type_id, category, direction| StatePair {
        zammad: StateSelector::of_type(type_id),
        jira: StatusSelector::of_category(category),
        direction,
    };
    vec![
        pair(OPEN, "indeterminate", Both),
        pair(OPEN, "new", Both),
        pair(NEW, "new", Both),
        pair(NEW, "indeterminate", Both),
        pair(PENDING_REMINDER, "indeterminate", Both),
        pair(PENDING_REMINDER, "new", Both),
        pair(PENDING_ACTION, "indeterminate", Both),
        pair(PENDING_ACTION, "new", Both),
        pair(OPEN, "done", ToZammad),
        pair(CLOSED, "done", ToJira),
        pair(MERGED, "done", ToJira),
    ]
}

/// Maps Zammad's three stock priorities to Jira's five.
pub(super) fn default_priorities() -> Vec<PriorityPair> {
    [(1, "4"), (1, "5"), (2, "3"), (3, "2"), (3, "1")]
        .map(|(zammad, jira)| PriorityPair { zammad, jira: jira.to_owned() })
        .into()
}

impl Validate for StatePair {
    fn validate(&self) -> Result<(), Invalid> {
        match (self.zammad.id, self.zammad.type_id) {
            (Some(id), None) => positive("fields.state.pairs.zammad.id", id)?,
            (None, Some(1..=6)) => {}
            _ => return Err(Invalid { field: "fields.state.pairs.zammad", rule: "id-or-type" }),
        }
        if self.direction == Direction::Off {
            return Err(Invalid { field: "fields.state.pairs.direction", rule: "off" });
        }
        if let Some(id) = &self.jira.resolution {
            non_empty("fields.state.pairs.jira.resolution", id, KEY)?;
        }
        match (&self.jira.id, self.jira.category.as_deref()) {
            (Some(id), None) => non_empty("fields.state.pairs.jira.id", id, KEY),
            (None, Some("new" | "indeterminate" | "done")) => Ok(()),
            _ => Err(Invalid { field: "fields.state.pairs.jira", rule: "id-or-category" }),
        }
    }
}
