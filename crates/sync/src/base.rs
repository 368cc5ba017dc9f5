//! What is remembered of a link between two merges.

use std::collections::BTreeMap;

use schema::{IssueSnapshot, Settings};
use serde::{Deserialize, Serialize};

use crate::outcome::jira_id;

/// The values of one field that both sides held when they were last accepted together, as prints ([`schema::print()`]): enough
/// to see a change, nothing to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Zammad's half.
    pub zammad: String,
    /// Jira's half.
    pub jira: String,
}

/// All accepted pairs of a link, by field; and the group the ticket was in, which decides how a lost owner is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// By field: `title`, `state`, `priority`, `owner`, `customer`, `tags`, `custom:<attribute>`.
    pub pairs: BTreeMap<String, Pair>,
    /// Group id.
    pub group: Option<u64>,
}

impl Base {
    /// The base of an issue that was just made for a ticket: whatever the ticket has counts as new, so that it is carried.
    #[must_use]
    pub fn of_created(issue: &IssueSnapshot, settings: &Settings) -> Self {
        let own = ["title", "state", "priority", "owner", "tags"].map(str::to_owned);
        let custom = settings.fields.custom.iter().map(|field| format!("custom:{}", field.zammad));
        let pairs = own.into_iter().chain(custom).map(|field| {
            let jira = issue.print(jira_id(&field, settings));
            (field, Pair { zammad: String::new(), jira })
        });
        Self { pairs: pairs.collect(), group: None }
    }

    /// This base with newer pairs over it.
    #[must_use]
    pub fn with(mut self, newer: impl IntoIterator<Item = (String, Pair)>) -> Self {
        self.pairs.extend(newer);
        self
    }
}

/// Writes on their way to Jira: the message, and for each field Zammad's half as it was when they were planned. While there
/// are some, no others are sent for the link: a change in between is planned anew from what comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intents {
    /// The message that carries them.
    pub message: String,
    /// Field → print of Zammad's value.
    pub fields: BTreeMap<String, String>,
}
