//! The admin's settings as last received from Forge. They are stored, so that every instance uses the same ones and a
//! restarted sidecar need not wait for Forge.

use std::sync::{Arc, Mutex, PoisonError};

use schema::Settings;
use store::{Store, StoreError, StoredSettings};

/// The settings in use, with their version.
#[derive(Clone, Debug, Default)]
pub struct Current {
    /// The version; empty before Forge has sent any.
    pub etag: String,
    /// The settings; the defaults before Forge has sent any.
    pub settings: Arc<Settings>,
}

impl Current {
    /// Parses stored settings.
    ///
    /// # Errors
    /// They were stored by another version of the sidecar and cannot be read.
    pub fn parse(stored: StoredSettings) -> Result<Self, serde_json::Error> {
        Ok(Self { settings: Arc::new(serde_json::from_str(&stored.json)?), etag: stored.etag })
    }
}

/// Reads the stored settings, and parses them once for each version.
#[derive(Debug, Default)]
pub struct SettingsCache(Mutex<Current>);

impl SettingsCache {
    /// The current settings.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn current(&self, store: &dyn Store) -> Result<Current, StoreError> {
        let Some(stored) = store.settings().await? else { return Ok(Current::default()) };
        let mut parsed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.etag != stored.etag {
            let etag = stored.etag.clone();
            // They were valid when they were stored; an older version of the sidecar that cannot read them uses the defaults.
            *parsed = Current::parse(stored).unwrap_or(Current { etag, ..Current::default() });
        }
        Ok(parsed.clone())
    }
}
