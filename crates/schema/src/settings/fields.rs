//! The fields of a link: which way each syncs, and who wins when both sides changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mapping::{PriorityPair, StatePair, default_priorities, default_states};
use crate::limits::{DOCUMENT_BYTES, Invalid, KEY, LIST, NAME, Validate, document, filled, listed, positive, within};

/// Which way a field syncs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Both ways.
    Both,
    /// Zammad → Jira only.
    ToJira,
    /// Jira → Zammad only.
    ToZammad,
    /// Not at all.
    #[default]
    Off,
}

impl Direction {
    /// Whether Jira may be written.
    #[must_use]
    pub const fn to_jira(self) -> bool {
        matches!(self, Self::Both | Self::ToJira)
    }

    /// Whether Zammad may be written.
    #[must_use]
    pub const fn to_zammad(self) -> bool {
        matches!(self, Self::Both | Self::ToZammad)
    }
}

/// Who wins when both sides changed since they last agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Conflict {
    /// The side that changed last, by the two systems' own times; Zammad if they are equal.
    #[default]
    Newest,
    /// Zammad.
    Zammad,
    /// Jira.
    Jira,
}

/// A field's direction and conflict policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct FieldRule {
    /// Which way.
    pub direction: Direction,
    /// Who wins.
    pub conflict: Conflict,
}

impl Default for FieldRule {
    fn default() -> Self {
        Self { direction: Direction::Both, conflict: Conflict::Newest }
    }
}

const OFF: FieldRule = FieldRule { direction: Direction::Off, conflict: Conflict::Newest };

/// State and status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StateRule {
    /// Which way.
    pub direction: Direction,
    /// Who wins.
    pub conflict: Conflict,
    /// A state and a status that stand in one pair agree. For writing, the first pair with the value counts.
    pub pairs: Vec<StatePair>,
    /// What to fill in where a transition asks for a field: Jira field id → value as Jira takes it.
    pub transition_fields: BTreeMap<String, Value>,
    /// When a ticket that is set to a pending state shall come back, in minutes from then. Zammad requires a time.
    pub pending_minutes: u32,
}

impl Default for StateRule {
    fn default() -> Self {
        Self {
            direction: Direction::Both,
            conflict: Conflict::Newest,
            pairs: default_states(),
            transition_fields: BTreeMap::new(),
            pending_minutes: 24 * 60,
        }
    }
}

/// Priority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PriorityRule {
    /// Which way.
    pub direction: Direction,
    /// Who wins.
    pub conflict: Conflict,
    /// As for states: a pair agrees, and the first pair with the value is written.
    pub pairs: Vec<PriorityPair>,
}

impl Default for PriorityRule {
    fn default() -> Self {
        Self { direction: Direction::Both, conflict: Conflict::Newest, pairs: default_priorities() }
    }
}

/// Tags and labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Tags {
    /// Which way.
    pub direction: Direction,
    /// Who wins.
    pub conflict: Conflict,
    /// Only tags and labels that begin with it take part.
    pub prefix: String,
}

impl Default for Tags {
    fn default() -> Self {
        Self { direction: Direction::Off, conflict: Conflict::Newest, prefix: String::new() }
    }
}

/// What a custom field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CustomKind {
    /// Text; does not cross in privacy mode.
    Text,
    /// Whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// Date.
    Date,
    /// One of a list: `options` says which is which.
    Option,
}

/// A pair of custom fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    /// Zammad's attribute name.
    pub zammad: String,
    /// Jira's field id, e.g. `customfield_10050`.
    pub jira: String,
    /// What they hold.
    pub kind: CustomKind,
    /// Which way.
    pub direction: Direction,
    /// Who wins.
    #[serde(default)]
    pub conflict: Conflict,
    /// For [`CustomKind::Option`]: Zammad's value → Jira's option id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// All fields of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Fields {
    /// Title and summary. Never in privacy mode.
    pub title: FieldRule,
    /// State and status.
    pub state: StateRule,
    /// Priority.
    pub priority: PriorityRule,
    /// Owner and assignee, by the identity map.
    pub owner: FieldRule,
    /// Customer → reporter, by the identity map.
    pub customer: FieldRule,
    /// Tags and labels.
    pub tags: Tags,
    /// Custom fields.
    pub custom: Vec<CustomField>,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            title: FieldRule::default(),
            state: StateRule::default(),
            priority: PriorityRule::default(),
            owner: FieldRule::default(),
            customer: OFF,
            tags: Tags::default(),
            custom: Vec::new(),
        }
    }
}

impl Validate for Fields {
    fn validate(&self) -> Result<(), Invalid> {
        listed("fields.state.pairs", self.state.pairs.len(), LIST)?;
        self.state.pairs.iter().try_for_each(Validate::validate)?;
        listed("fields.state.transitionFields", self.state.transition_fields.len(), LIST)?;
        self.state.transition_fields.iter().try_for_each(|(name, value)| {
            filled("fields.state.transitionFields", name, NAME)?;
            document("fields.state.transitionFields", value, DOCUMENT_BYTES / 10)
        })?;
        if self.state.pending_minutes == 0 || self.state.pending_minutes > 366 * 24 * 60 {
            return Err(Invalid { field: "fields.state.pendingMinutes", rule: "out-of-range" });
        }
        listed("fields.priority.pairs", self.priority.pairs.len(), LIST)?;
        self.priority.pairs.iter().try_for_each(|pair| {
            positive("fields.priority.pairs.zammad", pair.zammad)?;
            filled("fields.priority.pairs.jira", &pair.jira, KEY)
        })?;
        if self.customer.direction.to_zammad() {
            // A reporter is no customer: the ticket would go to somebody else's portal.
            return Err(Invalid { field: "fields.customer.direction", rule: "to-jira-only" });
        }
        within("fields.tags.prefix", &self.tags.prefix, KEY)?;
        listed("fields.custom", self.custom.len(), LIST)?;
        for (at, field) in self.custom.iter().enumerate() {
            field.validate()?;
            if self.custom[..at].iter().any(|other| other.zammad == field.zammad || other.jira == field.jira) {
                return Err(Invalid { field: "fields.custom", rule: "twice" });
            }
        }
        Ok(())
    }
}

impl Validate for CustomField {
    fn validate(&self) -> Result<(), Invalid> {
        let named = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        filled("fields.custom.zammad", &self.zammad, KEY)?;
        if !self.zammad.bytes().all(named) {
            return Err(Invalid { field: "fields.custom.zammad", rule: "not-an-attribute-name" });
        }
        filled("fields.custom.jira", &self.jira, KEY)?;
        if !self.jira.strip_prefix("customfield_").is_some_and(|id| id.bytes().all(|c| c.is_ascii_digit())) {
            return Err(Invalid { field: "fields.custom.jira", rule: "not-a-field-id" });
        }
        if self.options.is_empty() == (self.kind == CustomKind::Option) {
            return Err(Invalid { field: "fields.custom.options", rule: "missing" });
        }
        listed("fields.custom.options", self.options.len(), LIST)?;
        self.options.iter().try_for_each(|(zammad, jira)| {
            filled("fields.custom.options", zammad, NAME)?;
            filled("fields.custom.options", jira, KEY)
        })
    }
}
