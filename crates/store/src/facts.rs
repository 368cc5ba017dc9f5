//! Facts that are kept with a link: typed keys, values as JSON.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

/// The kinds of facts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// The issue's last received snapshot.
    Issue,
    /// The bases of the fields (the values that both sides last agreed on), and writes in progress.
    Memory,
    /// Forge's answer to the last `field.apply`, until the next visit has processed it.
    ApplyResult,
    /// The issue was deleted, archived or became unreadable: the reason. The next visit ends the link.
    IssueGone,
    /// Zammad says that the ticket does not exist: since when, and whether the link has ended because of it.
    TicketMissing,
    /// The notes about the issue's being done that the ticket has.
    DoneNotes,
    /// Hash of the ticket snapshot that the panel in Jira shows.
    PanelHash,
    /// Time (Jira's clock) up to which all comments and files of the issue were received.
    CaughtUpTo,
    /// Time up to which changes of the issue are known, in milliseconds since 1970: an event told of them, or they were the
    /// connector's own. An earlier change may be missing.
    HeardUpTo,
    /// The link came with a merged ticket: the id of the message that tells Forge so.
    Merge,
    /// The issue was created for the ticket: the id of the message that asked for it.
    Created,
    /// The articles that went along as one text when the link was made.
    EarlierArticles,
    /// A file that Jira announced and whose bytes were requested: Jira's attachment id.
    AnnouncedFile(String),
}

/// One fact of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFact {
    /// The link's ticket.
    pub ticket_id: u64,
    /// The link's issue.
    pub issue_id: String,
    /// Which fact.
    pub kind: FactKind,
    /// JSON; `None` deletes the fact.
    pub value: Option<String>,
}

/// All facts of one link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkFacts(BTreeMap<FactKind, String>);

impl LinkFacts {
    /// The JSON of a fact.
    #[must_use]
    pub fn json(&self, kind: &FactKind) -> Option<&str> {
        self.0.get(kind).map(String::as_str)
    }

    /// The value of a fact. `None` if it is not stored, or was stored in a form that this version cannot read.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, kind: &FactKind) -> Option<T> {
        serde_json::from_str(self.json(kind)?).ok()
    }
}

impl FromIterator<(FactKind, String)> for LinkFacts {
    fn from_iter<I: IntoIterator<Item = (FactKind, String)>>(facts: I) -> Self {
        Self(facts.into_iter().collect())
    }
}
