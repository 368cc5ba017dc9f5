//! Messages for Forge, from the moment they passed the privacy boundary until Forge has answered each.

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Effects, StoreError};

/// A message to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// ULID; the same on every retry.
    pub id: String,
    /// The ticket whose order the message keeps; 0 for messages that concern no ticket.
    pub ticket_id: u64,
    /// Wire kind, e.g. `article.added`.
    pub kind: String,
    /// The message as JSON, exactly as it will stand in the exchange's `messages` array.
    pub body: String,
    /// If set, a later message with the same key is silently left out, also after this one is settled.
    pub dedup_key: Option<String>,
    /// When it was made.
    pub created_at: UnixMs,
}

/// A message claimed for sending.
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

/// Limits of one batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Most messages (docs/protocol.md §2: 50).
    pub messages: usize,
    /// Most bytes of bodies together; a single larger message is claimed alone.
    pub bytes: usize,
    /// Most messages of one ticket, so that a busy ticket does not crowd out the others.
    pub per_ticket: usize,
}

/// A claimed batch. Until it is settled or the claim expires, nobody else gets these messages or others of their tickets.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Identifies this claim.
    pub token: i64,
    /// In sending order: per ticket in order of appending.
    pub rows: Vec<OutboxRow>,
}

/// The outcome of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Applied by Forge, now or earlier. The body is wiped.
    Done {
        /// Forge's `data` as JSON, kept only for messages whose sender reads it by id (for 24 h or longer).
        result: Option<String>,
    },
    /// Send again, not before `at`; later messages of the ticket wait behind it.
    Retry {
        /// Earliest next attempt.
        at: UnixMs,
        /// Reason code for the operator.
        code: String,
    },
    /// Not sent again: kept as a dead letter with its body; later messages of the ticket are sent.
    Dead {
        /// Reason code for the operator.
        code: String,
    },
}

/// A message that will not be sent again unless an operator replays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message's id.
    pub id: String,
    /// The ticket; 0 if it concerns none.
    pub ticket_id: u64,
    /// Wire kind.
    pub kind: String,
    /// Reason code.
    pub code: String,
}

/// A message that could not be delivered and is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMessage {
    /// Its id.
    pub id: String,
    /// Its ticket, 0 for a message without one.
    pub ticket_id: u64,
    /// Its kind, such as `article.added`.
    pub kind: String,
    /// Why it was not delivered.
    pub code: String,
    /// When it is tried again.
    pub not_before: UnixMs,
}

/// Messages for Forge.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Appends messages outside of a visit (CLI verbs, `hello`). Durable when it returns. A known id is left out, so the
    /// call may be repeated.
    async fn append(&self, messages: Vec<NewMessage>) -> Result<(), StoreError>;

    /// Claims the next batch; empty if nothing is due. The order per ticket is kept: a ticket whose first waiting message
    /// is claimed or postponed contributes none; dead letters block nothing. Tickets that waited longest go first.
    async fn claim(&self, now: UnixMs, lease_ms: i64, limits: BatchLimits) -> Result<Batch, StoreError>;

    /// Records the outcomes of messages of a batch with the effects, in one transaction. Messages of the batch that are
    /// not named stay claimed until the claim expires.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], and nothing is written, if the claim has expired and another holder took one of them.
    async fn settle(
        &self,
        batch: &Batch,
        settlements: Vec<(String, Settlement)>,
        effects: Effects,
        now: UnixMs,
    ) -> Result<(), StoreError>;

    /// The outcome of a message; `None` while it waits, or if the id is unknown.
    async fn settled(&self, id: &str) -> Result<Option<Settlement>, StoreError>;

    /// Whether a message waits for Forge's answer, also while it is on its way. An unknown id is not waiting: the messages that
    /// Forge accepted are deleted after some time.
    async fn is_waiting(&self, id: &str) -> Result<bool, StoreError>;

    /// Whether a message with this `dedup_key` was ever appended.
    async fn is_used(&self, dedup_key: &str) -> Result<bool, StoreError>;

    /// At most `limit` dead letters, oldest first.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Queues a dead letter again, with its id unchanged; false if there is none with that id.
    async fn replay(&self, id: &str, now: UnixMs) -> Result<bool, StoreError>;

    /// The tickets whose first message was tried `attempts` times or more and waits, with that message; at most `limit`, the next
    /// due first.
    async fn waiting_messages(&self, attempts: u32, limit: usize) -> Result<Vec<WaitingMessage>, StoreError>;

    /// Makes postponed messages due at once, in their order. Returns of how many tickets.
    async fn retry_all_messages(&self, now: UnixMs) -> Result<u64, StoreError>;

    /// The same for the messages of one ticket. Returns whether they had to wait.
    async fn retry_messages_of(&self, ticket_id: u64, now: UnixMs) -> Result<bool, StoreError>;

    /// When the next message becomes due, if any waits.
    async fn next_due(&self) -> Result<Option<UnixMs>, StoreError>;

    /// Deletes messages settled before `before` (their deduplication keys stay). Returns how many.
    async fn prune_settled(&self, before: UnixMs) -> Result<u64, StoreError>;
}
