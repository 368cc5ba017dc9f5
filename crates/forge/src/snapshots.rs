//! The last values of a ticket that the sidecar sent, kept for the issue panel for at most 24 h.

use schema::{TicketSnapshot, UnixMs};
use serde::{Deserialize, Serialize};

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const CACHED: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };

/// A ticket's values, and when they arrived.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cached {
    pub(crate) at: UnixMs,
    pub(crate) snapshot: TicketSnapshot,
}

fn key(ticket_id: u64) -> String {
    format!("cache:ticket:{ticket_id}")
}

/// Keeps the values of a ticket.
pub(crate) async fn keep(
    platform: &impl Platform,
    ticket_id: u64,
    snapshot: &TicketSnapshot,
) -> Result<(), PlatformError> {
    let cached = Cached { at: platform.now(), snapshot: snapshot.clone() };
    records::set(platform, &key(ticket_id), json!(cached), CACHED).await
}

/// Returns the values of a ticket; `None` if there are none that have not expired.
pub(crate) async fn read(platform: &impl Platform, ticket_id: u64) -> Result<Option<Cached>, PlatformError> {
    records::get(platform, &key(ticket_id)).await
}

/// Deletes the values of a ticket.
pub(crate) async fn forget(platform: &impl Platform, ticket_id: u64) -> Result<(), PlatformError> {
    platform.kv_delete(&key(ticket_id)).await
}
