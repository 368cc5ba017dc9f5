//! Named leases with fencing: one instance talks to Forge, and one that slept past its lease notices.

use async_trait::async_trait;
use schema::UnixMs;

use crate::StoreError;

/// A grant. The number grows with each change of holder; an older one is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub i64);

/// Named leases.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes or renews the lease `name` for `holder` until `now + ttl_ms`; `None` while another holder has it.
    /// A holder that comes back after its lease has run out gets a new number.
    async fn hold(&self, name: &str, holder: &str, now: UnixMs, ttl_ms: i64) -> Result<Option<Fence>, StoreError>;

    /// Whether `fence` is still the newest grant of `name` and has not expired at `now`.
    async fn holds(&self, name: &str, fence: Fence, now: UnixMs) -> Result<bool, StoreError>;

    /// Gives the lease up, so that a standby need not wait.
    async fn give_up(&self, name: &str, fence: Fence) -> Result<(), StoreError>;
}
