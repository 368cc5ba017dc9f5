//! The state of a link that is kept between two merges: the last agreed values, and the writes on their way to Jira.

use std::collections::BTreeMap;

use schema::{IssueSnapshot, Settings};
use serde::{Deserialize, Serialize};

use crate::names::FieldName;

/// The values of one field that both sides held when they were last accepted together. Stored as fingerprints
/// ([`schema::fingerprint()`]): they show that a value changed and do not reveal it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Fingerprint of Zammad's value.
    pub zammad: String,
    /// Fingerprint of Jira's value.
    pub jira: String,
}

/// All accepted pairs of a link, by field, and the group of the ticket. The group shows whether Zammad removed the owner
/// because the ticket moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Pairs by field.
    pub pairs: BTreeMap<FieldName, Pair>,
    /// Zammad's group id at the last merge.
    pub group: Option<u64>,
}

impl Base {
    /// Returns the base for an issue that was just created for a ticket. Every value of the ticket counts as changed, so the
    /// next merge writes it to the issue.
    #[must_use]
    pub fn of_created(issue: &IssueSnapshot, settings: &Settings) -> Self {
        let written = FieldName::all(settings).into_iter().filter(FieldName::is_written_to_new_issue);
        let pair = |field: FieldName| {
            let jira = issue.fingerprint(field.jira(settings)?);
            Some((field, Pair { zammad: String::new(), jira }))
        };
        Self { pairs: written.filter_map(pair).collect(), group: None }
    }
}

/// Writes on their way to Jira. While a link has some, no others are sent: a change in between is merged again when the
/// result arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intents {
    /// Id of the message that contains them.
    pub message: String,
    /// Field → fingerprint of Zammad's value when the write was planned.
    pub fields: BTreeMap<FieldName, String>,
}
