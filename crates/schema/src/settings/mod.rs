//! The admin's settings: direction and mapping of each field, the identity map, the scope and the automation rules. Forge
//! stores them under the key `cfg`, only admin resolvers write them, and replies bring them to the sidecar. Every part has a
//! default that works for a stock Zammad and a stock Jira project (docs/sync-rules.md).

mod audit;
mod direction;
mod done_notes;
mod fields;
mod follow_ups;
mod kinds;
pub(crate) mod mapping;
mod rules;
mod service_projects;

pub use audit::Audit;
pub use direction::Direction;
pub use done_notes::{DoneMoment, DoneNotes};
pub use fields::{Conflict, CustomField, CustomKind, FieldRule, Fields, PriorityRule, StateRule, Tags};
pub use follow_ups::{FollowUp, FollowUps};
pub use kinds::{ArticleKinds, Treatment};
pub use mapping::{PriorityPair, StatePair, StateSelector, StatusSelector};
pub use rules::{Action, Condition, Rule, RuleLimits};
pub use service_projects::ServiceProjects;

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, KEY, LIST, MAX_INLINE_BYTES, Validate, max_items, non_empty, positive};
use crate::macros::wire;
use crate::message::Erasure;

/// Maximum size of the identity map, so that all settings fit into one value of 240 KiB (docs/platforms/forge.md §5.1).
const PEOPLE: usize = 2_000;

/// The admin's settings. A missing part has its default. Forge refuses unknown parts when an admin writes them; readers
/// ignore them, so that an older sidecar can read newer settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Fields: direction, conflict rule, mapping.
    pub fields: Fields,
    /// Articles and comments.
    pub comments: Comments,
    /// Files.
    pub attachments: Attachments,
    /// The identity map.
    pub people: Vec<Identity>,
    /// The projects and groups that sync.
    pub scope: Scope,
    /// Automation rules. Empty by default: people create the links.
    pub rules: Vec<Rule>,
    /// How much the rules may do.
    pub rule_limits: RuleLimits,
    /// The notes that tell agents that an issue is done.
    pub done_notes: DoneNotes,
    /// New tickets that continue a linked one.
    pub follow_ups: FollowUps,
    /// Settings for followers.
    pub followers: Followers,
    /// Service projects (Jira Service Management).
    pub service_projects: ServiceProjects,
    /// The audit log of the app.
    pub audit: Audit,
}

/// The articles that become comments, by visibility.
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

/// How the other side changes when an article or comment is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Deletion {
    /// The text of the mirrored item is replaced by a note that it was removed.
    #[default]
    Tombstone,
    /// A mirrored comment is deleted. A note in Zammad cannot be deleted, so its text is replaced.
    Delete,
    /// No change.
    Ignore,
}

/// Articles and comments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Comments {
    /// The articles that become comments.
    pub to_jira: CommentPolicy,
    /// The articles of the time before a link that go along once, by visibility: as the description of an issue that is made for
    /// the ticket, or as one comment on an issue that exists. Both policies must allow an article.
    pub history: CommentPolicy,
    /// Whether comments become internal notes.
    pub to_zammad: bool,
    /// The treatment of each kind of article.
    pub kinds: ArticleKinds,
    /// The effect of a deletion on the mirrored item.
    pub deletions: Deletion,
    /// The treatment of a ticket's comments and files in Jira when the ticket is deleted in Zammad.
    pub ticket_deleted: Erasure,
    /// If set, only articles of tickets with this tag become comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_tagged: Option<String>,
}

impl Default for Comments {
    fn default() -> Self {
        Self {
            to_jira: CommentPolicy::All,
            history: CommentPolicy::Public,
            to_zammad: true,
            kinds: ArticleKinds::default(),
            deletions: Deletion::Tombstone,
            ticket_deleted: Erasure::Delete,
            only_tagged: None,
        }
    }
}

/// Files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Attachments {
    /// Direction in which files sync.
    pub direction: Direction,
    /// A picture inside an article's text that is smaller than this many bytes is not sent: such pictures are logos and icons of
    /// signatures. 0 sends every picture.
    pub inline_from_bytes: u64,
    /// Size limit in bytes; a larger file is replaced by a note. At most [`MAX_INLINE_BYTES`].
    pub max_bytes: u64,
}

