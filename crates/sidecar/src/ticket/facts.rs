//! The facts stored with a link, as the sidecar's types.

use std::collections::{BTreeMap, BTreeSet};

use schema::time::parse_rfc3339;
use schema::{AttachmentAnnounced, UnixMs, codes};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{FactKind, Link, LinkFact, LinkFacts, Provenance, Store, StoreError, Subject, Trouble};
use sync::{Answered, ApplyOutcome, Memory};

/// The merge's memory of a link; empty for a link that was never merged.
pub(crate) fn memory(facts: &LinkFacts) -> Memory {
    facts.get(&FactKind::Memory).unwrap_or_default()
}

/// Forge's answer to the last `field.apply`, if the merge has not processed it.
pub(crate) fn apply_result(facts: &LinkFacts) -> Option<Answered> {
    facts.get(&FactKind::ApplyResult)
}

/// The message that tells Forge of the merge with which the link came.
pub(crate) fn merge(facts: &LinkFacts) -> Option<String> {
    facts.get(&FactKind::Merge)
}

/// Whether the issue was created for the ticket, by a rule or by an agent.
pub(crate) fn is_created(facts: &LinkFacts) -> bool {
    facts.get::<String>(&FactKind::Created).is_some()
}

/// Why the issue can no longer be used (`deleted`, `archived`, `no-access`), if so.
pub(crate) fn issue_gone(facts: &LinkFacts) -> Option<String> {
    facts.get(&FactKind::IssueGone)
}

/// The facts about a ticket that Zammad says does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Missing {
    /// When Zammad said so first.
    pub(crate) since: UnixMs,
    /// Whether the link has ended because of it.
    pub(crate) ended: bool,
}

/// Notes that Zammad says that the link's ticket does not exist.
pub(crate) fn missing_fact(link: &Link, since: UnixMs, ended: bool) -> LinkFact {
    LinkKey::from(link).set(FactKind::TicketMissing, &Missing { since, ended })
}

/// Whether Zammad says that the link's ticket does not exist.
pub(crate) fn missing(facts: &LinkFacts) -> Option<Missing> {
    facts.get(&FactKind::TicketMissing)
}

/// The notes about an issue's being done that a ticket has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DoneNotes {
    /// How many times the issue became done since the link began.
    pub(crate) times: u32,
    /// The last note since it became done.
    #[serde(rename = "told")]
    pub(crate) note: LastNote,
}

/// The last note about an issue's being done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum LastNote {
    /// None: the issue is not done.
    #[default]
    Nothing,
    /// It is done and waits for the release of its versions.
    WillBeReleased,
    /// It is done.
    Done,
}

/// The notes about the issue's being done; `None` for a link that no visit has looked at since these are recorded.
pub(crate) fn done_notes(facts: &LinkFacts) -> Option<DoneNotes> {
    facts.get(&FactKind::DoneNotes)
}

/// The articles that went along as one text when the link was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EarlierArticles {
    /// Those that the ticket had, and customers or agents could read as then, when it was last looked at.
    pub(crate) contained: BTreeSet<u64>,
    /// Those that the ticket lacks, and since when; whether they were deleted is not certain yet.
    pub(crate) missing: BTreeMap<u64, UnixMs>,
}

/// The articles of the text from before the link; `None` for a link that no visit has looked at since these are recorded.
pub(crate) fn earlier_articles(facts: &LinkFacts) -> Option<EarlierArticles> {
    facts.get(&FactKind::EarlierArticles)
}

/// Jira's time up to which everything on the issue was received.
pub(crate) fn caught_up_to(facts: &LinkFacts) -> Option<String> {
    facts.get(&FactKind::CaughtUpTo)
}

/// Jira's time up to which changes of the issue are known.
pub(crate) fn heard_up_to(facts: &LinkFacts) -> Option<UnixMs> {
    facts.get(&FactKind::HeardUpTo)
}

/// Jira's time of the last change of an issue is up to this much later than the change that was told, in milliseconds. Not
/// verified on a real site.
const SAME_CHANGE_MS: i64 = 2_000;

