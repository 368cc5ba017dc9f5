//! Stored values, each with the installation it belongs to. The platform scopes storage by installation already; this
//! is the second lock on the same door, and what policy §5 promises ("schema validators require an installId").

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::platform::{Level, Platform, PlatformError, SetOptions};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owned<T> {
    install_id: String,
    value: T,
}

fn owned(install_id: &str, value: &impl Serialize) -> Result<Value, PlatformError> {
    let value = serde_json::to_value(value).map_err(|_| PlatformError::new("NOT_STORABLE"))?;
    Ok(json!({ "installId": install_id, "value": value }))
}

/// The value inside, if it is of this installation and of this shape.
pub(crate) fn mine<T: DeserializeOwned>(
    platform: &impl Platform,
    key: &str,
    stored: Value,
) -> Result<T, PlatformError> {
    let family = key.split(':').next().unwrap_or_default().to_owned();
    let owned: Owned<T> = serde_json::from_value(stored).map_err(|_| {
        platform.log(Level::Warn, "record-unreadable", json!({ "key": family }));
        PlatformError::new("RECORD_UNREADABLE")
    })?;
    if owned.install_id != platform.install_id() {
        platform.log(Level::Warn, "record-of-another-installation", json!({ "key": family }));
        return Err(PlatformError::new("RECORD_OF_ANOTHER_INSTALLATION"));
    }
    Ok(owned.value)
}

/// Reads a record; one past its expiry is not there, whatever the platform says.
pub(crate) async fn get<T: DeserializeOwned>(platform: &impl Platform, key: &str) -> Result<Option<T>, PlatformError> {
    let Some(entry) = platform.kv_get(key).await? else { return Ok(None) };
    if entry.expires.is_some_and(|expires| expires <= platform.now()) {
        return Ok(None);
    }
    mine(platform, key, entry.value).map(Some)
}

/// Writes a record.
pub(crate) async fn set(
    platform: &impl Platform,
    key: &str,
    value: &impl Serialize,
    options: SetOptions,
) -> Result<(), PlatformError> {
    platform.kv_set(key, owned(platform.install_id(), value)?, options).await
}

/// Reads a secret record.
pub(crate) async fn secret<T: DeserializeOwned>(
    platform: &impl Platform,
    key: &str,
) -> Result<Option<T>, PlatformError> {
    match platform.secret_get(key).await? {
        Some(stored) => mine(platform, key, stored).map(Some),
        None => Ok(None),
    }
}

/// Writes a secret record.
pub(crate) async fn set_secret(
    platform: &impl Platform,
    key: &str,
    value: &impl Serialize,
) -> Result<(), PlatformError> {
    platform.secret_set(key, owned(platform.install_id(), value)?).await
}
