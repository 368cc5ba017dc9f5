//! Applied messages, remembered for 24 h: the receiver's half of "at least once, with one effect".

use schema::{Id, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::json;

use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
/// Whoever is at it will most likely be done when it is asked for again.
const LOOK_AGAIN_MS: i64 = 1_000;
/// A function runs 55 s at most; a claim older than this belongs to nobody any more.
const LONGEST_RUN_MS: i64 = 60_000;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    at: UnixMs,
    done: bool,
    answer: Value,
}

impl Record {
    const fn begun(at: UnixMs) -> Self {
        Self { at, done: false, answer: Value::Null }
    }
}

/// What is known of a message.
#[derive(Debug, PartialEq)]
pub(crate) enum Claim {
    /// New: apply it.
    Fresh,
    /// Somebody began to apply it and did not end: look whether the effect is there before making it again.
    Interrupted,
    /// Somebody may be applying it this moment; ask again after so many milliseconds.
    Busy(u32),
    /// Applied before, with this answer.
    Done(Value),
}

fn key(id: &Id) -> String {
    format!("seen:{id}")
}

/// Claims a message before its effect is made.
pub(crate) async fn claim(platform: &impl Platform, id: &Id) -> Result<Claim, PlatformError> {
    let record = Record::begun(platform.now());
    let first = SetOptions { fail_if_exists: true, ..REMEMBERED };
    match records::set(platform, &key(id), json!(record), first).await {
        Ok(()) => return Ok(Claim::Fresh),
        Err(error) if error.is_conflict() => {}
        Err(error) => return Err(error),
    }
    match records::get::<Record>(platform, &key(id)).await? {
        Some(Record { done: true, answer, .. }) => Ok(Claim::Done(answer)),
        Some(Record { at, done: false, .. }) => {
            let wait = LONGEST_RUN_MS - platform.now().since(at);
            if wait > 0 {
                return Ok(Claim::Busy(u32::try_from(wait.min(LOOK_AGAIN_MS)).unwrap_or(1)));
            }
            records::set(platform, &key(id), json!(record), REMEMBERED).await?;
            Ok(Claim::Interrupted)
        }
        // Expired a moment ago, or shown as existing by a lagging expiry: whether it was applied is unknown.
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

/// Ends a run that does not know whether its effect was made: the next try need not wait, but looks first.
pub(crate) async fn unsure(platform: &impl Platform, id: &Id) -> Result<(), PlatformError> {
    let record = Record::begun(platform.now().plus(-LONGEST_RUN_MS));
    records::set(platform, &key(id), json!(record), REMEMBERED).await
}

/// Takes a claim back whose effect certainly was not made, so that the next try need not wait.
pub(crate) async fn release(platform: &impl Platform, id: &Id) -> Result<(), PlatformError> {
    platform.kv_delete(&key(id)).await
}
