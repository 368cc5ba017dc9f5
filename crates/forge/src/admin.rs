//! The resolver of the admin page. Every call checks Jira's global permission ADMINISTER, since any user who can load a page
//! can call every resolver key of its function (docs/platforms/forge.md §6.3).

use serde_json::Value;

use crate::json::json;
use crate::keys::{self, KeyError};
use crate::lifecycle::EXCHANGE;
use crate::platform::{Platform, PlatformError};
use crate::{
    admin_calls, audit, audit_log, failed_commands, jira, licence, person_erasure, points, privacy, refusals,
    settings_page,
};

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
/// - `audit.list` `{filter?: {action?, accountId?, from?, to?}, cursor?}`, `audit.export` `{format: csv|json, cursor?}`
/// - `privacy.stored`: the kinds of records; `privacy.export` and `privacy.erase`: of a person, of a ticket, or everything
/// - `settings.preflight` `{project}`: ids in the settings that the project does not have
pub async fn admin(platform: &impl Platform, call: &Value) -> Value {
    let mut answer = answer(platform, call).await;
    refusals::count_answer(platform, "admin", &answer).await;
    licence::mark(platform, &mut answer);
    points::store(platform).await;
    answer
}

async fn answer(platform: &impl Platform, call: &Value) -> Value {
    if !jira::user_may(platform, "ADMINISTER", "").await {
        platform.warn("admin-refused", Value::Null);
        return json!({ "error": "forbidden" });
    }
    if let Some(refusal) = admin_calls::refusal(platform, call) {
        return refusal;
    }
    let flag = |name: &str| call["payload"][name] == json!(true);
    let result = match call["functionKey"].as_str().unwrap_or_default() {
        "audit.list" => audit_log::list(platform, &call["payload"]).await.map_err(KeyError::from),
        "audit.export" => audit_log::export(platform, &call["payload"]).await.map_err(KeyError::from),
        "privacy.stored" => Ok(privacy::stored()),
        "privacy.export" => privacy::export::export(platform, &call["payload"]).await.map_err(KeyError::from),
        "privacy.erase" => privacy::erase::erase(platform, &call["payload"]).await.map_err(KeyError::from),
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
