//! Under which conditions a link is merged.

use schema::settings::{Direction, FieldRule};
use schema::{Settings, UnixMs};

/// What a link's ticket is to its issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The oldest ticket of the issue: it writes.
    Primary,
    /// A younger one: it receives the status and writes nothing.
    Follower,
}

/// A Zammad state, as far as choosing one needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateInfo {
    /// State id.
    pub id: u64,
    /// Its type.
    pub type_id: u64,
    /// Whether tickets may be set to it.
    pub active: bool,
}

/// Everything a merge may know besides the two sides.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// The admin's settings.
    pub settings: &'a Settings,
    /// Names them: another etag, other settings.
    pub etag: &'a str,
    /// In privacy mode no text syncs.
    pub privacy: bool,
    /// Of this link.
    pub role: Role,
    /// Zammad's states.
    pub states: &'a [StateInfo],
    /// For `pending_time` only.
    pub now: UnixMs,
}

impl Policy<'_> {
    /// The rule of a field under this policy. `text`: its values are somebody's words.
    pub(crate) fn rule(&self, field: &str, rule: FieldRule, text: bool) -> FieldRule {
        let direction = match self.role {
            Role::Follower if field == "state" && rule.direction.to_zammad() => Direction::ToZammad,
            Role::Follower => Direction::Off,
            // A title that may not leave must not be overwritten from outside either: half of a sync destroys.
            Role::Primary if text && self.privacy => Direction::Off,
            Role::Primary => rule.direction,
        };
        FieldRule { direction, ..rule }
    }
}
