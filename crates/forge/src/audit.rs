//! The audit log: who did what and when, as codes and ids without content, one record `audit:<id>` each. The newest entries are
//! kept, as many as the admin wants (settings, `audit.entries`).

use schema::{Id, UnixMs};
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// Prefix of the records of the log.
pub(crate) const AUDIT: &str = "audit:";
/// The latest time of an id (48 bits).
const LATEST: i64 = 0xFFFF_FFFF_FFFF;
/// Pages of 100 entries beyond those that are kept which one run deletes at most; the next run deletes the rest.
const MAX_EXTRA_PAGES: usize = 100;

/// Appends an entry. Concurrent writers do not disturb each other: each entry has a key of its own.
pub(crate) async fn record(platform: &impl Platform, action: &str, detail: Value) -> Result<(), PlatformError> {
    let random = platform.random(10).await?;
    let random = random.iter().fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte));
    // The time counts down, because storage is listed in ascending order only and the newest entries are wanted first.
    let key = format!("{AUDIT}{}", Id::new(UnixMs(LATEST - platform.now().0), random));
    let mut entry = json!({ "at": platform.now(), "action": action, "detail": detail });
    if let Some(account) = platform.account_id() {
        entry["accountId"] = account.into();
    }
    records::set(platform, &key, entry, SetOptions::default()).await
}

/// Deletes the oldest entries beyond `keep`. Two runs at the same time delete the same ones. A listing may lack the last writes
/// and have deleted entries, which are the oldest, so nothing newer is deleted than should be.
pub(crate) async fn prune(platform: &impl Platform, keep: u32) -> Result<(), PlatformError> {
    let mut kept = usize::try_from(keep).unwrap_or(usize::MAX);
    let mut cursor = None;
    for _ in 0..kept / 100 + MAX_EXTRA_PAGES {
        let page = platform.kv_query(AUDIT, 100, cursor).await?;
        let old: Vec<String> = page.items.into_iter().skip(kept).map(|(key, _)| key).collect();
        kept = kept.saturating_sub(100);
        records::delete_all(platform, &old).await?;
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(())
}
