//! Counts of everything that was refused, by its reason, one record `refused:<reason>` each: requests to the web trigger, and calls of resolvers. Part
//! of the audit log, but counted instead of listed, so that a flood of refusals displaces no entry of the log.

use schema::UnixMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// Prefix of the records.
const REFUSED: &str = "refused:";
/// At most one refusal of a kind is counted in this time: anyone can cause refusals, and writes are limited and paid for.
const COUNTED_EVERY_MS: i64 = 10_000;
/// The errors of a resolver's answer that are counted. Others are mistakes of people who may make the call.
const COUNTED: &[&str] = &[
    "forbidden",
    "unknown-function",
    "malformed",
    "invalid",
    "too-large",
    "licence-inactive",
    "not-an-issue",
    "not-confirmed",
];

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refusals {
    /// How many periods had one.
    count: u64,
    last_at: UnixMs,
    /// Who caused the last one, if a user did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
}

/// Counts a refusal. Nothing depends on whether it could be written.
pub(crate) async fn count(platform: &impl Platform, reason: &str) {
    let key = format!("{REFUSED}{reason}");
    let before: Refusals = records::get(platform, &key).await.ok().flatten().unwrap_or_default();
    if !(0..COUNTED_EVERY_MS).contains(&platform.now().since(before.last_at)) {
        let account_id = platform.account_id().map(str::to_owned);
        let now = Refusals { count: before.count + 1, last_at: platform.now(), account_id };
        let _ = records::set(platform, &key, json!(now), SetOptions::default()).await;
    }
}

/// Counts the refusal that a resolver's answer says, if it is one. `surface` is the name of the function.
pub(crate) async fn count_answer(platform: &impl Platform, surface: &str, answer: &Value) {
    if let Some(code) = answer["error"].as_str().filter(|code| COUNTED.contains(code)) {
        count(platform, &[surface, "-", code].concat()).await;
    }
}

/// Returns all counts, `{reason, count, lastAt, accountId?}`.
pub(crate) async fn all(platform: &impl Platform) -> Result<Vec<Value>, PlatformError> {
    let page = platform.kv_query(REFUSED, 100, None).await?;
    let counts = page.items.into_iter().filter_map(|(key, stored)| {
        let mut count = records::unwrap_owned(platform, &key, stored).ok()?;
        count["reason"] = key.strip_prefix(REFUSED)?.into();
        Some(count)
    });
    Ok(counts.collect())
}
