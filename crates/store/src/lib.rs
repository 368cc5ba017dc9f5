//! The sidecar's persistence: the state that must survive a crash, and nothing else.
//!
//! Traits are here, one backend per folder ([`sqlite`]), and one contract test suite that every backend passes
//! (`tests/contract`). SQL stands in the backends only. Nothing here reads a clock: `now` is an argument.
//! Every method can fail with [`StoreError::Unavailable`] or [`StoreError::Corrupt`]; other errors are named at the method.
//!
//! Data flow, Zammad to Jira: [`Inbox`] (a webhook's ids, never its body) → a worker reads the ticket → [`Outbox`]
//! (messages cleared for Jira) → settled by Forge's answers. Jira to Zammad: [`Commands`] (claimed, applied,
//! acknowledged). Each step's changes to the other records ([`Links`], [`Journal`], [`Metadata`]) are its [`Effects`],
//! stored in the step's own transaction.
//!
//! There is one trait per concern, because Rust requires that a trait is implemented in one block: one trait of fifty methods
//! would put all SQL of a backend into one file, or need a second layer that only forwards. Callers take [`Store`], which
//! combines them.

mod commands;
mod effects;
mod error;
mod facts;
mod inbox;
mod journal;
mod leases;
mod links;
mod metadata;
mod outbox;
mod records;
pub mod sqlite;
mod subject;

pub use commands::{AckRow, Claim, Commands};
pub use effects::{Change, Effects, Recheck, RecheckCause, StoredSettings, Trouble};
pub use error::StoreError;
pub use facts::{FactKind, LinkFact, LinkFacts};
pub use inbox::{
    AbandonedTicket, Completion, Inbox, Intake, Notification, STOPS_THE_PROCESS, TicketLease, WaitingTicket,
};
pub use journal::{DriftFindings, Journal, TroubleRow};
pub use leases::{Fence, Leases};
pub use links::Links;
pub use metadata::{MatchedBy, Metadata, Suggestion};
pub use outbox::{Batch, BatchLimits, DeadLetter, NewMessage, Outbox, OutboxRow, Settlement, WaitingMessage};
pub use records::{Link, LinkState, ObjectKind, Origin, Provenance};
pub use subject::Subject;

use schema::UnixMs;

/// Numbers of waiting rows, for health pages and readiness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Notifications not yet processed.
    pub inbox: u64,
    /// Messages not yet settled by Forge.
    pub outbox: u64,
    /// Dead letters and abandoned notifications.
    pub dead: u64,
    /// When the oldest waiting row was stored; tickets deferred to a later time do not count.
    pub oldest: Option<UnixMs>,
}

/// Everything a backend offers.
#[async_trait::async_trait]
pub trait Store: Inbox + Outbox + Links + Journal + Metadata + Commands + Leases {
    /// Numbers of waiting rows.
    async fn counts(&self) -> Result<Counts, StoreError>;

    /// Whether nothing of a ticket waits, neither notification nor message. Then every earlier notification has been
    /// processed, with everything that resulted from it. Dead letters and abandoned notifications do not wait.
    async fn idle(&self, ticket_id: u64) -> Result<bool, StoreError>;

    /// Ends every lease on tickets and every claim on messages and commands. An instance that has just acquired the
    /// exchange lease calls this, so that the work of a dead instance need not wait for its leases to expire. A holder that
    /// still works gets [`StoreError::Fenced`]; a command started before is [`Claim::Interrupted`]. A ticket that was leased for the
    /// third time in a row when its holder ended is set aside for 15 minutes with the code [`STOPS_THE_PROCESS`].
    async fn release_claims(&self, now: UnixMs) -> Result<(), StoreError>;

    /// Commits and syncs a row, which proves that writes reach the disk. For readiness checks.
    async fn probe(&self, now: UnixMs) -> Result<(), StoreError>;

    /// Looks for damage in the stored data, which may take seconds for a large store. Returns the first finding: the name of a
    /// table, index or page, never a stored value; `None` if there is none. A failed look for another reason is an error.
    async fn damage(&self) -> Result<Option<String>, StoreError>;

    /// Whether the last operation failed for a reason of the store itself (disk, lock, damage). [`StoreError::Fenced`]
    /// is no failure. Health pages read it, so that no caller needs to report store errors.
    fn is_failing(&self) -> bool;
}
