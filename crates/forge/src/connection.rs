//! The connection with the sidecar, for the admin page: secret, state, end.

use schema::{Command, CommandBody, Id, Nothing, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::join::{join, join3};
use crate::json::json;
use crate::keys::{self, KeyError};
use crate::lifecycle::EXCHANGE;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::version::{MIN_SIDECAR, VERSION};
use crate::{audit, commands, records, setup_text, sidecar_info};

/// Record of an end of the connection that was requested.
const ENDING: &str = "disconnect";
/// The code with which a sidecar acknowledges that it has stopped.
const STOPPED: &str = "disconnected";
/// While somebody waits for an answer, the sidecar is asked again after this time at the earliest.
const ASKED_EVERY_MS: i64 = 10_000;

/// The command that ends the connection.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ending {
    command_id: Id,
    requested_at: UnixMs,
    /// When the secrets were deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<UnixMs>,
}

/// Creates the first secret. Returns `{secret, keyId, installId, webTriggerUrl, texts}`: the secret is shown here and never again.
pub(crate) async fn create(platform: &impl Platform, replace: bool) -> Result<Value, KeyError> {
    let url = platform.web_trigger_url(EXCHANGE).await?;
    let secret = keys::create(platform, replace).await?;
    platform.kv_delete(ENDING).await?;
    // An earlier sidecar's report is not the state of this connection.
    sidecar_info::forget(platform).await?;
    audit::record(platform, "connection-created", json!({ "keyId": secret.key_id().as_str() })).await?;
    Ok(json!({
        "installId": platform.install_id(),
        "webTriggerUrl": url,
        "secret": secret.to_hex().as_str(),
        "keyId": secret.key_id().as_str(),
        "texts": setup_text::first(platform.install_id(), &url, secret.to_hex().as_str()),
    }))
}

/// Creates the secret `next`. Returns `{secret, keyId, texts}`, once.
pub(crate) async fn rotate(platform: &impl Platform) -> Result<Value, KeyError> {
    let secret = keys::rotate(platform).await?;
    audit::record(platform, "key-rotated", json!({ "keyId": secret.key_id().as_str() })).await?;
    Ok(json!({
        "secret": secret.to_hex().as_str(),
        "keyId": secret.key_id().as_str(),
        "texts": setup_text::next(secret.to_hex().as_str()),
    }))
}

/// Makes `next` the only secret.
pub(crate) async fn retire(platform: &impl Platform, force: bool) -> Result<Value, KeyError> {
    keys::retire(platform, force).await?;
    audit::record(platform, "key-retired", json!({ "force": force })).await?;
    Ok(json!({}))
}

/// Asks the sidecar to stop; the secrets are deleted when it says that it has. With `force` they are deleted now: the sidecar learns
/// it from being refused.
pub(crate) async fn disconnect(platform: &impl Platform, force: bool) -> Result<Value, KeyError> {
    let (keys, ending) = join(keys::load(platform), records::get::<Ending>(platform, ENDING)).await;
    if keys?.is_none() {
        return Err(KeyError::Missing);
    }
    let now = platform.now();
    let ending = match ending? {
        Some(ending) => ending,
        None => {
            let command_id = commands::id_of(now, 0, &["disconnect", &now.0.to_string()]);
            Ending { command_id, requested_at: now, ended_at: None }
        }
    };
    if force {
        end(platform, ending).await?;
        return Ok(json!({}));
    }
    records::set(platform, ENDING, json!(ending), SetOptions::default()).await?;
    ask(platform, ending.command_id, CommandBody::Disconnect(Nothing {})).await?;
    audit::record(platform, "disconnect-requested", json!({ "commandId": ending.command_id })).await?;
    Ok(json!({}))
}

/// Deletes the secrets if this acknowledgement says that the sidecar has stopped.
pub(crate) async fn acknowledged(platform: &impl Platform, id: &Id, code: Option<&str>) -> Result<(), PlatformError> {
    if code != Some(STOPPED) {
        return Ok(());
    }
    match records::get::<Ending>(platform, ENDING).await? {
        Some(ending) if ending.command_id == *id && ending.ended_at.is_none() => end(platform, ending).await,
        _ => Ok(()),
    }
}

async fn end(platform: &impl Platform, ending: Ending) -> Result<(), PlatformError> {
    keys::delete(platform).await?;
    platform.kv_delete(&commands::key(&ending.command_id)).await?;
    let ending = Ending { ended_at: Some(platform.now()), ..ending };
    records::set(platform, ENDING, json!(ending), SetOptions::default()).await?;
    audit::record(platform, "disconnected", json!({ "commandId": ending.command_id })).await
}

/// Returns `{installId, webTriggerUrl, liveKeys, nextSeenAt, state, sidecar?, status?, ageMs?, ending?}`. `state` is one of
///
/// - `new`: there is no secret
/// - `waiting`: there is one, and no sidecar has used it yet
/// - `connected`: a sidecar has
/// - `ending`: it was asked to stop
/// - `ended`: the connection was ended by an admin
///
/// With `ask` the sidecar is asked to report; its answer shows in a later call.
pub(crate) async fn status(platform: &impl Platform, ask_now: bool) -> Result<Value, KeyError> {
    let (keys, ending, (sidecar, status)) = join3(
        keys::load(platform),
        records::get::<Ending>(platform, ENDING),
        join(sidecar_info::read(platform), sidecar_info::status(platform)),
    )
    .await;
    let (keys, ending, sidecar, status) = (keys?, ending?, sidecar?, status?);
    let age_ms = status.as_ref().map(|status| sidecar_info::age_ms(platform, status));
    let state = match (&keys, &ending, &sidecar) {
        (None, Some(_), _) => "ended",
        (None, None, _) => "new",
        (Some(_), Some(_), _) => "ending",
        (Some(_), None, None) => "waiting",
        (Some(_), None, Some(_)) => "connected",
    };
    if ask_now && state == "connected" && age_ms.is_none_or(|age| age >= ASKED_EVERY_MS) {
        let at = platform.now().0.div_euclid(ASKED_EVERY_MS) * ASKED_EVERY_MS;
        // The same id within ten seconds, so that several open pages are one question.
        let id = commands::id_of(UnixMs(at), 0, &["status", &at.to_string()]);
        ask(platform, id, CommandBody::StatusRequested(Nothing {})).await?;
    }
    let live: Vec<String> =
        keys.iter().flat_map(|keys| keys.ring.live()).map(|key| key.key_id().as_str().into()).collect();
    let mut answer = json!({
        "installId": platform.install_id(),
        "webTriggerUrl": platform.web_trigger_url(EXCHANGE).await?,
        "state": state,
        "liveKeys": live,
        "nextSeenAt": keys::next_seen(platform).await?,
        "sidecar": sidecar,
        "appVersion": VERSION,
        "minSidecar": MIN_SIDECAR,
    });
    if let (Some(status), Some(age)) = (status, age_ms) {
        answer["status"] = status["status"].clone();
        answer["ageMs"] = age.into();
    }
    if let Some(ending) = &ending {
        answer["ending"] = json!({ "requestedAt": ending.requested_at, "endedAt": ending.ended_at });
    }
    Ok(answer)
}

async fn ask(platform: &impl Platform, id: Id, body: CommandBody) -> Result<(), PlatformError> {
    commands::queue(platform, Command { id, ticket_id: None, issue_id: None, issue_key: None, body }).await
}
