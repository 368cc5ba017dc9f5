//! Acknowledgements of the sidecar, and what becomes of their commands.

use schema::{Ack, AckStatus};
use serde_json::Value;

use crate::commands::{self, FAILED};
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::{connection, failed_commands, records};

/// Applies an acknowledgement. A retried command is in the queue afterwards; every other status removes the command from it. A
/// failed one is kept for the admin under `cmdfailed:<ulid>`.
pub(crate) async fn acknowledge(platform: &impl Platform, ack: &Ack) -> Result<(), PlatformError> {
    let key = commands::key(&ack.command_id);
    match ack.status {
        AckStatus::Retry => return failed_commands::retry_as_is(platform, &ack.command_id).await,
        AckStatus::Dropped => failed_commands::drop_one(platform, &ack.command_id).await?,
        AckStatus::Failed => {
            if let Some(command) = records::get::<Value>(platform, &key).await? {
                let failed = json!({ "command": command, "code": ack.code, "failedAt": platform.now() });
                let failed_key = format!("{FAILED}{}", ack.command_id);
                records::set(platform, &failed_key, failed, SetOptions::default()).await?;
                platform.warn("command-failed", json!({ "code": ack.code }));
            }
        }
        AckStatus::Done => connection::acknowledged(platform, &ack.command_id, ack.code.as_deref()).await?,
        AckStatus::Skipped => {}
    }
    platform.kv_delete(&key).await
}
