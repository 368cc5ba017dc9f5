//! The resolver of the admin page. Every call checks Jira's global permission ADMINISTER, since any user who can load a page
//! can call every resolver key of its function (docs/platforms/forge.md §6.3).

use serde_json::Value;

use crate::json::json;
use crate::keys::KeyError;
use crate::platform::{Platform, PlatformError};
use crate::{
    admin_calls, audit_log, choices, connection, failed_commands, jira, people_list, person_erasure, preflight,
    privacy, resolver, settings_history, settings_page,
};

/// Handles one resolver call `{"functionKey", "payload"}`; a refusal is `{"error": code}`.
///
/// - `connection.create` `{replace?: bool}`: creates the first secret; returns it, once, with what to paste for the sidecar
/// - `connection.rotate`: creates the secret `next` and returns it, once
/// - `connection.retire` `{force?: bool}`: makes `next` the only secret
/// - `connection.disconnect` `{force?: bool}`: tells the sidecar to stop, and deletes the secrets when it has; `force`: at once
/// - `connection.status` `{ask?: bool}`: the state of the connection; `ask`: the sidecar is asked to report
/// - `people.read` `{csv}`: the pairs of a pasted list of people; nothing is saved
/// - `settings.get`: `{etag, value}`
/// - `settings.set` `{value, ifEtag}`: `{etag}`, or `{"error":"changed-meanwhile"}`, or `{"error":"invalid",field,rule}`
/// - `commands.failed` `{cursor?}`, `commands.retry` `{ids}`, `commands.skip` `{ids}`: commands that the sidecar could not apply
/// - `erasure.request` `{accountIds}`: `{commandId}`: the sidecar erases the data of these people in the helpdesk
/// - `settings.choices`: the names that settings can have, of both sides
/// - `settings.history`: who saved which changes, and when; `settings.version` `{etag}`: the settings of one of these versions
/// - `settings.preflight` `{project, value?}`: whether these settings, or the saved ones, fit the project
/// - `audit.list` `{filter?: {action?, accountId?, from?, to?}, cursor?}`, `audit.export` `{format: csv|json, cursor?}`
/// - `privacy.stored`: the kinds of records; `privacy.export` and `privacy.erase`: of a person, of a ticket, or everything
pub async fn admin(platform: &impl Platform, call: &Value) -> Value {
    resolver::finish(platform, "admin", answer(platform, call).await).await
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
        "connection.create" => connection::create(platform, flag("replace")).await,
        "connection.rotate" => connection::rotate(platform).await,
        "connection.retire" => connection::retire(platform, flag("force")).await,
        "connection.disconnect" => connection::disconnect(platform, flag("force")).await,
        "connection.status" => connection::status(platform, flag("ask")).await,
        "audit.list" => audit_log::list(platform, &call["payload"]).await.map_err(KeyError::from),
        "audit.export" => audit_log::export(platform, &call["payload"]).await.map_err(KeyError::from),
        "privacy.stored" => Ok(privacy::stored()),
        "privacy.export" => privacy::export::export(platform, &call["payload"]).await.map_err(KeyError::from),
        "privacy.erase" => privacy::erase::erase(platform, &call["payload"]).await.map_err(KeyError::from),
        "commands.failed" => failed_commands::list(platform, &call["payload"]).await.map_err(KeyError::from),
        "commands.retry" => failed_commands::retry(platform, &call["payload"]).await.map_err(KeyError::from),
        "commands.skip" => failed_commands::skip(platform, &call["payload"]).await.map_err(KeyError::from),
        "erasure.request" => person_erasure::request(platform, &call["payload"]).await.map_err(KeyError::from),
        "people.read" => people_list::read(platform, &call["payload"]).await.map_err(KeyError::from),
        "settings.get" => Ok(settings_page::get(platform).await),
        "settings.set" => Ok(settings_page::set(platform, &call["payload"]).await),
        "settings.choices" => Ok(choices::read(platform).await),
        "settings.history" => settings_history::list(platform).await.map_err(KeyError::from),
        "settings.version" => settings_history::one(platform, &call["payload"]).await.map_err(KeyError::from),
        "settings.preflight" => Ok(preflight::run(platform, &call["payload"]).await),
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
