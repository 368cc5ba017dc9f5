//! Notifications from Zammad, kept until the ticket they concern has been read.

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Effects, NewMessage, StoreError};

/// The part of a webhook that may be stored: which delivery, which ticket, when. Never a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// `X-Zammad-Delivery`: the same on all five attempts of one event (docs/platforms/zammad.md §6.1). Must be a UUID:
    /// ids that start with `own:` are reserved for [`crate::Recheck`].
    pub delivery: String,
    /// The ticket to read.
    pub ticket_id: u64,
    /// The article that the event is about, if any.
    pub article_id: Option<u64>,
    /// When the last byte of the webhook was received.
    pub received_at: UnixMs,
}

/// How a notification was stored. Both cases are answered 2xx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// Stored, and durable now.
    Stored,
    /// This delivery was stored before and has not been pruned since.
    Duplicate,
}

/// The exclusive right to process one ticket until `expires_at`. One reading answers all notifications up to `through`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketLease {
    /// The ticket.
    pub ticket_id: u64,
    /// Identifies this lease; every later lease has a higher token.
    pub token: i64,
    /// The newest notification (sequence number of the backend) that this work answers.
    pub through: i64,
    /// How often this work was started before without success.
    pub attempts: u32,
    /// From this time on another worker may lease the ticket.
    pub expires_at: UnixMs,
}

/// The result of processing a leased ticket.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    /// Messages for Jira; appended to the outbox in this order.
    pub messages: Vec<NewMessage>,
    /// Changes made in the same transaction. A recheck of this very ticket keeps it queued.
    pub effects: Effects,
}

/// The code of a ticket that was being read, three times in a row, when the process ended.
pub const STOPS_THE_PROCESS: &str = "stops-the-process";

/// A ticket whose processing was abandoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbandonedTicket {
    /// The ticket.
    pub ticket_id: u64,
    /// When it was abandoned.
    pub at: UnixMs,
    /// Reason code.
    pub code: String,
}

/// A ticket whose processing failed and is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingTicket {
    /// The ticket.
    pub ticket_id: u64,
    /// When it is tried again.
    pub not_before: UnixMs,
    /// Reason code.
    pub code: String,
}

/// Notifications, and the leases on their tickets.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Stores a notification. `Ok` means durable (synced): only then may the webhook be answered 2xx. Concurrent calls
    /// share one commit. If the caller stops waiting, the row may still be stored.
    async fn receive(&self, notification: Notification) -> Result<Intake, StoreError>;

    /// Leases the ticket that has waited longest among those that are due and not leased; `None` if there is none.
    async fn lease_ticket(&self, now: UnixMs, lease_ms: i64) -> Result<Option<TicketLease>, StoreError>;

    /// Ends the work: marks notifications up to `lease.through` as done and stores the completion, in one transaction.
    /// A later notification keeps the ticket queued. Abandoned notifications of the ticket are done as well.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], and nothing is written, if the lease has expired or another worker holds the ticket.
    async fn complete(&self, lease: &TicketLease, completion: Completion, now: UnixMs) -> Result<(), StoreError>;

    /// Returns the ticket to the queue after a failure; it is not leased again before `not_before`. `code` is kept for
    /// the operator.
    async fn retry_ticket(&self, lease: &TicketLease, not_before: UnixMs, code: &str) -> Result<(), StoreError>;

    /// Makes every ticket that waits after a failure due at `now`. Returns how many.
    async fn retry_all_tickets(&self, now: UnixMs) -> Result<u64, StoreError>;

    /// At most `limit` tickets that wait after a failure, the soonest first.
    async fn waiting_tickets(&self, limit: usize) -> Result<Vec<WaitingTicket>, StoreError>;

    /// Stops retrying the notifications up to `lease.through`: they stay listed as abandoned until the ticket is read
    /// again for another reason.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] as for [`Inbox::complete`].
    async fn abandon_ticket(&self, lease: &TicketLease, now: UnixMs, code: &str) -> Result<(), StoreError>;

    /// At most `limit` tickets that were abandoned, longest ago first.
    async fn abandoned_tickets(&self, limit: usize) -> Result<Vec<AbandonedTicket>, StoreError>;

    /// At most `limit` tickets with a notification received at or after `since`, processed or not; lowest id first.
    async fn notified_since(&self, since: UnixMs, limit: usize) -> Result<Vec<u64>, StoreError>;

    /// Deletes notifications that were done before `before`. Returns how many.
    async fn prune_notifications(&self, before: UnixMs) -> Result<u64, StoreError>;
}