impl Default for Attachments {
    fn default() -> Self {
        Self { direction: Direction::Both, inline_from_bytes: 8_192, max_bytes: MAX_INLINE_BYTES }
    }
}

wire! {
    /// A pair of the identity map: a Zammad user and the Atlassian account of the same person. Confirmed by a person, never
    /// guessed.
    pub struct Identity {
        /// Zammad's user id.
        pub zammad: u64,
        /// Atlassian account id.
        pub account_id: String,
    }
}

/// The projects and groups that sync; an empty list means all.
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
    /// Whether an issue with this key is in scope.
    #[must_use]
    pub fn has_issue(&self, key: &str) -> bool {
        let project = key.rsplit_once('-').map_or(key, |(project, _)| project);
        self.projects.is_empty() || self.projects.iter().any(|known| known == project)
    }

    /// Whether a ticket of this group is in scope.
    #[must_use]
    pub fn has_group(&self, group: u64) -> bool {
        self.groups.is_empty() || self.groups.contains(&group)
    }
}

/// How a follower is notified that the issue is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FixedNote {
    /// With a note that the customer can read in Zammad; no e-mail is sent.
    Public,
    /// With an internal note.
    #[default]
    Internal,
    /// Not at all.
    Off,
}

/// Settings for followers: tickets that share an issue with an older ticket. They receive the status, and comments if an admin
/// wants that, and write nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Followers {
    /// The note that is written when the issue is done, or released, if `doneNotes.at` says so.
    pub fixed_note: FixedNote,
    /// Whether comments on the issue become internal notes of followers too, and not only of the oldest ticket.
    pub comments: bool,
    /// Ids of the resolutions of which the note says "solved"; of any other, and without one, agents read status and resolution
    /// in an internal note.
    pub solved_resolutions: Vec<String>,
}

impl Default for Followers {
    /// "Done" of Jira Cloud, and "Fixed" and "Done" of older sites.
    fn default() -> Self {
        let solved = ["10000", "1", "6"];
        Self { fixed_note: FixedNote::default(), comments: false, solved_resolutions: solved.map(str::to_owned).into() }
    }
}

impl Validate for Settings {
    fn validate(&self) -> Result<(), Invalid> {
        self.fields.validate()?;
        if self.attachments.max_bytes > MAX_INLINE_BYTES {
            return Err(Invalid { field: "attachments.maxBytes", rule: "out-of-range" });
        }
        self.comments.only_tagged.as_ref().map_or(Ok(()), |tag| non_empty("comments.onlyTagged", tag, KEY))?;
        max_items("people", self.people.len(), PEOPLE)?;
        for (at, person) in self.people.iter().enumerate() {
            positive("people.zammad", person.zammad)?;
            non_empty("people.accountId", &person.account_id, 128)?;
            // Each person may be in one pair only; otherwise an assignee would alternate between two owners.
            let same = |other: &Identity| other.zammad == person.zammad || other.account_id == person.account_id;
            if self.people[..at].iter().any(same) {
                return Err(Invalid { field: "people", rule: "twice" });
            }
        }
        max_items("scope.projects", self.scope.projects.len(), LIST)?;
        self.scope.projects.iter().try_for_each(|key| non_empty("scope.projects", key, KEY))?;
        max_items("scope.groups", self.scope.groups.len(), LIST)?;
        self.scope.groups.iter().try_for_each(|id| positive("scope.groups", *id))?;
        self.service_projects.validate()?;
        self.audit.validate()?;
        let solved = &self.followers.solved_resolutions;
        max_items("followers.solvedResolutions", solved.len(), LIST)?;
        solved.iter().try_for_each(|id| non_empty("followers.solvedResolutions", id, KEY))?;
        max_items("rules", self.rules.len(), LIST)?;
        self.rules.iter().try_for_each(Validate::validate)?;
        for (at, rule) in self.rules.iter().enumerate() {
            if self.rules[..at].iter().any(|other| other.id == rule.id) {
                return Err(Invalid { field: "rules.id", rule: "twice" });
            }
        }
        Ok(())
    }
}
