//! The records of links and mirrored objects.

use schema::{Side, UnixMs};

/// A ticket–issue pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Zammad's ticket id (not its number).
    pub ticket_id: u64,
    /// Zammad's public ticket number.
    pub ticket_number: String,
    /// Jira's numeric issue id; a move to another project does not change it.
    pub issue_id: String,
    /// Jira's issue key as last received; a move changes it.
    pub issue_key: String,
    /// Whether it syncs.
    pub state: LinkState,
    /// Articles up to this id existed before the link and are not sent.
    pub after_article: u64,
    /// When it was made.
    pub created_at: UnixMs,
}

/// Whether a link syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It syncs.
    Active,
    /// Ticket or issue is out of scope: everything is kept, nothing is sent.
    Paused,
    /// Ended; kept for provenance.
    Ended,
}

/// Who created an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person (or another integration); the connector mirrored it to the other side.
    Theirs,
    /// The connector, as the mirror of an object on the other side.
    Ours,
}

/// The kinds of objects whose provenance is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A Zammad article.
    Article,
    /// One part of a long article, id `<article>:<part>`; its mirror is a list of comments as JSON.
    ArticlePart,
    /// A Jira comment.
    Comment,
    /// An attachment on either side.
    File,
    /// A mail of a Zammad ticket; the id is a hash of its Message-ID.
    Mail,
}

/// One object on one side and its mirror, so that the connector recognises its own writes from records.
///
/// A later record of the same object keeps the origin and replaces the rest: mirror and fingerprint if it has them,
/// `carried_by` if it is not empty, ticket and time always (articles move when their ticket is merged).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Where the object is.
    pub side: Side,
    /// Its kind.
    pub object: ObjectKind,
    /// Its id there.
    pub id: String,
    /// Who created it.
    pub origin: Origin,
    /// The mirror's id on the other side, once known.
    pub mirror: Option<String>,
    /// Fingerprint of the object when it was last mirrored. A different fingerprint means that it has changed since.
    pub fingerprint: Option<String>,
    /// The ticket it belongs to.
    pub ticket_id: u64,
    /// The message or command that carried it; empty if none did.
    pub carried_by: String,
    /// When this was recorded.
    pub at: UnixMs,
}
