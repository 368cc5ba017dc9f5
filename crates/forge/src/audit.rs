//! The audit log: who did what and when, as codes and ids without content. The newest [`MAX_ENTRIES`] entries are kept.

use schema::Id;
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// The log's limit per installation (docs/platforms/forge.md §5.1).
pub(crate) const MAX_ENTRIES: usize = 1_000;

/// Appends an entry.
pub(crate) async fn record(platform: &impl Platform, action: &str, detail: Value) -> Result<(), PlatformError> {
    let random = platform.random(10).await?;
    let random = random.iter().fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let key = format!("audit:{}", Id::new(platform.now(), random));
    let mut entry = json!({ "at": platform.now(), "action": action, "detail": detail });
    if let Some(account) = platform.account_id() {
        entry["accountId"] = account.into();
    }
    records::set(platform, &key, entry, SetOptions::default()).await
}

/// Deletes the oldest entries beyond [`MAX_ENTRIES`].
pub(crate) async fn prune(platform: &impl Platform) -> Result<(), PlatformError> {
    let (mut keys, mut cursor) = (Vec::new(), None);
    // Bounded; the next run deletes the rest.
    for _ in 0..2 * MAX_ENTRIES / 100 {
        let page = platform.kv_query("audit:", 100, cursor).await?;
        keys.extend(page.items.into_iter().map(|(key, _)| key));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    // Keys sort by time, so the first are the oldest.
    for key in keys.iter().take(keys.len().saturating_sub(MAX_ENTRIES)) {
        platform.kv_delete(key).await?;
    }
    Ok(())
}
