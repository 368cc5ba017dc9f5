//! Everything that decides a merge besides the values of both sides.

use schema::settings::{Direction, FieldRule};
use schema::{Settings, UnixMs};

use crate::names::FieldName;

/// The role of a ticket among the tickets that are linked to the same issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The oldest ticket of the issue. It syncs in both directions.
    Primary,
    /// A newer ticket. It receives the status and writes nothing to the issue.
    Follower,
}

/// A Zammad state with the attributes that decide whether a ticket may be set to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateInfo {
    /// State id.
    pub id: u64,
    /// State type id (docs/platforms/zammad.md §2).
    pub type_id: u64,
    /// Whether tickets may be set to it.
    pub active: bool,
}

/// Input of a merge besides the two sides.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// The admin's settings.
    pub settings: &'a Settings,
    /// Etag of the settings; it changes with them.
    pub etag: &'a str,
    /// Whether privacy mode is on; then no text syncs.
    pub privacy: bool,
    /// Role of the ticket in this link.
    pub role: Role,
    /// Zammad's states.
    pub states: &'a [StateInfo],
    /// Fields that rest because both sides have changed them back and forth: they are not written now.
    pub resting: &'a [FieldName],
    /// The current time; only used to compute `pending_time`.
    pub now: UnixMs,
}

impl Policy<'_> {
    /// Returns the rule of a field under this policy. `text`: its values are free text, which privacy mode does not sync.
    pub(crate) fn rule(&self, field: &FieldName, rule: FieldRule, text: bool) -> FieldRule {
        let direction = match self.role {
            Role::Follower if *field == FieldName::State && rule.direction.to_zammad() => Direction::ToZammad,
            Role::Follower => Direction::Off,
            // Text that may not leave the network must not be overwritten from Jira either: a sync in one direction would
            // destroy it.
            Role::Primary if text && self.privacy => Direction::Off,
            Role::Primary => rule.direction,
        };
        FieldRule { direction, ..rule }
    }
}
