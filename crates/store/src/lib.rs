//! The sidecar's persistence: what it must remember across a crash, and nothing else.
//!
//! Traits here, one backend a folder ([`sqlite`]), one contract test suite that every backend passes
//! (`tests/contract`). SQL stands in the backends only. Nothing here reads a clock: `now` is an argument.
//!
//! The way of a datum: [`Inbox`] (a webhook's ids, never its body) → the worker reads the ticket → [`Outbox`] (what was
//! signed off for Jira) → settled by Forge's answer. Back: [`Commands`] (claimed, applied, acknowledged). What each step
//! changes in our knowledge ([`Links`], [`Journal`], [`Memos`]) are its [`Effects`], stored with it.

mod commands;
mod effects;
mod error;
mod inbox;
mod journal;
mod leases;
mod links;
mod memos;
mod outbox;
pub mod sqlite;

pub use commands::{AckRow, Claim, Commands};
pub use effects::{Base, Change, Effects, Ring, Trouble};
pub use error::StoreError;
pub use inbox::{Completion, Doorbell, Inbox, Intake, TicketLease};
pub use journal::{Found, Journal, TroubleRow};
pub use leases::{Fence, Leases};
pub use links::{Link, LinkState, Links, Origin, Provenance, Side};
pub use memos::{Likeness, Memos, Suggestion};
pub use outbox::{Batch, BatchLimits, NewMessage, Outbox, OutboxRow, Settlement};

use schema::UnixMs;

/// Rows waiting, for health pages and readiness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Doorbells not yet worked off.
    pub inbox: u64,
    /// Messages not yet settled by Forge.
    pub outbox: u64,
    /// Messages and doorbells given up, waiting for somebody to look.
    pub dead: u64,
    /// When the oldest waiting row came in, apart from tickets that shall not be read before a later time.
    pub oldest: Option<UnixMs>,
}

/// Everything a backend offers.
#[async_trait::async_trait]
pub trait Store: Inbox + Outbox + Links + Journal + Memos + Commands + Leases {
    /// Rows waiting now.
    async fn counts(&self) -> Result<Counts, StoreError>;

    /// Whether nothing of a ticket waits: no doorbell and no message. Whoever rang before has been answered then, with
    /// everything that came of it; what was given up does not wait.
    async fn idle(&self, ticket_id: u64) -> Result<bool, StoreError>;

    /// Ends every lease on tickets and every claim on messages and commands: called by an instance that has just taken the
    /// exchange over, so that the work of a dead one need not wait for its leases to run out. Whoever still works under
    /// one is fenced; a command begun before is [`Claim::Interrupted`].
    async fn void_claims(&self) -> Result<(), StoreError>;

    /// Proves that a write reaches the disk (a committed, synced row), so that readiness means it.
    async fn probe(&self, now: UnixMs) -> Result<(), StoreError>;
}
