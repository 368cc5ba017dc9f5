//! Changes to the stored records, written in the same transaction as the step that causes them.

use schema::{Side, UnixMs};

use crate::{Link, LinkFact, Provenance, Subject};

/// A set of changes. The method that takes it writes all of them in its own transaction, or none.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Links to insert, or to replace by (ticket, issue).
    pub links: Vec<Link>,
    /// Objects to record. The origin of a known object is kept; the rest is replaced as [`Provenance`] describes.
    pub provenance: Vec<Provenance>,
    /// Facts of links to replace or delete.
    pub facts: Vec<LinkFact>,
    /// Tickets to read again.
    pub rechecks: Vec<Recheck>,
    /// Fields and other subjects that are out of sync, or in sync again.
    pub troubles: Vec<Trouble>,
    /// Values that were written; appended to the history.
    pub changes: Vec<Change>,
    /// The admin's settings as received from Forge.
    pub settings: Option<StoredSettings>,
    /// Progress of background tasks: name and value; replaced.
    pub watermarks: Vec<(String, String)>,
}

/// The sidecar's own request to read a ticket again. It is queued like a webhook: one reading of the ticket answers all
/// requests and webhooks received before it, including deferred ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recheck {
    /// The ticket to read again.
    pub ticket_id: u64,
    /// Why. A second request for the same ticket and cause is ignored until [`crate::Inbox::prune_notifications`]
    /// deletes the first.
    pub cause: RecheckCause,
    /// Earliest time of the reading, or `None` for at once. It delays neither a ticket that is due already nor one with
    /// an earlier request.
    pub not_before: Option<UnixMs>,
    /// When the request was made.
    pub at: UnixMs,
}

/// Why a ticket is read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecheckCause {
    /// Forge answered a message about the ticket: the message's id.
    Answered(String),
    /// A comparison requested the issue's snapshot, and it was stored: the id of the `issue.get` message.
    IssueRead(String),
    /// A command from Jira: its id.
    Command(String),
    /// Writes to the issue were postponed to keep their minimum distance: a unique id.
    Paced(String),
    /// Links moved here from a merged ticket: the id of the `ticket.merged` message.
    Merged(String),
    /// Zammad said that the ticket does not exist, or that a missing ticket exists again: when it was asked. The ticket is
    /// read again to confirm that.
    Missing(UnixMs),
    /// The sweep found the ticket changed: Zammad's `updated_at`.
    Sweep(String),
    /// The daily comparison: the start of its round.
    Drift(UnixMs),
    /// The operator's comparison of all links: the link's issue, and the start of the pass.
    Backfill(String, UnixMs),
}

/// Something of a link that is out of sync, or is in sync again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The link's ticket.
    pub ticket_id: u64,
    /// The link's issue.
    pub issue_id: String,
    /// The subject.
    pub subject: Subject,
    /// Reason code; `None` if it is in sync again.
    pub code: Option<String>,
    /// Details without content: fixed words, ids, names of rules.
    pub detail: Option<String>,
    /// When this was found.
    pub at: UnixMs,
}

/// A value that the connector wrote on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The link's ticket.
    pub ticket_id: u64,
    /// The link's issue.
    pub issue_id: String,
    /// Name of the field.
    pub field: String,
    /// The side that was written.
    pub side: Side,
    /// Who had changed the value on the other side, if known: that side's user id.
    pub actor: Option<String>,
    /// The message or command that carried the value.
    pub message_id: String,
    /// When it was written.
    pub at: UnixMs,
    /// Whether both sides had changed the field.
    pub conflict: bool,
    /// In a conflict: the value that was kept, as JSON.
    pub kept: Option<String>,
    /// In a conflict: the value that was discarded, as JSON.
    pub lost: Option<String>,
}

/// The admin's settings as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSettings {
    /// Version of the settings, as named by Forge.
    pub etag: String,
    /// The settings ([`schema::Settings`]) as JSON.
    pub json: String,
}
