//! The queue of commands for the sidecar: `cmd:<ulid>`, at least once, until acknowledged.

use schema::{Ack, AckStatus, Command, CommandBody, CommentContent, Id, UnixMs};
use serde_json::Value;

use crate::json::{self, json};
use sha2::{Digest, Sha256};

use crate::adf;
use crate::platform::{Level, Platform, PlatformError, SetOptions};
use crate::records;

/// Room for the document inside a value of 240 KiB (docs/platforms/forge.md §5.1).
const LARGEST_DOCUMENT: usize = 200_000;
/// Levels of a stored value (docs/platforms/forge.md §5.1) but those of the record around it. A list in a list in a list has more.
const STORED_LEVELS: usize = 28;
/// Levels of a document that are handed on: the glue leaves out what is deeper than 100, and this says so in its place.
const DOCUMENT_LEVELS: usize = 96;
/// Most bytes of commands in one reply, under the platform's 5 MB an answer.
const LARGEST_DELIVERY: usize = 2_000_000;
/// "Anything moved in the last 15 minutes" (docs/protocol.md §3).
const ACTIVE_MS: i64 = 15 * 60_000;

/// An id made of what happened, so that the same event, told twice or out of order, is the same command. `at` is when it
/// happened in Jira and sorts the queue; what happened in one millisecond is sorted by `number`, which Jira counts up.
pub(crate) fn id_of(at: UnixMs, number: u64, what: &[&str]) -> Id {
    let mut hash = Sha256::new();
    for part in what {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    Id::new(at, digest.iter().take(7).fold(u128::from(number & 0xFF_FFFF), |sum, byte| (sum << 8) | u128::from(*byte)))
}

/// Queues a command; the same one again changes nothing.
pub(crate) async fn queue(platform: &impl Platform, mut command: Command) -> Result<(), PlatformError> {
    if let CommandBody::CommentAdded(content) | CommandBody::CommentChanged(content) = &mut command.body {
        fit(content);
    }
    let mut stored = json!(command);
    if json::is_deeper(&stored, STORED_LEVELS) {
        stored = stored.to_string().into();
    }
    records::set(platform, &format!("cmd:{}", command.id), stored, SetOptions::default()).await?;
    note_activity(platform).await
}

fn fit(content: &mut CommentContent) {
    // Written as a text in a text, it is longer.
    let written = content.document.to_string();
    let size = if json::is_deeper(&content.document, STORED_LEVELS) {
        json!(written).to_string().len()
    } else {
        written.len()
    };
    if size > LARGEST_DOCUMENT || json::is_deeper(&content.document, DOCUMENT_LEVELS) {
        content.document = adf::reduced(&content.document, 32_767);
        content.reduced = true;
    }
}

/// The commands to bring now, oldest first, as they were queued. Several snapshots of one issue are one: the newest.
pub(crate) async fn waiting(platform: &impl Platform, max: usize) -> Result<Vec<Value>, PlatformError> {
    let page = platform.kv_query("cmd:", 100, None).await?;
    // One that cannot be read must not hold up the others; it stays where it is, and the log names its family.
    let queued = page.items.into_iter().filter_map(|(key, stored)| {
        let command = match records::mine(platform, &key, stored).ok()? {
            Value::String(text) => serde_json::from_str(&text).ok()?,
            command => command,
        };
        Some((key, command))
    });
    let queued: Vec<(String, Value)> = queued.collect();
    let is_superseded = |at: usize| {
        let command = &queued[at].1;
        let same_snapshot = |later: &(String, Value)| {
            ["kind", "issueId", "ticketId"].iter().all(|field| later.1[field] == command[field])
        };
        command["kind"] == "issue.changed" && queued[at + 1..].iter().any(same_snapshot)
    };
    let (mut commands, mut bytes) = (Vec::new(), 0);
    for (at, (key, command)) in queued.iter().enumerate() {
        if is_superseded(at) {
            platform.kv_delete(key).await?;
            continue;
        }
        bytes += command.to_string().len();
        if bytes > LARGEST_DELIVERY || commands.len() == max {
            break;
        }
        commands.push(command.clone());
    }
    Ok(commands)
}

/// Applies an acknowledgement: `done` and `skipped` delete the command, `failed` puts it aside where the admin sees it.
pub(crate) async fn acknowledge(platform: &impl Platform, ack: &Ack) -> Result<(), PlatformError> {
    let key = format!("cmd:{}", ack.command_id);
    if ack.status == AckStatus::Failed
        && let Some(command) = records::get::<Value>(platform, &key).await?
    {
        let failed = json!({ "command": command, "code": ack.code, "failedAt": platform.now() });
        records::set(platform, &format!("cmdfailed:{}", ack.command_id), failed, SetOptions::default()).await?;
        platform.log(Level::Warn, "command-failed", json!({ "code": ack.code }));
    }
    platform.kv_delete(&key).await
}

/// Notes that something moved; at most one write a minute.
pub(crate) async fn note_activity(platform: &impl Platform) -> Result<(), PlatformError> {
    let last = records::get::<UnixMs>(platform, "activity").await?;
    if last.is_some_and(|last| platform.now().since(last) < 60_000) {
        return Ok(());
    }
    records::set(platform, "activity", json!(platform.now()), SetOptions::default()).await
}

/// When the sidecar shall come again: soon while anything moves.
pub(crate) async fn next_poll_ms(platform: &impl Platform) -> u32 {
    let last = records::get::<UnixMs>(platform, "activity").await.unwrap_or_default();
    let active = last.is_some_and(|last| platform.now().since(last) < ACTIVE_MS);
    if active { 2_000 } else { 5_000 }
}
