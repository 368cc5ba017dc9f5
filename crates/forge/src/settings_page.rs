//! The settings for the admin page: read and write.

use serde_json::Value;

use crate::config;
use crate::json::json;
use crate::platform::{Platform, PlatformError};
use crate::{audit, settings_history};

/// Returns `{etag, value}`; the value includes all defaults.
pub(crate) async fn get(platform: &impl Platform) -> Value {
    or_unavailable(
        config::load(platform).await.map(|config| json!({ "etag": config.etag(), "value": config.settings })),
    )
}

/// Writes `{value}` if `ifEtag` is the current etag.
pub(crate) async fn set(platform: &impl Platform, payload: &Value) -> Value {
    or_unavailable(write(platform, payload).await)
}

async fn write(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let before = config::load(platform).await?;
    if payload["ifEtag"] != before.etag() {
        return Ok(json!({ "error": "changed-meanwhile" }));
    }
    let settings = match config::read(&payload["value"]) {
        Ok(settings) => settings,
        Err(invalid) => return Ok(json!({ "error": "invalid", "field": invalid.field, "rule": invalid.rule })),
    };
    let after = config::store(platform, &before, settings).await?;
    settings_history::add(platform, &before, &after).await?;
    audit::record(platform, "settings-changed", json!({ "etag": after.etag() })).await?;
    Ok(json!({ "etag": after.etag() }))
}

fn or_unavailable(result: Result<Value, PlatformError>) -> Value {
    result.unwrap_or_else(|_| json!({ "error": "unavailable" }))
}
