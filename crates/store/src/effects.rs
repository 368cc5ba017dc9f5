//! Changes to what we know, made in the same transaction as the step that justifies them.

use schema::UnixMs;

use crate::{Link, Provenance, Side};

/// Changes to what we know. Whoever takes them applies all of them in its own transaction, or none.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Inserted, or replaced by (ticket, issue).
    pub links: Vec<Link>,
    /// Inserted. Of an object that is known the origin stays; the rest is replaced as [`Provenance`] says.
    pub provenance: Vec<Provenance>,
    /// Agreed values; replaced, or removed.
    pub bases: Vec<Base>,
    /// Tickets to read again.
    pub rings: Vec<Ring>,
    /// Fields that are out of sync, or are not any more.
    pub troubles: Vec<Trouble>,
    /// What was written; appended.
    pub changes: Vec<Change>,
    /// The admin's settings as Forge gave them: etag, JSON.
    pub settings: Option<(String, String)>,
    /// How far something has got: name, value; replaced.
    pub watermarks: Vec<(String, String)>,
}

/// What both sides of a link last agreed on, of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The link's ticket.
    pub ticket_id: u64,
    /// The link's issue.
    pub issue_id: String,
    /// The field.
    pub field: String,
    /// JSON; `None` forgets it.
    pub value: Option<String>,
}

/// A doorbell of our own. It answers to the same rules as a webhook's: one reading of the ticket answers all that rang so
/// far, also those that asked for a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// The ticket to read again.
    pub ticket_id: u64,
    /// The same key again does nothing, until [`crate::Inbox::forget_deliveries`] forgets it.
    pub key: String,
    /// The ticket need not be read earlier than this. Whoever rings without it, or with a sooner one, is not kept waiting
    /// by it; nor does it delay a ticket that is due already.
    pub not_before: Option<UnixMs>,
    /// When it rang.
    pub at: UnixMs,
}

/// A field of a link that is out of sync, or is not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The link's ticket.
    pub ticket_id: u64,
    /// The link's issue.
    pub issue_id: String,
    /// The field.
    pub field: String,
    /// Why; `None`: it is in sync again.
    pub code: Option<String>,
    /// More, in fixed words, ids and names of rules; no content.
    pub detail: Option<String>,
    /// When this was found.
    pub at: UnixMs,
}

/// A value that we wrote on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The link's ticket.
    pub ticket_id: u64,
    /// The link's issue.
    pub issue_id: String,
    /// The field.
    pub field: String,
    /// Which side was written.
    pub side: Side,
    /// Who had changed it on the other side, if that is known: an id there.
    pub actor: Option<String>,
    /// The message or command that carried it.
    pub message_id: String,
    /// When.
    pub at: UnixMs,
    /// Both sides had changed it.
    pub conflict: bool,
    /// On a conflict: the value that stands now, as JSON.
    pub kept: Option<String>,
    /// On a conflict: the value that was given up, as JSON.
    pub lost: Option<String>,
}
