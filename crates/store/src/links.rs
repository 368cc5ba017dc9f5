//! Links between tickets and issues, the facts kept with them, and the provenance of objects.

use std::collections::BTreeSet;

use async_trait::async_trait;
use schema::Side;

use crate::{Effects, Link, LinkFacts, ObjectKind, Provenance, StoreError};

/// Links, their facts, and provenance.
#[async_trait]
pub trait Links: Send + Sync {
    /// All links of a ticket, oldest first.
    async fn links_of_ticket(&self, ticket_id: u64) -> Result<Vec<Link>, StoreError>;

    /// The oldest link of an issue that has not ended.
    async fn oldest_link(&self, issue_id: &str) -> Result<Option<Link>, StoreError>;

    /// All links of an issue that have not ended, oldest first.
    async fn links_of_issue(&self, issue_id: &str) -> Result<Vec<Link>, StoreError>;

    /// At most `limit` links that have not ended, in (ticket, issue) order, after `cursor`.
    async fn links_after(&self, cursor: Option<(u64, String)>, limit: usize) -> Result<Vec<Link>, StoreError>;

    /// Tickets with an id above `after` that Zammad says do not exist ([`crate::FactKind::TicketMissing`]), lowest id first; at
    /// most `limit`.
    async fn missing_tickets(&self, after: u64, limit: usize) -> Result<Vec<u64>, StoreError>;

    /// At most `limit` tickets with an id above `after` of which every link has ended, while comments or files that were made
    /// of them are recorded; by id.
    async fn unlinked_tickets(&self, after: u64, limit: usize) -> Result<Vec<u64>, StoreError>;

    /// How many links have not ended.
    async fn link_count(&self) -> Result<u64, StoreError>;

    /// Which of these tickets have a link that has not ended.
    async fn linked(&self, ticket_ids: &[u64]) -> Result<BTreeSet<u64>, StoreError>;

    /// The id of the ticket with this public number, if a link (ended ones included) knows it.
    async fn ticket_of_number(&self, number: &str) -> Result<Option<u64>, StoreError>;

    /// Makes the link send also the articles from before it. False if there is no such link, or it has ended.
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