/// Whether a change of an issue at this time is known: an event told of it, or the connector made it, or everything was read later.
pub(crate) fn is_known(facts: &LinkFacts, updated_at: UnixMs) -> bool {
    let caught_up = caught_up_to(facts).and_then(|at| parse_rfc3339(&at));
    let heard = heard_up_to(facts).map(|at| at.plus(SAME_CHANGE_MS));
    heard.max(caught_up).is_some_and(|known| updated_at.since(known) <= 0)
}

/// The fact that a change of the issue at this time is known; `None` if a later one is.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn heard(store: &dyn Store, of: LinkKey<'_>, at: UnixMs) -> Result<Option<LinkFact>, StoreError> {
    let known = heard_up_to(&store.link_facts(of.ticket_id, of.issue_id).await?);
    Ok((known < Some(at)).then(|| of.set(FactKind::HeardUpTo, &at)))
}

/// The announcement of a file whose bytes were requested.
pub(crate) fn announced_file(facts: &LinkFacts, attachment_id: &str) -> Option<AttachmentAnnounced> {
    facts.get(&FactKind::AnnouncedFile(attachment_id.to_owned()))
}

/// Watermark: how many links Forge knows and how many there are here, if Forge knows fewer; empty if not.
pub(crate) const LINKS_UNKNOWN: &str = "links-unknown";

/// Pause between two attempts to write a part that failed on one issue.
pub(crate) const RESEND_MS: i64 = 600_000;

/// Whether a part that failed with this code is sent again: for a missing permission, which somebody may give.
pub(crate) fn is_resent(code: &str) -> bool {
    matches!(code, codes::ISSUE_NO_ACCESS | codes::JIRA_FORBIDDEN)
}

/// Which link a fact belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkKey<'a> {
    /// The link's ticket.
    pub(crate) ticket_id: u64,
    /// The link's issue.
    pub(crate) issue_id: &'a str,
}

impl<'a> From<&'a Link> for LinkKey<'a> {
    fn from(link: &'a Link) -> Self {
        Self { ticket_id: link.ticket_id, issue_id: &link.issue_id }
    }
}

impl LinkKey<'_> {
    /// Stores a fact.
    pub(crate) fn set(self, kind: FactKind, value: &impl Serialize) -> LinkFact {
        self.with_json(kind, serde_json::to_string(value).ok())
    }

    /// Deletes a fact.
    pub(crate) fn clear(self, kind: FactKind) -> LinkFact {
        self.with_json(kind, None)
    }

    /// Lists something about the link that is out of sync, or with `None` as code removes it from the list.
    pub(crate) fn trouble(self, subject: Subject, code: Option<&str>, detail: Option<String>, at: UnixMs) -> Trouble {
        Trouble {
            ticket_id: self.ticket_id,
            issue_id: self.issue_id.to_owned(),
            subject,
            code: code.map(str::to_owned),
            detail,
            at,
        }
    }

    /// Stores a value that is JSON already, or deletes the fact.
    pub(crate) fn with_json(self, kind: FactKind, value: Option<String>) -> LinkFact {
        LinkFact { ticket_id: self.ticket_id, issue_id: self.issue_id.to_owned(), kind, value }
    }
}

/// The result of a `field.apply` that nobody will answer: refused with `code`.
pub(crate) fn refused_apply(of: LinkKey<'_>, message_id: &str, code: &str) -> LinkFact {
    of.set(
        FactKind::ApplyResult,
        &Answered { message: message_id.to_owned(), outcome: ApplyOutcome::Refused(code.to_owned()) },
    )
}

/// The objects in Jira that one of Zammad's objects became; none if Forge has not answered.
pub(crate) fn mirrors<T: DeserializeOwned>(record: &Provenance) -> Vec<T> {
    record.mirror.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// A request to read the link's ticket again because Forge answered the message.
pub(crate) fn recheck_after_answer(ticket_id: u64, message_id: &str, at: UnixMs) -> store::Recheck {
    let cause = store::RecheckCause::Answered(message_id.to_owned());
    store::Recheck { ticket_id, cause, not_before: None, at }
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
