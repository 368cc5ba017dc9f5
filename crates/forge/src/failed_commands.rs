//! Commands that the sidecar could not apply, one record `cmdfailed:<ulid>` each, until an admin retries or skips them.

use schema::{Id, UnixMs};
use serde_json::Value;

use crate::commands::{self, FAILED};
use crate::json::{json, take};
use crate::platform::{Platform, PlatformError};
use crate::{audit, records};

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
        let Some(failed) = records::get::<Value>(platform, &key(&id)).await? else { continue };
        let at = schema::read(failed["failedAt"].clone()).unwrap_or(UnixMs(0));
        let Some(mut command) = command_of(failed) else { continue };
        // The same if this call is interrupted and repeated.
        let again = commands::id_of(at, 0, &["retry", &id.to_string(), &at.0.to_string()]);
        command["id"] = json!(again);
        commands::store(platform, &again, command).await?;
        platform.kv_delete(&key(&id)).await?;
        done.push(json!(id));
    }
    finish(platform, "commands-retried", done).await
}

/// Deletes the commands `{ids}` without applying them. Returns `{"done":[id]}`.
pub(crate) async fn skip(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let mut done = Vec::new();
    for id in ids(payload) {
        if records::get::<Value>(platform, &key(&id)).await?.is_some() {
            platform.kv_delete(&key(&id)).await?;
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
