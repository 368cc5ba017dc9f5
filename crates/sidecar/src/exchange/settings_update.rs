//! Newer settings of the admin that came with a reply.

use schema::{Settings, Validate as _};
use store::{Effects, Store, StoredSettings};

/// Stores the settings of a reply, if it has any. Returns whether new settings were stored.
///
/// Invalid settings are not stored: the sidecar continues with the ones it has and logs an error.
pub(super) async fn keep(store: &dyn Store, config: schema::Config) -> bool {
    let Some(value) = config.value else { return false };
    let etag = config.etag.as_str();
    let settings = serde_json::from_value::<Settings>(value);
    let valid = settings.ok().filter(|settings| settings.validate().is_ok());
    let Some(json) = valid.and_then(|settings| serde_json::to_string(&settings).ok()) else {
        // Operator: upgrade the sidecar to the version of the Forge app; until then the previous settings apply.
        tracing::error!(etag, "settings rejected: this version cannot read them; the previous settings stay in use");
        return false;
    };
    let settings = Some(StoredSettings { etag: config.etag.clone(), json });
    match store.record(Effects { settings, ..Effects::default() }).await {
        Ok(()) => {
            tracing::info!(etag, "new settings stored");
            true
        }
        Err(error) => {
            // Operator: check free space and permissions of DATA_DIR; Forge sends the settings again.
            tracing::error!(etag, error = %error, "new settings not stored");
            false
        }
    }
}

#[cfg(test)]
#[path = "settings_update_tests.rs"]
mod tests;
