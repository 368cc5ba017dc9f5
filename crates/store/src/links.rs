//! Which ticket is which issue, what both sides last agreed on, and who wrote what.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Effects, StoreError};

/// A ticket–issue pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Zammad's ticket id (not its number).
    pub ticket_id: u64,
    /// Zammad's public ticket number.
    pub ticket_number: String,
    /// Jira's numeric issue id; it survives a move.
    pub issue_id: String,
    /// Jira's issue key as last heard; it does not survive a move.
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
    /// Both sides know it.
    Active,
    /// Ticket or issue is out of scope: all is kept, nothing is sent.
    Paused,
    /// Ended; kept for provenance.
    Ended,
}

/// A system of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The helpdesk.
    Zammad,
    /// The issue tracker.
    Jira,
}

/// Who wrote an object first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody there; we carried it to the other side.
    Theirs,
    /// We did, as the mirror of something on the other side.
    Ours,
}

/// One object on one side and its mirror, so that our own writes are recognised by record and not by guess.
///
/// A later record of the same object leaves the origin as it is and replaces the rest: mirror and print if it has them,
/// the carrier if it names one, ticket and time always (articles move when their ticket is merged).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Where the object is.
    pub side: Side,
    /// `article`, `comment`, ….
    pub object: String,
    /// Its id there.
    pub id: String,
    /// Who wrote it.
    pub origin: Origin,
    /// The mirror's id on the other side, once known.
    pub mirror: Option<String>,
    /// Fingerprint of the object as it was last carried: another one means that it has changed since.
    pub print: Option<String>,
    /// The ticket it belongs to.
    pub ticket_id: u64,
    /// The message or command that carried it; empty if none did.
    pub carried_by: String,
    /// When.
    pub at: UnixMs,
}

/// Links, bases and provenance.
#[async_trait]
pub trait Links: Send + Sync {
    /// All links of a ticket, oldest first.
    async fn links_of_ticket(&self, ticket_id: u64) -> Result<Vec<Link>, StoreError>;

    /// All links of an issue, oldest first.
    async fn links_of_issue(&self, issue_id: &str) -> Result<Vec<Link>, StoreError>;

    /// Links that have not ended, in (ticket, issue) order, from after `cursor` on.
    async fn links_after(&self, cursor: Option<(u64, String)>, limit: usize) -> Result<Vec<Link>, StoreError>;

    /// How many links have not ended.
    async fn link_count(&self) -> Result<u64, StoreError>;

    /// Which of these tickets have a link that has not ended.
    async fn linked(&self, ticket_ids: &[u64]) -> Result<BTreeSet<u64>, StoreError>;

    /// The ticket of this public number, as far as a link knows it, ended ones too.
    async fn ticket_of_number(&self, number: &str) -> Result<Option<u64>, StoreError>;

    /// From now on also articles from before the link are sent; false if there is no such link, or it has ended.
    async fn send_history(&self, ticket_id: u64, issue_id: &str) -> Result<bool, StoreError>;

    /// Last agreed values of a link: field → JSON.
    async fn bases(&self, ticket_id: u64, issue_id: &str) -> Result<BTreeMap<String, String>, StoreError>;

    /// What is recorded of an object.
    async fn provenance(&self, side: Side, object: &str, id: &str) -> Result<Option<Provenance>, StoreError>;

    /// The objects of a kind known on one side of a ticket.
    async fn known(&self, ticket_id: u64, side: Side, object: &str) -> Result<Vec<Provenance>, StoreError>;

    /// Stores effects on their own. Durable when it returns.
    async fn record(&self, effects: Effects) -> Result<(), StoreError>;
}
