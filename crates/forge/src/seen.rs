//! The log of applied messages, kept for 24 h. The sidecar delivers a message at least once; this log makes its effect happen
//! once.

use schema::{Id, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// A message that was made longer ago may have been applied, and its record may have expired since: an hour less than the
/// lifetime of a record.
const CERTAIN_MS: i64 = 82_800_000;
/// Lifetime of a record.
const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
/// Delay before a retry of a message that another invocation is applying; it is usually done by then.
const BUSY_RETRY_MS: i64 = 1_000;
/// A function runs for at most 55 s, so an older claim belongs to an invocation that has ended.
const MAX_RUN_MS: i64 = 60_000;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    at: UnixMs,
    done: bool,
    answer: Value,
}

impl Record {
    const fn claimed(at: UnixMs) -> Self {
        Self { at, done: false, answer: Value::Null }
    }
}

/// The state of a message in the log.
#[derive(Debug, PartialEq)]
pub(crate) enum Claim {
    /// New: apply it.
    Fresh,
    /// An earlier run did not finish: check whether the effect exists before making it.
    Interrupted,
    /// Another invocation may be applying it; retry after this many milliseconds.
    Busy(u32),
    /// Applied before; this was the answer.
    Done(Value),
}

fn key(id: &Id) -> String {
    format!("seen:{id}")
}

/// Claims a message before it is applied.
pub(crate) async fn claim(platform: &impl Platform, id: &Id) -> Result<Claim, PlatformError> {
    let record = Record::claimed(platform.now());
    let first = SetOptions { fail_if_exists: true, ..REMEMBERED };
    match records::set(platform, &key(id), json!(record), first).await {
        Ok(()) if platform.now().since(id.time()) > CERTAIN_MS => return Ok(Claim::Interrupted),
        Ok(()) => return Ok(Claim::Fresh),
        Err(error) if error.is_conflict() => {}
        Err(error) => return Err(error),
    }
    match records::get::<Record>(platform, &key(id)).await? {
        Some(Record { done: true, answer, .. }) => Ok(Claim::Done(answer)),
        Some(Record { at, done: false, .. }) => {
            let wait = MAX_RUN_MS - platform.now().since(at);
            if wait > 0 {
                return Ok(Claim::Busy(u32::try_from(wait.min(BUSY_RETRY_MS)).unwrap_or(1)));
            }
            records::set(platform, &key(id), json!(record), REMEMBERED).await?;
            Ok(Claim::Interrupted)
        }
        // The record has expired, but the platform still counts it as existing: whether it was applied is unknown.
        None => {
            records::set(platform, &key(id), json!(record), REMEMBERED).await?;
            Ok(Claim::Interrupted)
        }
    }
}

/// Records the answer of an applied message.
pub(crate) async fn done(platform: &impl Platform, id: &Id, answer: &Value) -> Result<(), PlatformError> {
    let record = Record { at: platform.now(), done: true, answer: answer.clone() };
    records::set(platform, &key(id), json!(record), REMEMBERED).await
}

/// Ends a run whose effect may or may not exist. The next run starts without delay and checks for the effect first.
pub(crate) async fn uncertain(platform: &impl Platform, id: &Id) -> Result<(), PlatformError> {
    let record = Record::claimed(platform.now().plus(-MAX_RUN_MS));
    records::set(platform, &key(id), json!(record), REMEMBERED).await
}

/// Releases the claim of a run that made no effect, so that the next run starts without delay.
pub(crate) async fn release(platform: &impl Platform, id: &Id) -> Result<(), PlatformError> {
    platform.kv_delete(&key(id)).await
}
