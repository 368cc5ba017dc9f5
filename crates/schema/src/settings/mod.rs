//! What an admin can set: which fields sync which way, how their values map, who is who, what is in scope. It lives in
//! Forge (`cfg`), is written by admin resolvers only, and reaches the sidecar in replies. Every part has a default with
//! which a plain Zammad and a plain Jira project work untouched (docs/sync-rules.md).

mod fields;
mod mapping;
mod rules;

pub use fields::{Conflict, CustomField, CustomKind, Direction, FieldRule, Fields, PriorityRule, StateRule, Tags};
pub use mapping::{PriorityPair, StatePair, StateSelector, StatusSelector};
pub use rules::{Action, Condition, Rule};

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, KEY, LIST, Validate, filled, listed, positive};
use crate::parts::wire;

/// Most people in the identity map: with them the whole stays inside one value of 240 KiB (docs/platforms/forge.md §5.1).
const PEOPLE: usize = 2_000;

/// Everything an admin can set. Missing parts are the defaults; unknown ones are refused where it is written, and ignored
/// where it is read, so that an older sidecar can read a newer one's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Fields: direction, conflict policy, mapping.
    pub fields: Fields,
    /// Articles and comments.
    pub comments: Comments,
    /// Files.
    pub attachments: Attachments,
    /// Who is who.
    pub people: Vec<Identity>,
    /// Which projects and groups take part.
    pub scope: Scope,
    /// What happens by itself. None by default: a link is made by hand.
    pub rules: Vec<Rule>,
    /// Tickets that share an issue with an older one.
    pub followers: Followers,
}

/// Which articles become comments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CommentPolicy {
    /// All.
    #[default]
    All,
    /// Internal ones.
    Internal,
    /// Public ones.
    Public,
    /// None.
    None,
}

impl CommentPolicy {
    /// Whether an article of this visibility becomes a comment.
    #[must_use]
    pub const fn admits(self, internal: bool) -> bool {
        match self {
            Self::All => true,
            Self::Internal => internal,
            Self::Public => !internal,
            Self::None => false,
        }
    }
}

/// What happens on the other side when an article or comment is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Deletion {
    /// Its mirror says that it is gone.
    #[default]
    Tombstone,
    /// Its mirror is deleted where that is possible (a comment); in Zammad it gets a tombstone all the same.
    Delete,
    /// Nothing.
    Ignore,
}

/// Articles and comments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Comments {
    /// Which articles become comments.
    pub to_jira: CommentPolicy,
    /// Whether comments become internal notes.
    pub to_zammad: bool,
    /// What a deletion does to the mirror.
    pub deletions: Deletion,
    /// Only articles of tickets with this tag are published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_tagged: Option<String>,
}

impl Default for Comments {
    fn default() -> Self {
        Self { to_jira: CommentPolicy::All, to_zammad: true, deletions: Deletion::Tombstone, only_tagged: None }
    }
}

/// Files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Attachments {
    /// Which way files travel.
    pub direction: Direction,
    /// Larger ones travel as a placeholder. In bytes, at most [`crate::MAX_INLINE_BYTES`].
    pub max_bytes: u64,
}

impl Default for Attachments {
    fn default() -> Self {
        Self { direction: Direction::Both, max_bytes: crate::MAX_INLINE_BYTES }
    }
}

wire! {
    /// An agent and the same person's Atlassian account. Confirmed by somebody, never guessed.
    pub struct Identity {
        /// Zammad's user id.
        pub zammad: u64,
        /// Atlassian account id.
        pub account_id: String,
    }
}

/// Which projects and groups take part; an empty list is all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Scope {
    /// Jira project keys.
    pub projects: Vec<String>,
    /// Zammad group ids.
    pub groups: Vec<u64>,
}

impl Scope {
    /// Whether an issue of this key takes part.
    #[must_use]
    pub fn has_issue(&self, key: &str) -> bool {
        let project = key.rsplit_once('-').map_or(key, |(project, _)| project);
        self.projects.is_empty() || self.projects.iter().any(|known| known == project)
    }

    /// Whether a ticket of this group takes part.
    #[must_use]
    pub fn has_group(&self, group: u64) -> bool {
        self.groups.is_empty() || self.groups.contains(&group)
    }
}

/// How a follower's ticket hears that the issue is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FixedNote {
    /// By a note that the customer can read in Zammad; no mail is sent.
    #[default]
    Public,
    /// By an internal note.
    Internal,
    /// Not at all.
    Off,
}

/// Tickets that share an issue with an older one: they receive, and never write.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Followers {
    /// The note when the issue is done.
    pub fixed_note: FixedNote,
}

impl Validate for Settings {
    fn validate(&self) -> Result<(), Invalid> {
        self.fields.validate()?;
        if self.attachments.max_bytes > crate::MAX_INLINE_BYTES {
            return Err(Invalid { field: "attachments.maxBytes", rule: "out-of-range" });
        }
        self.comments.only_tagged.as_ref().map_or(Ok(()), |tag| filled("comments.onlyTagged", tag, KEY))?;
        listed("people", self.people.len(), PEOPLE)?;
        for (at, person) in self.people.iter().enumerate() {
            positive("people.zammad", person.zammad)?;
            filled("people.accountId", &person.account_id, 128)?;
            // One person on one side is one person on the other, or an assignee would flip between two owners.
            let same = |other: &Identity| other.zammad == person.zammad || other.account_id == person.account_id;
            if self.people[..at].iter().any(same) {
                return Err(Invalid { field: "people", rule: "twice" });
            }
        }
        listed("scope.projects", self.scope.projects.len(), LIST)?;
        self.scope.projects.iter().try_for_each(|key| filled("scope.projects", key, KEY))?;
        listed("scope.groups", self.scope.groups.len(), LIST)?;
        self.scope.groups.iter().try_for_each(|id| positive("scope.groups", *id))?;
        listed("rules", self.rules.len(), LIST)?;
        self.rules.iter().try_for_each(Validate::validate)?;
        for (at, rule) in self.rules.iter().enumerate() {
            if self.rules[..at].iter().any(|other| other.id == rule.id) {
                return Err(Invalid { field: "rules.id", rule: "twice" });
            }
        }
        Ok(())
    }
}
