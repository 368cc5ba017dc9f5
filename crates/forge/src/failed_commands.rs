//! Commands that the sidecar could not apply, one record `cmdfailed:<ulid>` each, until they are retried or deleted: by an admin
//! of Jira, or by the sidecar's operator with an acknowledgement.

use schema::{Id, UnixMs};
use serde_json::Value;

use crate::commands::{self, FAILED};
use crate::json::{json, take};
use crate::platform::{Platform, PlatformError};
use crate::{audit, queue_mark, records};

/// Maximum number of commands per call.
const MAX_PER_CALL: usize = 100;

/// Returns `{"commands":[{id, kind, ticketId?, issueId?, issueKey?, code, failedAt}], "cursor"?}`, oldest first and without
/// content; `cursor` in the payload continues.
pub(crate) async fn list(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let cursor = payload["cursor"].as_str().map(str::to_owned);
    let page = platform.kv_query(FAILED, 100, cursor).await?;
    let rows = page.items.into_iter().filter_map(|(key, stored)| {
        let failed = records::unwrap_owned(platform, &key, stored).ok()?;
        let mut row = json!({ "code": failed["code"], "failedAt": failed["failedAt"] });
        let command = command_of(failed)?;
        for name in ["id", "kind", "ticketId", "issueId", "issueKey"] {
            if let Some(value) = command.get(name) {
                row[name] = value.clone();
            }
        }
        Some(row)
    });
    let mut answer = json!({ "commands": rows.collect::<Vec<_>>() });
    if let Some(cursor) = page.cursor {
        answer["cursor"] = cursor.into();
    }
    Ok(answer)
}

/// Queues the commands `{ids}` again, as new commands, since the sidecar applies each id once. Returns `{"done":[id]}`; an id
/// that is missing there has no failed command.
pub(crate) async fn retry(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let mut done = Vec::new();
    for id in ids(payload) {
        // The same if this call is interrupted and repeated.
        let again = |at: UnixMs| commands::id_of(at, 0, &["retry", &id.to_string(), &at.0.to_string()]);
        if requeue(platform, &id, again).await? {
            done.push(json!(id));
        }
    }
    finish(platform, "commands-retried", done).await
}

/// Queues a failed command again under its own id: the sidecar has forgotten that it failed.
pub(crate) async fn retry_as_is(platform: &impl Platform, id: &Id) -> Result<(), PlatformError> {
    let done = if requeue(platform, id, |_| *id).await? { vec![json!(id)] } else { Vec::new() };
    finish(platform, "commands-retried", done).await.map(drop)
}

/// Deletes a failed command.
pub(crate) async fn drop_one(platform: &impl Platform, id: &Id) -> Result<(), PlatformError> {
    let done = if discard(platform, id).await? { vec![json!(id)] } else { Vec::new() };
    finish(platform, "commands-skipped", done).await.map(drop)
}

/// Moves a failed command back into the queue under the id that `again` derives from the time of the failure. Returns whether
/// there is one that can be read.
async fn requeue(platform: &impl Platform, id: &Id, again: impl Fn(UnixMs) -> Id) -> Result<bool, PlatformError> {
    let Some(failed) = records::get::<Value>(platform, &key(id)).await? else { return Ok(false) };
    let again = again(schema::read(failed["failedAt"].clone()).unwrap_or(UnixMs(0)));
    let Some(mut command) = command_of(failed) else { return Ok(false) };
    command["id"] = json!(again);
    commands::store(platform, &again, command).await?;
    queue_mark::record(platform).await?;
    platform.kv_delete(&key(id)).await?;
    Ok(true)
}

/// Deletes a failed command. Returns whether there was one.
async fn discard(platform: &impl Platform, id: &Id) -> Result<bool, PlatformError> {
    let found = records::get::<Value>(platform, &key(id)).await?.is_some();
    if found {
        platform.kv_delete(&key(id)).await?;
    }
    Ok(found)
}

/// Deletes the commands `{ids}` without applying them. Returns `{"done":[id]}`.
pub(crate) async fn skip(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let mut done = Vec::new();
    for id in ids(payload) {
        if discard(platform, &id).await? {
            done.push(json!(id));
        }
    }
    finish(platform, "commands-skipped", done).await
}

async fn finish(platform: &impl Platform, action: &str, done: Vec<Value>) -> Result<Value, PlatformError> {
    if !done.is_empty() {
        audit::record(platform, action, json!({ "commandIds": done })).await?;
    }
    Ok(json!({ "done": done }))
}

fn ids(payload: &Value) -> Vec<Id> {
    let ids = payload["ids"].as_array().into_iter().flatten();
    ids.take(MAX_PER_CALL).filter_map(|id| id.as_str()?.parse().ok()).collect()
}

fn key(id: &Id) -> String {
    format!("{FAILED}{id}")
}

/// Returns the command of a record.
fn command_of(mut failed: Value) -> Option<Value> {
    commands::stored(take(&mut failed, "command"))
}
