//! The shared secrets, in one record of the platform's secret store: creation, rotation and retirement (docs/protocol.md §1).

use envelope::{KeyRing, Secret};
use schema::UnixMs;
use serde::{Deserialize, Serialize};

use crate::join::join_all;
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// The secret record.
const KEYS: &str = "hmac";
/// The two secret records of older versions, in which each secret had its own.
const SEPARATE: [&str; 2] = ["hmac:current", "hmac:next"];
/// Record with the time of the first request that was signed with `next`.
const NEXT_SEEN: &str = "hmac-next-seen";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    hex: String,
    made_at: UnixMs,
}

#[derive(Serialize, Deserialize)]
struct StoredKeys {
    current: StoredKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<StoredKey>,
    /// Whether they were read from two records.
    #[serde(skip)]
    separate: bool,
}

impl StoredKey {
    fn new(platform: &impl Platform, secret: &Secret) -> Self {
        Self { hex: secret.to_hex().to_string(), made_at: platform.now() }
    }

    fn secret(&self) -> Result<Secret, PlatformError> {
        let unusable = || PlatformError::new("SECRET_UNUSABLE");
        let bytes = hex::decode(&self.hex).map_err(|_| unusable())?;
        Secret::from_random(bytes).map_err(|_| unusable())
    }
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

/// The live secrets.
pub(crate) struct Keys {
    pub(crate) ring: KeyRing,
    /// Whether they are stored in two records: see [`merge_records`].
    pub(crate) separate: bool,
}

/// Returns the live secrets, or `None` if none was created yet.
pub(crate) async fn load(platform: &impl Platform) -> Result<Option<Keys>, PlatformError> {
    let Some(stored) = read(platform).await? else { return Ok(None) };
    let next = stored.next.as_ref().map(StoredKey::secret).transpose()?;
    Ok(Some(Keys { ring: KeyRing::new(stored.current.secret()?, next), separate: stored.separate }))
}

async fn read(platform: &impl Platform) -> Result<Option<StoredKeys>, PlatformError> {
    if let Some(stored) = records::secret::<StoredKeys>(platform, KEYS).await? {
        return Ok(Some(stored));
    }
    let mut read = join_all(SEPARATE.map(|name| records::secret::<StoredKey>(platform, name))).await.into_iter();
    let mut key = || read.next().unwrap_or(Ok(None));
    let (current, next) = (key()?, key()?);
    Ok(current.map(|current| StoredKeys { current, next, separate: true }))
}

/// Stores the secrets in one record and deletes the two of older versions, which are not read any more. A run that is cut off
/// leaves them; the next change of a secret deletes them.
async fn store(platform: &impl Platform, current: StoredKey, next: Option<StoredKey>) -> Result<(), PlatformError> {
    let stored = StoredKeys { current, next, separate: false };
    records::set_secret(platform, KEYS, json!(stored)).await?;
    for name in SEPARATE {
        platform.secret_delete(name).await?;
    }
    Ok(())
}

/// Moves the secrets of an older version into one record, which takes one read instead of three. The older records are read as
/// long as there is no other, so an interruption changes nothing.
pub(crate) async fn merge_records(platform: &impl Platform) -> Result<(), PlatformError> {
    match read(platform).await? {
        Some(StoredKeys { current, next, separate: true }) => store(platform, current, next).await,
        // Another invocation has moved them.
        _ => Ok(()),
    }
}

async fn make(platform: &impl Platform) -> Result<Secret, KeyError> {
    let random = platform.random(32).await?;
    Ok(Secret::from_random(random).map_err(|_| PlatformError::new("NO_RANDOMNESS"))?)
}

/// Creates the first secret. With `replace` it replaces existing ones, which disconnects the running sidecar at once.
pub(crate) async fn create(platform: &impl Platform, replace: bool) -> Result<Secret, KeyError> {
    if !replace && read(platform).await?.is_some() {
        return Err(KeyError::Exists);
    }
    platform.kv_delete(NEXT_SEEN).await?;
    let secret = make(platform).await?;
    store(platform, StoredKey::new(platform, &secret), None).await?;
    Ok(secret)
}

/// Creates `next` in addition to `current`. A second call replaces `next`, so that there are never more than two secrets.
pub(crate) async fn rotate(platform: &impl Platform) -> Result<Secret, KeyError> {
    let stored = read(platform).await?.ok_or(KeyError::Missing)?;
    platform.kv_delete(NEXT_SEEN).await?;
    let secret = make(platform).await?;
    store(platform, stored.current, Some(StoredKey::new(platform, &secret))).await?;
    Ok(secret)
}

/// Makes `next` the only secret. Refused until a request was signed with it, except with `force` (for a leaked secret).
pub(crate) async fn retire(platform: &impl Platform, force: bool) -> Result<(), KeyError> {
    let next = read(platform).await?.and_then(|stored| stored.next).ok_or(KeyError::Missing)?;
    if !force && next_seen(platform).await?.is_none() {
        return Err(KeyError::NextNotSeen);
    }
    store(platform, StoredKey { made_at: platform.now(), ..next }, None).await?;
    platform.kv_delete(NEXT_SEEN).await?;
    Ok(())
}

/// Deletes all secrets: every request is refused from now on.
pub(crate) async fn delete(platform: &impl Platform) -> Result<(), PlatformError> {
    for name in [KEYS].into_iter().chain(SEPARATE) {
        platform.secret_delete(name).await?;
    }
    platform.kv_delete(NEXT_SEEN).await
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
