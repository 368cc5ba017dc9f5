//! The resolver of the admin page. Every call checks Jira's global permission ADMINISTER, since any user who can load a page
//! can call every resolver key of its function (docs/platforms/forge.md §6.3).

use serde_json::Value;

use crate::json::json;
use crate::keys::{self, KeyError};
use crate::platform::{Platform, PlatformError};
use crate::{audit, failed_commands, jira, person_erasure, points, settings_page};

/// Key of the web trigger module that the sidecar posts to.
const EXCHANGE: &str = "exchange";

/// Handles one resolver call `{"functionKey", "payload"}`; a refusal is `{"error": code}`.
///
/// - `connection.create` `{replace?: bool}`: creates the first secret; returns it, once, with the values that the sidecar needs
/// - `connection.rotate`: creates the secret `next` and returns it, once
/// - `connection.retire` `{force?: bool}`: makes `next` the only secret
/// - `connection.status`: ids of the live keys, and the last `hello` of the sidecar
/// - `settings.get`: `{etag, value}`
/// - `settings.set` `{value, ifEtag}`: `{etag}`, or `{"error":"changed-meanwhile"}`, or `{"error":"invalid",field,rule}`
/// - `commands.failed` `{cursor?}`, `commands.retry` `{ids}`, `commands.skip` `{ids}`: commands that the sidecar could not apply
/// - `erasure.request` `{accountIds}`: `{commandId}`: the sidecar erases the data of these people in the helpdesk
/// - `settings.preflight` `{project}`: ids in the settings that the project does not have
pub async fn admin(platform: &impl Platform, call: &Value) -> Value {
    let answer = answer(platform, call).await;
    points::store(platform).await;
    answer
}

async fn answer(platform: &impl Platform, call: &Value) -> Value {
    if !jira::user_may(platform, "ADMINISTER", "").await {
        platform.warn("admin-refused", Value::Null);
        return json!({ "error": "forbidden" });
    }
    let flag = |name: &str| call["payload"][name] == json!(true);
    let result = match call["functionKey"].as_str().unwrap_or_default() {
        "connection.create" => create(platform, flag("replace")).await,
        "connection.rotate" => rotate(platform).await,
        "connection.retire" => retire(platform, flag("force")).await,
        "connection.status" => status(platform).await,
        "commands.failed" => failed_commands::list(platform, &call["payload"]).await.map_err(KeyError::from),
        "commands.retry" => failed_commands::retry(platform, &call["payload"]).await.map_err(KeyError::from),
        "commands.skip" => failed_commands::skip(platform, &call["payload"]).await.map_err(KeyError::from),
        "erasure.request" => person_erasure::request(platform, &call["payload"]).await.map_err(KeyError::from),
        "settings.get" => Ok(settings_page::get(platform).await),
        "settings.set" => Ok(settings_page::set(platform, &call["payload"]).await),
        "settings.preflight" => Ok(settings_page::preflight(platform, &call["payload"]).await),
        _ => return json!({ "error": "unknown-function" }),
    };
    result.unwrap_or_else(|error| {
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
    audit::record(platform, "connection-created", json!({ "keyId": secret.key_id().as_str() })).await?;
    Ok(json!({
        "installId": platform.install_id(),
        "webTriggerUrl": url,
        "secret": secret.to_hex().as_str(),
        "keyId": secret.key_id().as_str(),
    }))
}

async fn rotate(platform: &impl Platform) -> Result<Value, KeyError> {
    let secret = keys::rotate(platform).await?;
    audit::record(platform, "key-rotated", json!({ "keyId": secret.key_id().as_str() })).await?;
    Ok(json!({ "secret": secret.to_hex().as_str(), "keyId": secret.key_id().as_str() }))
}

async fn retire(platform: &impl Platform, force: bool) -> Result<Value, KeyError> {
    keys::retire(platform, force).await?;
    audit::record(platform, "key-retired", json!({ "force": force })).await?;
    Ok(json!({}))
}

async fn status(platform: &impl Platform) -> Result<Value, KeyError> {
    let live: Vec<String> = match keys::load(platform).await? {
        Some(keys) => keys.ring.live().map(|key| key.key_id().as_str().to_owned()).collect(),
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
