//! The life of an installation: what happens after it was made or upgraded, once a day, and before it ends
//! (docs/platforms/forge.md §2.4).

use serde_json::Value;

use crate::clear::{self, Deadlines};
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::platform::{Platform, PlatformError};
use crate::privacy::report;
use crate::{audit, config, keys, points};

/// Key of the web trigger module that the sidecar posts to.
pub(crate) const EXCHANGE: &str = "exchange";
/// Delay of an attempt after the app's permissions were not there yet, or storage failed.
const RETRY_SECONDS: u32 = 60;
/// Maximum bytes of a version in the audit log.
const MAX_VERSION: usize = 40;
/// The platform ends the clean-up after 55 s. A page of a listing, and the report, are done within the rest.
const JIRA_MS: i64 = 25_000;
const ALL_MS: i64 = 48_000;

/// Handles the events `avi:forge:installed:app` and `avi:forge:upgraded:app`. Returns `{}`, or `{"retry":{"afterSeconds":n}}`.
pub async fn lifecycle(platform: &impl Platform, event: &Value) -> Value {
    let action = match event["eventType"].as_str().unwrap_or_default() {
        "avi:forge:installed:app" => "app-installed",
        "avi:forge:upgraded:app" => "app-upgraded",
        _ => return json!({}),
    };
    let begun = begin(platform, action, event).await;
    points::store(platform).await;
    match begun {
        Ok(()) => json!({}),
        Err(seconds) => {
            platform.warn("lifecycle-put-off", json!({ "action": action, "wait_ms": seconds * 1_000 }));
            json!({ "retry": json!({ "afterSeconds": seconds }) })
        }
    }
}

/// Brings an installation to the form of this version.
///
/// # Errors
/// The seconds to wait: minutes may pass until the app has its permissions.
async fn begin(platform: &impl Platform, action: &str, event: &Value) -> Result<(), u32> {
    match jira::own_account(platform).await {
        Ok(_) => {}
        Err(JiraError::Unavailable { after_ms, .. }) => return Err((after_ms / 1_000).clamp(RETRY_SECONDS, 900)),
        Err(_) => return Err(RETRY_SECONDS),
    }
    let version = event["app"]["version"].as_str().unwrap_or_default();
    let version: String =
        version.chars().filter(|c| c.is_ascii_alphanumeric() || ".-+".contains(*c)).take(MAX_VERSION).collect();
    migrate(platform).await.map_err(|_| RETRY_SECONDS)?;
    audit::record(platform, action, json!({ "version": version })).await.map_err(|_| RETRY_SECONDS)
}

/// Makes the web trigger's address, and brings records of older versions into the form of this one. Both forms are read, so
/// nothing depends on when this happens.
async fn migrate(platform: &impl Platform) -> Result<(), PlatformError> {
    platform.web_trigger_url(EXCHANGE).await?;
    keys::merge_records(platform).await?;
    config::record_etag(platform, &config::load(platform).await?).await
}

/// The daily work: the audit log keeps its size, and people whose data is stored are reported to Atlassian once a week.
pub async fn scheduled(platform: &impl Platform) -> Value {
    points::load(platform).await;
    let done = daily(platform).await;
    points::store(platform).await;
    if let Err(error) = done {
        // The next day tries again.
        platform.warn("daily-work-failed", json!({ "code": error.code }));
    }
    json!({ "statusCode": 204 })
}

async fn daily(platform: &impl Platform) -> Result<(), PlatformError> {
    let pruned = match config::load(platform).await {
        Ok(config) => audit::prune(platform, config.settings.audit.entries).await,
        Err(error) => Err(error),
    };
    report::if_due(platform).await?;
    pruned
}

/// Deletes what the app stores and what it left on issues, before it is uninstalled. Returns what was deleted and what is left.
/// Jira's points are counted but not stored, since nothing may be stored any more.
pub async fn pre_uninstall(platform: &impl Platform) -> Value {
    let cleared = clear::everything(platform, &Deadlines::after(platform.now(), JIRA_MS, ALL_MS)).await;
    let report = cleared.report();
    platform.warn("uninstalled", report.clone());
    report
}
