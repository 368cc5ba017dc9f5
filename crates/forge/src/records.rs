//! Stored values, each with the installation it belongs to. The platform scopes storage by installation already; this
//! is the second lock on the same door, and what policy §5 promises ("schema validators require an installId").

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::json::{json, take};

use crate::platform::{Level, Platform, PlatformError, SetOptions};

fn owned(platform: &impl Platform, value: Value) -> Value {
    json!({ "installId": platform.install_id(), "value": value })
}

/// The value inside, if it is of this installation.
pub(crate) fn mine(platform: &impl Platform, key: &str, mut stored: Value) -> Result<Value, PlatformError> {
    if stored["installId"] != platform.install_id() {
        let what = if stored["installId"].is_string() { "record-of-another-installation" } else { "record-unreadable" };
        return Err(unusable(platform, key, what));
    }
    Ok(take(&mut stored, "value"))
}

fn read<T: DeserializeOwned>(platform: &impl Platform, key: &str, stored: Value) -> Result<T, PlatformError> {
    schema::read(mine(platform, key, stored)?).map_err(|_| unusable(platform, key, "record-unreadable"))
}

fn unusable(platform: &impl Platform, key: &str, what: &'static str) -> PlatformError {
    platform.log(Level::Warn, what, json!({ "key": key.split(':').next() }));
    PlatformError::new("RECORD_UNUSABLE")
}

/// Reads a record; one past its expiry is not there, whatever the platform says.
pub(crate) async fn get<T: DeserializeOwned>(platform: &impl Platform, key: &str) -> Result<Option<T>, PlatformError> {
    let Some(entry) = platform.kv_get(key).await? else { return Ok(None) };
    if entry.expires.is_some_and(|expires| expires <= platform.now()) {
        return Ok(None);
    }
    read(platform, key, entry.value).map(Some)
}

/// Writes a record.
pub(crate) async fn set(
    platform: &impl Platform,
    key: &str,
    value: Value,
    options: SetOptions,
) -> Result<(), PlatformError> {
    platform.kv_set(key, owned(platform, value), options).await
}

/// Reads a secret record.
pub(crate) async fn secret<T: DeserializeOwned>(
    platform: &impl Platform,
    key: &str,
) -> Result<Option<T>, PlatformError> {
    match platform.secret_get(key).await? {
        Some(stored) => read(platform, key, stored).map(Some),
        None => Ok(None),
    }
}

/// Writes a secret record.
pub(crate) async fn set_secret(platform: &impl Platform, key: &str, value: Value) -> Result<(), PlatformError> {
    platform.secret_set(key, owned(platform, value)).await
}
