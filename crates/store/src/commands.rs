//! The log of applied commands: each command from Jira is claimed once, applied once, and acknowledged until Forge has
//! received the acknowledgement.

use async_trait::async_trait;
use schema::{AckStatus, UnixMs};

use crate::{Effects, StoreError};

/// The state of a command at the moment it is claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Never seen before: apply it.
    Fresh,
    /// Started earlier without a recorded end (crash, or another instance): look for the mark in Zammad before writing again.
    Interrupted,
    /// Another holder started it and its claim has not expired: leave it alone.
    Busy,
    /// Already applied. Its acknowledgement is pending or was delivered.
    Applied,
}

/// An acknowledgement to send to Forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckRow {
    /// The command's id.
    pub command_id: String,
    /// How the command ended.
    pub status: AckStatus,
    /// Reason code, as on the wire.
    pub code: Option<String>,
}

/// The log of applied commands.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Claims a command for `lease_ms` milliseconds. Durable when it returns, so a process that crashes after writing to
    /// Zammad finds [`Claim::Interrupted`].
    async fn claim_command(&self, id: &str, now: UnixMs, lease_ms: i64) -> Result<Claim, StoreError>;

    /// Records the end of a command with its acknowledgement and effects, in one transaction. A later acknowledgement
    /// replaces one with status `failed`; `done` and `skipped` are final. After `retry` the next claim is
    /// [`Claim::Interrupted`].
    async fn finish_command(&self, ack: AckRow, effects: Effects, now: UnixMs) -> Result<(), StoreError>;

    /// Releases the claim after a failure that a retry may resolve; nothing is acknowledged. The next claim is
    /// [`Claim::Interrupted`], because the failed attempt may have written something.
    async fn release_command(&self, id: &str) -> Result<(), StoreError>;

    /// At most `limit` acknowledgements that Forge has not received yet, oldest first.
    async fn pending_acks(&self, limit: usize) -> Result<Vec<AckRow>, StoreError>;

    /// Marks acknowledgements as received by Forge. If such a command is delivered again, its acknowledgement becomes
    /// pending again.
    async fn acks_delivered(&self, command_ids: &[String]) -> Result<(), StoreError>;

    /// Deletes commands that were applied before `before` and whose acknowledgement was received. Returns how many.
    async fn prune_commands(&self, before: UnixMs) -> Result<u64, StoreError>;
}
