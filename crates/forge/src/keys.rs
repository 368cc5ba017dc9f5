//! The shared secrets in the platform's secret store: creation, rotation and retirement (docs/protocol.md §1).

use envelope::{KeyRing, Secret};
use schema::UnixMs;
use serde::{Deserialize, Serialize};

use crate::join::join_all;
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const CURRENT: &str = "hmac:current";
const NEXT: &str = "hmac:next";
/// Record with the time of the first request that was signed with `next`.
const NEXT_SEEN: &str = "hmac-next-seen";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    hex: String,
    made_at: UnixMs,
}

/// Why a secret was not created or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    /// A secret exists; replacing it would disconnect the running sidecar. Rotate instead.
    #[error("already-connected")]
    Exists,
    /// No secret exists.
    #[error("not-connected")]
    Missing,
    /// No request was signed with `next` yet; retiring `current` would disconnect the sidecar.
    #[error("next-not-seen")]
    NextNotSeen,
    /// Storage failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
}

/// Returns the live secrets, or `None` if none was created yet.
pub(crate) async fn ring(platform: &impl Platform) -> Result<Option<KeyRing>, PlatformError> {
    let mut read = join_all([CURRENT, NEXT].map(|name| read(platform, name))).await.into_iter();
    let mut key = || read.next().unwrap_or(Ok(None));
    let (current, next) = (key()?, key()?);
    Ok(current.map(|current| KeyRing::new(current, next)))
}

async fn read(platform: &impl Platform, name: &str) -> Result<Option<Secret>, PlatformError> {
    let unusable = || PlatformError::new("SECRET_UNUSABLE");
    match records::secret::<StoredKey>(platform, name).await? {
        Some(stored) => {
            let bytes = hex::decode(stored.hex).map_err(|_| unusable())?;
            Secret::from_random(bytes).map(Some).map_err(|_| unusable())
        }
        None => Ok(None),
    }
}

async fn make(platform: &impl Platform, name: &str) -> Result<Secret, KeyError> {
    let secret = Secret::from_random(platform.random(32).await?).map_err(|_| PlatformError::new("NO_RANDOMNESS"))?;
    let stored = StoredKey { hex: secret.to_hex().to_string(), made_at: platform.now() };
    records::set_secret(platform, name, json!(stored)).await?;
    Ok(secret)
}

/// Creates the first secret. With `replace` it replaces existing ones, which disconnects the running sidecar at once.
pub(crate) async fn create(platform: &impl Platform, replace: bool) -> Result<Secret, KeyError> {
    if !replace && read(platform, CURRENT).await?.is_some() {
        return Err(KeyError::Exists);
    }
    platform.secret_delete(NEXT).await?;
    platform.kv_delete(NEXT_SEEN).await?;
    make(platform, CURRENT).await
}

/// Creates `next` in addition to `current`. A second call replaces `next`, so that there are never more than two secrets.
pub(crate) async fn rotate(platform: &impl Platform) -> Result<Secret, KeyError> {
    if read(platform, CURRENT).await?.is_none() {
        return Err(KeyError::Missing);
    }
    platform.kv_delete(NEXT_SEEN).await?;
    make(platform, NEXT).await
}

/// Makes `next` the only secret. Refused until a request was signed with it, except with `force` (for a leaked secret).
pub(crate) async fn retire(platform: &impl Platform, force: bool) -> Result<(), KeyError> {
    let next = read(platform, NEXT).await?.ok_or(KeyError::Missing)?;
    if !force && next_seen(platform).await?.is_none() {
        return Err(KeyError::NextNotSeen);
    }
    let stored = StoredKey { hex: next.to_hex().to_string(), made_at: platform.now() };
    // If the second write fails, both names have the same secret, which still works.
    records::set_secret(platform, CURRENT, json!(stored)).await?;
    platform.secret_delete(NEXT).await?;
    platform.kv_delete(NEXT_SEEN).await?;
    Ok(())
}

/// Returns when `next` was first used, if it was.
pub(crate) async fn next_seen(platform: &impl Platform) -> Result<Option<UnixMs>, PlatformError> {
    records::get(platform, NEXT_SEEN).await
}

/// Records the first use of `next`.
pub(crate) async fn record_next_seen(platform: &impl Platform) -> Result<(), PlatformError> {
    let options = SetOptions { fail_if_exists: true, ..SetOptions::default() };
    match records::set(platform, NEXT_SEEN, json!(platform.now()), options).await {
        Err(error) if !error.is_conflict() => Err(error),
        _ => Ok(()),
    }
}
