//! What is remembered of a link between two merges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The values of one field that both sides held when they were last accepted together, as prints ([`schema::print`]): enough
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
