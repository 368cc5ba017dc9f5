//! The admin's settings as Forge last told them. They are in the store, so that every instance has the same ones and a
//! restarted sidecar need not wait for Forge.

use std::sync::{Arc, Mutex, PoisonError};

use schema::Settings;
use store::{Store, StoreError};

/// Reads the settings, parsed once for each etag.
#[derive(Debug, Default)]
pub struct SettingsCache(Mutex<Option<(String, Arc<Settings>)>>);

impl SettingsCache {
    /// The settings now, with their etag; the defaults before Forge has told any.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn now(&self, store: &dyn Store) -> Result<(Option<String>, Arc<Settings>), StoreError> {
        let Some((etag, json)) = store.settings().await? else { return Ok((None, Arc::default())) };
        let mut parsed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, settings)) = parsed.as_ref()
            && *known == etag
        {
            return Ok((Some(etag), Arc::clone(settings)));
        }
        // What is in the store was read from a signed reply and found valid before it was put there.
        let settings: Arc<Settings> = Arc::new(serde_json::from_str(&json).unwrap_or_default());
        *parsed = Some((etag.clone(), Arc::clone(&settings)));
        Ok((Some(etag), settings))
    }
}
