//! Links between tickets and issues, the facts kept with them, and the provenance of objects.

use std::collections::BTreeSet;

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Effects, LinkFacts, StoreError};

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

/// One of the two systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The helpdesk.
    Zammad,
    /// The issue tracker.
    Jira,
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

/// Links, their facts, and provenance.
#[async_trait]
pub trait Links: Send + Sync {
    /// All links of a ticket, oldest first.
    async fn links_of_ticket(&self, ticket_id: u64) -> Result<Vec<Link>, StoreError>;

    /// All links of an issue, oldest first.
    async fn links_of_issue(&self, issue_id: &str) -> Result<Vec<Link>, StoreError>;

    /// At most `limit` links that have not ended, in (ticket, issue) order, after `cursor`.
    async fn links_after(&self, cursor: Option<(u64, String)>, limit: usize) -> Result<Vec<Link>, StoreError>;

    /// How many links have not ended.
    async fn link_count(&self) -> Result<u64, StoreError>;

    /// Which of these tickets have a link that has not ended.
    async fn linked(&self, ticket_ids: &[u64]) -> Result<BTreeSet<u64>, StoreError>;

    /// The id of the ticket with this public number, if a link (ended ones included) knows it.
    async fn ticket_of_number(&self, number: &str) -> Result<Option<u64>, StoreError>;

    /// From now on articles from before the link are sent too. False if there is no such link, or it has ended.
    async fn include_history(&self, ticket_id: u64, issue_id: &str) -> Result<bool, StoreError>;

    /// All facts of a link.
    async fn link_facts(&self, ticket_id: u64, issue_id: &str) -> Result<LinkFacts, StoreError>;

    /// The record of one object.
    async fn provenance(&self, side: Side, object: ObjectKind, id: &str) -> Result<Option<Provenance>, StoreError>;

    /// All recorded objects of a kind on one side of a ticket.
    async fn recorded(&self, ticket_id: u64, side: Side, object: ObjectKind) -> Result<Vec<Provenance>, StoreError>;

    /// Stores effects on their own. Durable when it returns.
    async fn record(&self, effects: Effects) -> Result<(), StoreError>;
}
