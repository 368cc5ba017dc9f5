//! What an admin may do, checked against Jira on every call (docs/platforms/forge.md §6.3: any user who can load a surface can
//! call every resolver key behind its function).

use serde_json::Value;

use crate::json::json;

use crate::keys::{self, KeyError};
use crate::platform::{Level, Platform, PlatformError};
use crate::{audit, jira, settings};

/// Web trigger module that the sidecar posts to.
const EXCHANGE: &str = "exchange";

/// Handles one resolver call: `{"functionKey", "payload"}`. Answers `{"error": code}` where it refuses.
///
/// - `connection.create` `{replace?: bool}`: the first secret, shown once, with what else the sidecar needs
/// - `connection.rotate`: issues `next`, shown once
/// - `connection.retire` `{force?: bool}`: makes `next` the only key
/// - `connection.status`
/// - `settings.get`: `{etag, value}`
/// - `settings.set` `{value, ifEtag}`: `{etag}`, or `{"error":"changed-meanwhile"}`, or `{"error":"invalid",field,rule}`
/// - `settings.preflight` `{project}`: what the settings name and the project has not
pub async fn admin(platform: &impl Platform, call: &Value) -> Value {
    if !jira::user_may(platform, "ADMINISTER", "").await {
        platform.log(Level::Warn, "admin-refused", Value::Null);
        return json!({ "error": "forbidden" });
    }
    let flag = |name: &str| call["payload"][name] == json!(true);
    let answer = match call["functionKey"].as_str().unwrap_or_default() {
        "connection.create" => create(platform, flag("replace")).await,
        "connection.rotate" => rotate(platform).await,
        "connection.retire" => retire(platform, flag("force")).await,
        "connection.status" => status(platform).await,
        "settings.get" => Ok(settings::get(platform).await),
        "settings.set" => Ok(settings::set(platform, &call["payload"]).await),
        "settings.preflight" => Ok(settings::preflight(platform, &call["payload"]).await),
        _ => return json!({ "error": "unknown-function" }),
    };
    answer.unwrap_or_else(|error| {
        let code = match error {
            KeyError::Platform(PlatformError { .. }) => "unavailable".to_owned(),
            refusal => refusal.to_string(),
        };
        json!({ "error": code })
    })
}

async fn create(platform: &impl Platform, replace: bool) -> Result<Value, KeyError> {
    let url = platform.web_trigger_url(EXCHANGE).await?;
    let secret = keys::create(platform, replace).await?;
    audit::note(platform, "connection-created", json!({ "keyId": secret.key_id().as_str() })).await?;
    Ok(json!({
        "installId": platform.install_id(),
        "webTriggerUrl": url,
        "secret": secret.to_hex().as_str(),
        "keyId": secret.key_id().as_str(),
    }))
}

async fn rotate(platform: &impl Platform) -> Result<Value, KeyError> {
    let secret = keys::rotate(platform).await?;
    audit::note(platform, "key-rotated", json!({ "keyId": secret.key_id().as_str() })).await?;
    Ok(json!({ "secret": secret.to_hex().as_str(), "keyId": secret.key_id().as_str() }))
}

async fn retire(platform: &impl Platform, force: bool) -> Result<Value, KeyError> {
    keys::retire(platform, force).await?;
    audit::note(platform, "key-retired", json!({ "force": force })).await?;
    Ok(json!({}))
}

async fn status(platform: &impl Platform) -> Result<Value, KeyError> {
    let live: Vec<String> = match keys::ring(platform).await? {
        Some(ring) => ring.live().map(|key| key.key_id().as_str().to_owned()).collect(),
        None => Vec::new(),
    };
    let sidecar: Option<Value> = crate::records::get(platform, "sidecar").await?;
    Ok(json!({
        "installId": platform.install_id(),
        "webTriggerUrl": platform.web_trigger_url(EXCHANGE).await?,
        "liveKeys": live,
        "nextSeenAt": keys::next_seen(platform).await?,
        "sidecar": sidecar,
    }))
}
