//! Automation rules: conditions on a ticket and the action that follows.

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, KEY, LIST, NAME, Validate, max_items, non_empty, positive};
use crate::parts::Bucket;

/// One condition on a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    /// The ticket has this tag.
    Tag(String),
    /// The ticket is in this group (id).
    Group(u64),
    /// The ticket has this priority (id).
    Priority(u64),
    /// The ticket's state is in this bucket.
    Bucket(Bucket),
}

/// The action of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Creates an issue and links it, once per ticket.
    #[serde(rename_all = "camelCase")]
    CreateIssue {
        /// Project key.
        project: String,
        /// Issue type id.
        issue_type: String,
    },
}

/// An automation rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Unique name; the sidecar records under it for which tickets the rule has run.
    pub id: String,
    /// Whether the rule runs; a dry run includes disabled rules.
    pub enabled: bool,
    /// Conditions that must all hold.
    pub when: Vec<Condition>,
    /// The action.
    pub then: Action,
}

/// How much a rule may do before it pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RuleLimits {
    /// Most issues that one rule may create in an hour. Then it pauses until an operator resumes it.
    pub per_hour: u32,
}

impl Default for RuleLimits {
    fn default() -> Self {
        Self { per_hour: 50 }
    }
}

impl Validate for Rule {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("rules.id", &self.id, KEY)?;
        // Without a condition every ticket of the helpdesk would become an issue.
        if self.when.is_empty() {
            return Err(Invalid { field: "rules.when", rule: "empty" });
        }
        max_items("rules.when", self.when.len(), LIST)?;
        self.when.iter().try_for_each(|condition| match condition {
            Condition::Tag(tag) => non_empty("rules.when.tag", tag, NAME),
            Condition::Group(id) => positive("rules.when.group", *id),
            Condition::Priority(id) => positive("rules.when.priority", *id),
            Condition::Bucket(_) => Ok(()),
        })?;
        let Action::CreateIssue { project, issue_type } = &self.then;
        non_empty("rules.then.project", project, KEY)?;
        non_empty("rules.then.issueType", issue_type, KEY)
    }
}
