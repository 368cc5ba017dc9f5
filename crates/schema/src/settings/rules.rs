//! What happens by itself.

use serde::{Deserialize, Serialize};

use crate::Bucket;
use crate::limits::{Invalid, KEY, LIST, NAME, Validate, filled, listed, positive};

/// One thing that must hold of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    /// It has this tag.
    Tag(String),
    /// It is in this group.
    Group(u64),
    /// It has this priority.
    Priority(u64),
    /// Its state is of this bucket.
    Bucket(Bucket),
}

/// What is then done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// An issue is created and linked, once a ticket.
    #[serde(rename_all = "camelCase")]
    CreateIssue {
        /// Project key.
        project: String,
        /// Issue type id.
        issue_type: String,
    },
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its own name; what was done by it is remembered under it.
    pub id: String,
    /// Whether it acts; a dry run asks it either way.
    pub enabled: bool,
    /// All of these must hold.
    pub when: Vec<Condition>,
    /// What is then done.
    pub then: Action,
}

impl Validate for Rule {
    fn validate(&self) -> Result<(), Invalid> {
        filled("rules.id", &self.id, KEY)?;
        // Without a condition every ticket of the helpdesk would become an issue.
        if self.when.is_empty() {
            return Err(Invalid { field: "rules.when", rule: "empty" });
        }
        listed("rules.when", self.when.len(), LIST)?;
        self.when.iter().try_for_each(|condition| match condition {
            Condition::Tag(tag) => filled("rules.when.tag", tag, NAME),
            Condition::Group(id) => positive("rules.when.group", *id),
            Condition::Priority(id) => positive("rules.when.priority", *id),
            Condition::Bucket(_) => Ok(()),
        })?;
        let Action::CreateIssue { project, issue_type } = &self.then;
        filled("rules.then.project", project, KEY)?;
        filled("rules.then.issueType", issue_type, KEY)
    }
}
