//! The shared secret in the platform's secret store: made, rotated, retired (docs/protocol.md §1 "Secret").

use envelope::{KeyRing, Secret};
use schema::UnixMs;
use serde::{Deserialize, Serialize};

use crate::json::json;

use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const CURRENT: &str = "hmac:current";
const NEXT: &str = "hmac:next";
/// When the first message signed by `next` came.
const NEXT_SEEN: &str = "hmac-next-seen";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    hex: String,
    made_at: UnixMs,
}

/// Why a key was not made or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    /// There is one already; making another would cut the running sidecar off. Rotate instead.
    #[error("already-connected")]
    Exists,
    /// There is none yet.
    #[error("not-connected")]
    Missing,
    /// No sidecar has signed with `next` yet; retiring `current` now would cut it off.
    #[error("next-not-seen")]
    NextNotSeen,
    /// Storage.
    #[error(transparent)]
    Platform(#[from] PlatformError),
}

/// The live keys, or `None` before the first secret was made.
pub(crate) async fn ring(platform: &impl Platform) -> Result<Option<KeyRing>, PlatformError> {
    let Some(current) = read(platform, CURRENT).await? else { return Ok(None) };
    Ok(Some(KeyRing::new(current, read(platform, NEXT).await?)))
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

/// The first secret. `replace` makes a new one although there is one: the old sidecar is cut off at once.
pub(crate) async fn create(platform: &impl Platform, replace: bool) -> Result<Secret, KeyError> {
    if !replace && read(platform, CURRENT).await?.is_some() {
        return Err(KeyError::Exists);
    }
    platform.secret_delete(NEXT).await?;
    platform.kv_delete(NEXT_SEEN).await?;
    make(platform, CURRENT).await
}

/// Issues `next`, beside `current`. Asked again before it was retired, it replaces `next`: never more than two live keys.
pub(crate) async fn rotate(platform: &impl Platform) -> Result<Secret, KeyError> {
    if read(platform, CURRENT).await?.is_none() {
        return Err(KeyError::Missing);
    }
    platform.kv_delete(NEXT_SEEN).await?;
    make(platform, NEXT).await
}

/// Makes `next` the only key. Refused until a message signed by it has come, unless `force` (a secret that leaked).
pub(crate) async fn retire(platform: &impl Platform, force: bool) -> Result<(), KeyError> {
    let next = read(platform, NEXT).await?.ok_or(KeyError::Missing)?;
    if !force && next_seen(platform).await?.is_none() {
        return Err(KeyError::NextNotSeen);
    }
    let stored = StoredKey { hex: next.to_hex().to_string(), made_at: platform.now() };
    // In this order a failure between the two leaves the same key under both names, and it verifies under either.
    records::set_secret(platform, CURRENT, json!(stored)).await?;
    platform.secret_delete(NEXT).await?;
    platform.kv_delete(NEXT_SEEN).await?;
    Ok(())
}

/// When `next` first signed a message, if it has.
pub(crate) async fn next_seen(platform: &impl Platform) -> Result<Option<UnixMs>, PlatformError> {
    records::get(platform, NEXT_SEEN).await
}

/// Notes that `next` has signed a message.
pub(crate) async fn note_next_seen(platform: &impl Platform) -> Result<(), PlatformError> {
    let options = SetOptions { fail_if_exists: true, ..SetOptions::default() };
    match records::set(platform, NEXT_SEEN, json!(platform.now()), options).await {
        Err(error) if !error.is_conflict() => Err(error),
        _ => Ok(()),
    }
}
