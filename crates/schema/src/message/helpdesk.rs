//! Messages for the admin page: the sidecar's condition, and the names in its helpdesk.

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, KEY, LIST, NAME, Validate, max_chars, max_items, optional_max_chars, positive};
use crate::macros::wire;
use crate::parts::Person;

/// Maximum number of states, priorities, groups and agents, each.
pub const MAX_NAMES: usize = 1_000;

wire! {
    /// The sidecar's condition at the moment of the message: codes and numbers, no content.
    pub struct SidecarStatus {
        /// Codes of why no work can be taken or delivered, as in `/readyz`.
        pub problems: Vec<String>,
        /// Codes of conditions that an operator should look at.
        pub warnings: Vec<String>,
        /// Forge's clock minus the sidecar's in seconds, by the last reply.
        pub skew_seconds: i64,
        /// Tickets that wait to be read.
        pub waiting_tickets: u64,
        /// Messages that wait to be sent.
        pub waiting_messages: u64,
        /// Messages that were given up.
        pub failed_messages: u64,
        /// How long the oldest of them has been waiting, in milliseconds.
        pub oldest_ms: u64,
    }
}

wire! {
    /// A state of a ticket.
    pub struct StateName {
        /// Zammad's id.
        pub id: u64,
        /// Name; absent in privacy mode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// 1 new, 2 open, 3 pending reminder, 4 pending action, 5 closed, 6 merged, 7 removed.
        pub type_id: u64,
        /// Whether agents may choose it.
        pub active: bool,
    }
}

wire! {
    /// A priority or a group.
    pub struct ObjectName {
        /// Zammad's id.
        pub id: u64,
        /// Name; of a group the full path, `A::B`. Absent for groups in privacy mode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Whether it is in use.
        pub active: bool,
    }
}

wire! {
    /// The names in the helpdesk that the admin page offers. Sent when they change.
    pub struct HelpdeskNames {
        /// States.
        pub states: Vec<StateName>,
        /// Priorities.
        pub priorities: Vec<ObjectName>,
        /// Groups; empty if the bot may not list them.
        pub groups: Vec<ObjectName>,
        /// Agents; absent in privacy mode.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub agents: Vec<Person>,
    }
}

impl Validate for SidecarStatus {
    fn validate(&self) -> Result<(), Invalid> {
        max_items("status.problems", self.problems.len(), LIST)?;
        max_items("status.warnings", self.warnings.len(), LIST)?;
        let mut codes = self.problems.iter().chain(&self.warnings);
        codes.try_for_each(|code| max_chars("status.problems", code, KEY))
    }
}

impl Validate for HelpdeskNames {
    fn validate(&self) -> Result<(), Invalid> {
        max_items("states", self.states.len(), MAX_NAMES)?;
        self.states.iter().try_for_each(|state| {
            positive("states.id", state.id)?;
            optional_max_chars("states.name", state.name.as_ref(), NAME)
        })?;
        for (field, objects) in [("priorities", &self.priorities), ("groups", &self.groups)] {
            max_items(field, objects.len(), MAX_NAMES)?;
            objects.iter().try_for_each(|object| {
                positive(field, object.id)?;
                optional_max_chars(field, object.name.as_ref(), NAME)
            })?;
        }
        max_items("agents", self.agents.len(), MAX_NAMES)?;
        self.agents.iter().try_for_each(Validate::validate)
    }
}
