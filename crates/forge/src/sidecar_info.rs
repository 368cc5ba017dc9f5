//! The sidecar's last reports about itself and the names in its helpdesk.

use schema::{Hello, HelpdeskNames, SidecarInfo, SidecarStatus, UnixMs};
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// Record with the last `hello`.
const SIDECAR: &str = "sidecar";
/// Record with the last `sidecar.status`.
const STATUS: &str = "sidecar-status";
/// Record with the last `helpdesk.names`.
const NAMES: &str = "helpdesk";

/// Record with the time when the sidecar was heard last.
pub(crate) const CONTACT: &str = "contact";

/// Keeps a `hello`.
pub(crate) async fn store(platform: &impl Platform, from: &SidecarInfo, hello: &Hello) -> Result<(), PlatformError> {
    let SidecarInfo { version, instance, started_at } = from;
    let sidecar = json!({
        "version": version, "instance": instance, "startedAt": started_at, "greetedAt": platform.now(), "hello": hello,
    });
    records::set(platform, SIDECAR, sidecar, SetOptions::default()).await
}

/// Returns `{version, instance, startedAt, greetedAt, hello}` of the last `hello`.
pub(crate) async fn read(platform: &impl Platform) -> Result<Option<Value>, PlatformError> {
    records::get(platform, SIDECAR).await
}

/// Keeps a `sidecar.status`.
pub(crate) async fn store_status(platform: &impl Platform, status: &SidecarStatus) -> Result<(), PlatformError> {
    let kept = json!({ "at": platform.now(), "status": status });
    records::set(platform, STATUS, kept, SetOptions::default()).await
}

/// Returns `{at, status}` of the last `sidecar.status`.
pub(crate) async fn status(platform: &impl Platform) -> Result<Option<Value>, PlatformError> {
    records::get(platform, STATUS).await
}

/// How long ago a record with `at` was written, in milliseconds.
pub(crate) fn age_ms(platform: &impl Platform, kept: &Value) -> i64 {
    platform.now().since(UnixMs(kept["at"].as_i64().unwrap_or_default())).max(0)
}

/// Forgets the sidecar, before another one connects.
pub(crate) async fn forget(platform: &impl Platform) -> Result<(), PlatformError> {
    for key in [SIDECAR, STATUS, NAMES, CONTACT] {
        platform.kv_delete(key).await?;
    }
    Ok(())
}

/// Keeps the names.
pub(crate) async fn store_names(platform: &impl Platform, names: &HelpdeskNames) -> Result<(), PlatformError> {
    let kept = json!({ "at": platform.now(), "names": names });
    records::set(platform, NAMES, kept, SetOptions::default()).await
}

/// Returns the names and when they arrived: `{at, names}`.
pub(crate) async fn names(platform: &impl Platform) -> Result<Option<Value>, PlatformError> {
    records::get(platform, NAMES).await
}
