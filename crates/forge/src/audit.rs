//! What an admin can look up later: who did what, when. Codes and ids only. The newest [`KEPT`] entries stay.

use schema::Id;
use serde_json::Value;

use crate::json::json;

use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// Policy §3: "audit logs are bounded to the most recent N entries per installation".
pub(crate) const KEPT: usize = 1_000;

/// Appends an entry.
pub(crate) async fn note(platform: &impl Platform, action: &str, detail: Value) -> Result<(), PlatformError> {
    let random = platform.random(10).await?;
    let random = random.iter().fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let key = format!("audit:{}", Id::new(platform.now(), random));
    let mut entry = json!({ "at": platform.now(), "action": action, "detail": detail });
    if let Some(account) = platform.account_id() {
        entry["accountId"] = account.into();
    }
    records::set(platform, &key, entry, SetOptions::default()).await
}

/// Deletes the oldest entries beyond [`KEPT`].
pub(crate) async fn prune(platform: &impl Platform) -> Result<(), PlatformError> {
    let (mut keys, mut cursor) = (Vec::new(), None);
    // Bounded: what is beyond stays for the next time.
    for _ in 0..2 * KEPT / 100 {
        let page = platform.kv_query("audit:", 100, cursor).await?;
        keys.extend(page.items.into_iter().map(|(key, _)| key));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    // Keys sort by time, so the first are the oldest.
    for key in keys.iter().take(keys.len().saturating_sub(KEPT)) {
        platform.kv_delete(key).await?;
    }
    Ok(())
}
