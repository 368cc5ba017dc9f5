//! The queue of commands for the sidecar, one record `cmd:<ulid>` each. A command is delivered until it is acknowledged.

use schema::{Command, CommandBody, Id, UnixMs};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::adf::{self, MAX_TEXT};
use crate::json::{self, json};
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::{queue_mark, records};

/// Maximum bytes of a document: a stored value has at most 240 KiB with the rest of the record (docs/platforms/forge.md §5.1).
const MAX_DOCUMENT_BYTES: usize = 200_000;
/// Maximum depth of a stored value (docs/platforms/forge.md §5.1), without the levels of the record around it. Nested lists
/// can exceed it.
const MAX_STORED_DEPTH: usize = 28;
/// Maximum depth of a document in a command. `forge-app/src/sanitize.ts` replaces everything below 100 levels by
/// null, so a deeper document is reduced to its text before.
const MAX_DOCUMENT_DEPTH: usize = 96;

/// Prefix of the records of the queue.
pub(crate) const QUEUED: &str = "cmd:";
/// Prefix of the records of commands that the sidecar could not apply.
pub(crate) const FAILED: &str = "cmdfailed:";

/// Derives a command's id from its event, so that a repeated event gives the same command. The queue is sorted by `at`, Jira's
/// time of the event, then by `number`, an id that Jira counts up. `parts` identify the event.
pub(crate) fn id_of(at: UnixMs, number: u64, parts: &[&str]) -> Id {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    Id::new(at, digest.iter().take(7).fold(u128::from(number & 0xFF_FFFF), |sum, byte| (sum << 8) | u128::from(*byte)))
}

/// Returns the key of the record of a command.
pub(crate) fn key(id: &Id) -> String {
    format!("{QUEUED}{id}")
}

/// Queues a command; queueing it again changes nothing.
pub(crate) async fn queue(platform: &impl Platform, mut command: Command) -> Result<(), PlatformError> {
    reduce(&mut command.body);
    store(platform, &command.id, json!(command)).await?;
    queue_mark::record(platform).await
}

/// Reduces the document of a command to its text if it is too large or too deep for the queue.
pub(crate) fn reduce(body: &mut CommandBody) {
    let (document, reduced) = match body {
        CommandBody::CommentAdded(content) | CommandBody::CommentChanged(content) => {
            (Some(&mut content.document), Some(&mut content.reduced))
        }
        CommandBody::DescriptionChanged(change) => (change.document.as_mut(), Some(&mut change.reduced)),
        _ => (None, None),
    };
    if let (Some(document), Some(reduced)) = (document, reduced) {
        *reduced |= reduce_to_fit(document);
    }
}

/// Stores the JSON of a command under its id.
pub(crate) async fn store(platform: &impl Platform, id: &Id, mut command: Value) -> Result<(), PlatformError> {
    if json::is_deeper(&command, MAX_STORED_DEPTH) {
        command = command.to_string().into();
    }
    records::set(platform, &key(id), command, SetOptions::default()).await
}

/// Returns the JSON of a stored command.
pub(crate) fn stored(command: Value) -> Option<Value> {
    match command {
        Value::String(text) => serde_json::from_str(&text).ok(),
        command => Some(command),
    }
}

/// Reduces a document that is too large or too deep to its text. Returns whether it was.
fn reduce_to_fit(document: &mut Value) -> bool {
    // A document that is too deep is stored as a JSON text, which is longer.
    let written = document.to_string();
    let size =
        if json::is_deeper(document, MAX_STORED_DEPTH) { json!(written).to_string().len() } else { written.len() };
    let reduced = size > MAX_DOCUMENT_BYTES || json::is_deeper(document, MAX_DOCUMENT_DEPTH);
    if reduced {
        *document = adf::reduced(document, MAX_TEXT);
    }
    reduced
}
