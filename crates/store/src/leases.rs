//! Named leases with fencing: only one instance talks to Forge at a time, and one that was suspended beyond its lease
//! notices that it lost it.

use async_trait::async_trait;
use schema::UnixMs;

use crate::StoreError;

/// A granted lease. The number grows with every change of holder; an older number is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub i64);

/// Named leases.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Acquires or renews the lease `name` for `holder` until `now + ttl_ms`; `None` while another holder has it.
    /// A holder whose lease had expired gets a new number.
    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        now: UnixMs,
        ttl_ms: i64,
    ) -> Result<Option<Fence>, StoreError>;

    /// Whether `fence` is the newest grant of `name` and has not expired at `now`.
    async fn holds_lease(&self, name: &str, fence: Fence, now: UnixMs) -> Result<bool, StoreError>;

    /// Releases the lease, so that a standby need not wait until it expires.
    async fn release_lease(&self, name: &str, fence: Fence) -> Result<(), StoreError>;
}
