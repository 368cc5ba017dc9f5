//! Webhooks received, until the ticket they ring for has been read.

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Effects, NewMessage, StoreError};

/// A webhook boiled down to what may rest on the disk: who rang, for which ticket, when. Never a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doorbell {
    /// `X-Zammad-Delivery`: the same on all five attempts of one event (docs/platforms/zammad.md §6.1). Must be a UUID:
    /// `own:` before a text means a [`crate::Ring`] of our own.
    pub delivery: String,
    /// The ticket to read again.
    pub ticket_id: u64,
    /// The article the event came with, if any.
    pub article_id: Option<u64>,
    /// When the last byte of the webhook was read.
    pub received_at: UnixMs,
}

/// What became of a doorbell. Both are answered 2xx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// Durable now.
    Stored,
    /// This delivery is already here (or was, within the last 24 h).
    Duplicate,
}

/// The right to work on one ticket until `expires_at`; all doorbells up to `through` are answered by one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketLease {
    /// The ticket.
    pub ticket_id: u64,
    /// Names this lease; a later holder has another.
    pub token: i64,
    /// The newest doorbell (backend's sequence) that this work answers.
    pub through: i64,
    /// How often this work was begun before, without an outcome or with a failure.
    pub attempts: u32,
    /// From here on somebody else may take the ticket.
    pub expires_at: UnixMs,
}

/// How the work on a leased ticket ended.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    /// What Jira shall hear; appended to the outbox in this order.
    pub messages: Vec<NewMessage>,
    /// What changes in the same transaction. A ring for this very ticket keeps it waiting.
    pub effects: Effects,
}

/// Doorbells and the leases on their tickets.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Stores a doorbell. `Ok` means durable (synced): only then may the webhook be answered 2xx. Concurrent calls share
    /// one commit. If the caller stops waiting, the row may still be stored.
    async fn ring(&self, doorbell: Doorbell) -> Result<Intake, StoreError>;

    /// Leases the ticket that has waited longest and is neither leased nor held back, or `None`.
    async fn lease_ticket(&self, now: UnixMs, lease_ms: i64) -> Result<Option<TicketLease>, StoreError>;

    /// Ends the work: doorbells up to `lease.through` are done and the completion is stored, in one transaction.
    /// A doorbell that came meanwhile keeps the ticket waiting. [`StoreError::Fenced`] if the lease is not ours any more,
    /// by time or because somebody else has it; then nothing is written. Doorbells of the ticket that were given up on
    /// before count as answered too.
    async fn complete(&self, lease: &TicketLease, completion: Completion, now: UnixMs) -> Result<(), StoreError>;

    /// Gives the ticket back after a failure; not leased again before `not_before`. `code` is kept for the operator.
    async fn put_back(&self, lease: &TicketLease, not_before: UnixMs, code: &str) -> Result<(), StoreError>;

    /// Gives up on the doorbells up to `lease.through`: they stay visible as dead until the ticket is read
    /// after all, and other tickets go on. Fenced as [`Inbox::complete`].
    async fn bury(&self, lease: &TicketLease, now: UnixMs, code: &str) -> Result<(), StoreError>;

    /// Tickets with doorbells that were given up on, longest ago first: ticket, when, code.
    async fn buried(&self, limit: usize) -> Result<Vec<(u64, UnixMs, String)>, StoreError>;

    /// Tickets that somebody rang for at or after `since`, whatever became of it; lowest id first.
    async fn rung_since(&self, since: UnixMs, limit: usize) -> Result<Vec<u64>, StoreError>;

    /// Forgets worked-off deliveries older than `before`; returns how many.
    async fn forget_deliveries(&self, before: UnixMs) -> Result<u64, StoreError>;
}
