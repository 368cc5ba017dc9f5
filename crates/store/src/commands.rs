//! Commands from Jira: claimed once, applied once, acknowledged until Forge has heard it.

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Effects, StoreError};

/// What the applied-log says of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Never seen: apply it.
    Fresh,
    /// Begun before without a recorded end (a crash, or another instance): look for the marker before writing again.
    Interrupted,
    /// Another holder began it less than the lease ago: leave it.
    Busy,
    /// Applied; its acknowledgement is (or was) on its way.
    Applied,
}

/// An acknowledgement to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckRow {
    /// The command.
    pub command_id: String,
    /// Wire status: `done`, `failed`, `skipped`.
    pub status: String,
    /// Wire code.
    pub code: Option<String>,
}

/// The applied-log.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Claims a command for `lease_ms`. Durable when it returns: whoever writes to Zammad after this and crashes will
    /// find [`Claim::Interrupted`].
    async fn claim_command(&self, id: &str, now: UnixMs, lease_ms: i64) -> Result<Claim, StoreError>;

    /// Records the end of a command with its acknowledgement and effects, in one transaction. An acknowledgement that
    /// says `failed` may be replaced by a later one; `done` and `skipped` stay.
    async fn applied(&self, ack: AckRow, effects: Effects, now: UnixMs) -> Result<(), StoreError>;

    /// Frees a claim whose work failed in a way that a later try may mend; nothing is acknowledged. The next
    /// claim is [`Claim::Interrupted`], since what failed may have written.
    async fn unclaim(&self, id: &str) -> Result<(), StoreError>;

    /// Acknowledgements that Forge has not heard yet, oldest first.
    async fn pending_acks(&self, limit: usize) -> Result<Vec<AckRow>, StoreError>;

    /// Forge has heard these. A command that comes again afterwards makes its acknowledgement pending again.
    async fn acks_heard(&self, command_ids: &[String]) -> Result<(), StoreError>;

    /// Forgets applied commands older than `before` whose acknowledgement was heard; returns how many.
    async fn forget_commands(&self, before: UnixMs) -> Result<u64, StoreError>;
}
