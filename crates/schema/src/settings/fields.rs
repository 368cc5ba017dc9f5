//! Settings of the synced fields: direction, conflict rule and mapping.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::direction::Direction;
use super::mapping::{PriorityPair, StatePair, default_priorities, default_states};
use crate::limits::{
    DOCUMENT_BYTES, Invalid, KEY, LIST, NAME, Validate, max_chars, max_items, max_json_bytes, non_empty, positive,
};

/// The side that wins if both changed since they last agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Conflict {
    /// The side that changed last, by the times of the two systems; Zammad if they are equal.
    #[default]
    Newest,
    /// Zammad.
    Zammad,
    /// Jira.
    Jira,
}

/// Direction and conflict rule of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct FieldRule {
    /// Direction.
    pub direction: Direction,
    /// Conflict rule.
    pub conflict: Conflict,
}

impl Default for FieldRule {
    fn default() -> Self {
        Self { direction: Direction::Both, conflict: Conflict::Newest }
    }
}

const OFF: FieldRule = FieldRule { direction: Direction::Off, conflict: Conflict::Newest };

/// Settings of state and status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StateRule {
    /// Direction.
    pub direction: Direction,
    /// Conflict rule.
    pub conflict: Conflict,
    /// Pairs of a state and a status that agree. A write uses the first pair with the value: of a state by id before those of
    /// its type, of a status with a resolution before those without.
    pub pairs: Vec<StatePair>,
    /// Values for fields that a transition requires: Jira field id → value in the form of Jira's API. The resolution of a pair
    /// is used instead of the one here.
    pub transition_fields: BTreeMap<String, Value>,
    /// Minutes until the `pending_time` of a ticket that is set to a pending state; Zammad requires such a time.
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

/// Settings of the priority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PriorityRule {
    /// Direction.
    pub direction: Direction,
    /// Conflict rule.
    pub conflict: Conflict,
    /// Pairs of priorities that agree. A write uses the first pair with the value.
    pub pairs: Vec<PriorityPair>,
}

impl Default for PriorityRule {
    fn default() -> Self {
        Self { direction: Direction::Both, conflict: Conflict::Newest, pairs: default_priorities() }
    }
}

/// Settings of tags and labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Tags {
    /// Direction.
    pub direction: Direction,
    /// Conflict rule.
    pub conflict: Conflict,
    /// Only tags and labels with this prefix sync.
    pub prefix: String,
}

impl Default for Tags {
    fn default() -> Self {
        Self { direction: Direction::Off, conflict: Conflict::Newest, prefix: String::new() }
    }
}

/// The type of a custom field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CustomKind {
    /// Text; does not sync in privacy mode.
    Text,
    /// Whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// Date.
    Date,
    /// One value of a list; `options` maps the values.
    Option,
}

/// A pair of custom fields that sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    /// Zammad's attribute name.
    pub zammad: String,
    /// Jira's field id, e.g. `customfield_10050`.
    pub jira: String,
    /// Type of both fields.
    pub kind: CustomKind,
    /// Direction.
    pub direction: Direction,
    /// Conflict rule.
    #[serde(default)]
    pub conflict: Conflict,
    /// For [`CustomKind::Option`]: Zammad's value → Jira's option id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// Settings of all synced fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Fields {
    /// Title and summary. They do not sync in privacy mode.
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
    /// Values for attributes that Zammad demands and that are empty on a ticket, by attribute name: the connector fills them in
    /// when Zammad refuses a change because of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fill_in: BTreeMap<String, Value>,
    /// Whether an internal note tells agents once which attributes Zammad demands before it takes changes of Jira.
    #[serde(skip_serializing_if = "crate::message::is_false")]
    pub demand_note: bool,
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
            fill_in: BTreeMap::new(),
            demand_note: false,
        }
    }
}

impl Validate for Fields {
    fn validate(&self) -> Result<(), Invalid> {
        max_items("fields.state.pairs", self.state.pairs.len(), LIST)?;
        self.state.pairs.iter().try_for_each(Validate::validate)?;
        max_items("fields.state.transitionFields", self.state.transition_fields.len(), LIST)?;
        self.state.transition_fields.iter().try_for_each(|(name, value)| {
            non_empty("fields.state.transitionFields", name, NAME)?;
            max_json_bytes("fields.state.transitionFields", value, DOCUMENT_BYTES / 10)
        })?;
        if self.state.pending_minutes == 0 || self.state.pending_minutes > 366 * 24 * 60 {
            return Err(Invalid { field: "fields.state.pendingMinutes", rule: "out-of-range" });
        }
        max_items("fields.priority.pairs", self.priority.pairs.len(), LIST)?;
        self.priority.pairs.iter().try_for_each(|pair| {
            positive("fields.priority.pairs.zammad", pair.zammad)?;
            non_empty("fields.priority.pairs.jira", &pair.jira, KEY)
        })?;
        if self.customer.direction.to_zammad() {
            // A reporter is not a customer: the ticket would become visible to another person.
            return Err(Invalid { field: "fields.customer.direction", rule: "to-jira-only" });
        }
        max_chars("fields.tags.prefix", &self.tags.prefix, KEY)?;
        max_items("fields.fillIn", self.fill_in.len(), LIST)?;
        self.fill_in.iter().try_for_each(|(name, value)| {
            attribute_name("fields.fillIn", name)?;
            max_json_bytes("fields.fillIn", value, NAME)
        })?;
        max_items("fields.custom", self.custom.len(), LIST)?;
        for (at, field) in self.custom.iter().enumerate() {
            field.validate()?;
            if self.custom[..at].iter().any(|other| other.zammad == field.zammad || other.jira == field.jira) {
                return Err(Invalid { field: "fields.custom", rule: "twice" });
            }
        }
        Ok(())
    }
}

/// Checks the name of an attribute of Zammad.
fn attribute_name(field: &'static str, name: &str) -> Result<(), Invalid> {
    non_empty(field, name, KEY)?;
    let is_allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    if name.bytes().all(is_allowed) { Ok(()) } else { Err(Invalid { field, rule: "not-an-attribute-name" }) }
}

impl Validate for CustomField {
    fn validate(&self) -> Result<(), Invalid> {
        attribute_name("fields.custom.zammad", &self.zammad)?;
        non_empty("fields.custom.jira", &self.jira, KEY)?;
        if !self.jira.strip_prefix("customfield_").is_some_and(|id| id.bytes().all(|c| c.is_ascii_digit())) {
            return Err(Invalid { field: "fields.custom.jira", rule: "not-a-field-id" });
        }
        if self.options.is_empty() == (self.kind == CustomKind::Option) {
            return Err(Invalid { field: "fields.custom.options", rule: "missing" });
        }
        max_items("fields.custom.options", self.options.len(), LIST)?;
        self.options.iter().try_for_each(|(zammad, jira)| {
            non_empty("fields.custom.options", zammad, NAME)?;
            non_empty("fields.custom.options", jira, KEY)
        })
    }
}
