//! Stored values with the id of their installation, which is checked at every read. The platform already separates the storage
//! of installations; this check detects an error in that separation.

use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::join::join_all;
use crate::json::{json, take};
use crate::platform::{Platform, PlatformError, SetOptions};

/// Keys in one call that deletes several.
const AT_ONCE: usize = 25;

/// Bytes of the hash of an account's id in a key.
const HASH_BYTES: usize = 16;

/// Returns the part of a key that stands for an account: the id itself may have characters that a key cannot have.
pub(crate) fn account_part(account_id: &str) -> String {
    hex::encode(&Sha256::digest(account_id)[..HASH_BYTES])
}

fn with_owner(platform: &impl Platform, value: Value) -> Value {
    json!({ "installId": platform.install_id(), "value": value })
}

/// Returns the value of a record, if it belongs to this installation.
pub(crate) fn unwrap_owned(platform: &impl Platform, key: &str, mut stored: Value) -> Result<Value, PlatformError> {
    if stored["installId"] != platform.install_id() {
        let event =
            if stored["installId"].is_string() { "record-of-another-installation" } else { "record-unreadable" };
        return Err(unusable(platform, key, event));
    }
    Ok(take(&mut stored, "value"))
}

fn read<T: DeserializeOwned>(platform: &impl Platform, key: &str, stored: Value) -> Result<T, PlatformError> {
    schema::read(unwrap_owned(platform, key, stored)?).map_err(|_| unusable(platform, key, "record-unreadable"))
}

fn unusable(platform: &impl Platform, key: &str, event: &'static str) -> PlatformError {
    platform.warn(event, json!({ "key": key.split(':').next() }));
    PlatformError::new("RECORD_UNUSABLE")
}

/// Reads a record; an expired one that the platform still returns counts as missing.
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
    platform.kv_set(key, with_owner(platform, value), options).await
}

/// Deletes keys, 25 in one call of the platform, which counts as one write. Returns how many could not be deleted.
pub(crate) async fn delete_all(platform: &impl Platform, keys: &[String]) -> Result<usize, PlatformError> {
    let left = join_all(keys.chunks(AT_ONCE).map(|keys| platform.kv_delete_many(keys))).await;
    left.into_iter().try_fold(0, |sum, left| Ok(sum + left?.len()))
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
    platform.secret_set(key, with_owner(platform, value)).await
}
