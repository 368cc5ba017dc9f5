//! Messages for Forge, from the moment they are cleared to leave until Forge has answered each.

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Effects, StoreError};

/// A message to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// ULID, stable over all retries.
    pub id: String,
    /// The ticket whose order it keeps.
    pub ticket_id: u64,
    /// Wire kind, e.g. `article.added`.
    pub kind: String,
    /// The message as JSON, exactly as it will stand in the exchange's `messages` array.
    pub body: String,
    /// If set: a second message with the same key is silently not appended, for ever (also after it is settled).
    pub once: Option<String>,
    /// When it was made.
    pub created_at: UnixMs,
}

/// A message as claimed for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// ULID.
    pub id: String,
    /// The ticket.
    pub ticket_id: u64,
    /// Wire kind.
    pub kind: String,
    /// JSON, see [`NewMessage::body`].
    pub body: String,
    /// How often it was sent before.
    pub attempts: u32,
    /// When it was made.
    pub created_at: UnixMs,
}

/// What one exchange may carry.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// At most so many messages (docs/protocol.md §2: 50).
    pub messages: usize,
    /// At most so many bytes of bodies together; one message that alone is larger is claimed alone.
    pub bytes: usize,
    /// At most so many of one ticket, so that a busy ticket does not crowd out the others.
    pub per_ticket: usize,
}

/// A claimed batch. Until settled or expired nobody else gets these messages, nor others of their tickets.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Names this claim.
    pub token: i64,
    /// In sending order: per ticket in order of appending.
    pub rows: Vec<OutboxRow>,
}

/// Forge's word on one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Applied (now or earlier). Its body is wiped. `result` (JSON) stays readable by id for 24 h.
    Done {
        /// Forge's `data`, if any.
        result: Option<String>,
    },
    /// Send again, with its ticket's later messages waiting behind it, not before `at`.
    Retry {
        /// Earliest next attempt.
        at: UnixMs,
        /// Why, for the operator.
        code: String,
    },
    /// Given up: kept as a dead letter with its body; the ticket's later messages flow on.
    Dead {
        /// Why, for the operator.
        code: String,
    },
}

/// Messages for Forge.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Appends outside of a ticket's work (a CLI verb, `hello`). Durable when it returns; an id that is known is left out,
    /// so the call may be repeated.
    async fn append(&self, messages: Vec<NewMessage>) -> Result<(), StoreError>;

    /// Claims the next batch; empty if nothing is due. Order per ticket is kept: a ticket whose first waiting message is
    /// claimed or held back gives none; dead letters hold nobody back. Tickets that waited longest go first.
    async fn claim(&self, now: UnixMs, lease_ms: i64, limits: BatchLimits) -> Result<Batch, StoreError>;

    /// Records what became of messages of a batch, with the effects, in one transaction. [`StoreError::Fenced`], and
    /// nothing written, if the claim has expired and somebody else took one of them. Messages of the batch that are not
    /// named stay claimed until the lease ends.
    async fn settle(
        &self,
        batch: &Batch,
        settlements: Vec<(String, Settlement)>,
        effects: Effects,
        now: UnixMs,
    ) -> Result<(), StoreError>;

    /// What became of a message: `None` while it waits (or is unknown).
    async fn settled(&self, id: &str) -> Result<Option<Settlement>, StoreError>;

    /// Dead letters, oldest first: (id, ticket, kind, code).
    async fn dead_letters(&self, limit: usize) -> Result<Vec<(String, u64, String, String)>, StoreError>;

    /// Puts a dead letter back in its ticket's line, with its id unchanged; false if there is none of that id.
    async fn replay(&self, id: &str, now: UnixMs) -> Result<bool, StoreError>;

    /// When the next message becomes due, if any waits.
    async fn next_due(&self) -> Result<Option<UnixMs>, StoreError>;

    /// Forgets results of settled messages older than `before` (their `once` keys stay); returns how many.
    async fn forget_settled(&self, before: UnixMs) -> Result<u64, StoreError>;
}
