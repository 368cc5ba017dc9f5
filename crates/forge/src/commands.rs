//! The queue of commands for the sidecar, one record `cmd:<ulid>` each. A command is delivered until it is acknowledged.

use std::collections::BTreeMap;

use schema::{Command, CommandBody, CommandKind, Id, Poll, UnixMs};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::adf::{self, MAX_TEXT};
use crate::json::{self, json};
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// Maximum bytes of a document: a stored value has at most 240 KiB with the rest of the record (docs/platforms/forge.md §5.1).
const MAX_DOCUMENT_BYTES: usize = 200_000;
/// Maximum depth of a stored value (docs/platforms/forge.md §5.1), without the levels of the record around it. Nested lists
/// can exceed it.
const MAX_STORED_DEPTH: usize = 28;
/// Maximum depth of a document in a command. `forge-app/src/sanitize.ts` replaces everything below 100 levels by
/// null, so a deeper document is reduced to its text before.
const MAX_DOCUMENT_DEPTH: usize = 96;
/// Maximum bytes of commands in one reply.
const MAX_DELIVERY_BYTES: usize = 2_000_000;
/// Pages of 100 commands of the queue that one reply reads at most; the platform limits what is read per minute. Commands behind
/// these pages wait until those before them are acknowledged.
const MAX_PAGES: usize = 8;
/// Commands of one ticket that come before those of other tickets.
const PER_TICKET: usize = 10;
/// The sidecar polls faster for this long after the last activity (docs/protocol.md §3).
const ACTIVE_MS: i64 = 15 * 60_000;

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

/// Queues a command; queueing it again changes nothing.
pub(crate) async fn queue(platform: &impl Platform, mut command: Command) -> Result<(), PlatformError> {
    let (document, reduced) = match &mut command.body {
        CommandBody::CommentAdded(content) | CommandBody::CommentChanged(content) => {
            (Some(&mut content.document), Some(&mut content.reduced))
        }
        CommandBody::DescriptionChanged(change) => (change.document.as_mut(), Some(&mut change.reduced)),
        _ => (None, None),
    };
    if let (Some(document), Some(reduced)) = (document, reduced) {
        *reduced = reduce_to_fit(document);
    }
    store(platform, &command.id, json!(command)).await
}

/// Queues the JSON of a command under its id.
pub(crate) async fn store(platform: &impl Platform, id: &Id, mut command: Value) -> Result<(), PlatformError> {
    if json::is_deeper(&command, MAX_STORED_DEPTH) {
        command = command.to_string().into();
    }
    records::set(platform, &format!("cmd:{id}"), command, SetOptions::default()).await?;
    record_activity(platform).await
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

/// Returns the commands to deliver: oldest first, without those of the tickets that the sidecar names, and at first at most
/// [`PER_TICKET`] of each ticket, so that one with many commands leaves room for the others. Of several snapshots of one issue
/// only the newest is delivered; the others are deleted. `bytes`: the room in the reply; commands that do not fit are delivered
/// later.
pub(crate) async fn waiting(platform: &impl Platform, poll: &Poll, bytes: usize) -> Result<Vec<Value>, PlatformError> {
    let max = poll.max as usize;
    let mut queued: Vec<(String, Value)> = Vec::new();
    // The number of commands per ticket, and how many of all have a place before the others of their ticket.
    let (mut of_ticket, mut fair) = (BTreeMap::<Option<u64>, usize>::new(), 0);
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        if max == 0 {
            break;
        }
        let page = match platform.kv_query("cmd:", 100, cursor).await {
            // The commands that were read are delivered; the next reply reads the others.
            Err(_) if !queued.is_empty() => break,
            page => page?,
        };
        for (key, stored) in page.items {
            // A record that cannot be read must not block the others; it stays in the queue and is logged.
            let Ok(command) = records::unwrap_owned(platform, &key, stored) else { continue };
            let Some(command) = self::stored(command) else { continue };
            let ticket = command["ticketId"].as_u64();
            let before = of_ticket.entry(ticket).or_default();
            if *before >= max || ticket.is_some_and(|id| poll.skip_tickets.contains(&id)) {
                continue;
            }
            fair += usize::from(*before < PER_TICKET);
            *before += 1;
            queued.push((key, command));
        }
        cursor = page.cursor;
        // Twice as many as wanted, since snapshots that a newer one replaces are not delivered.
        if cursor.is_none() || fair >= 2 * max {
            break;
        }
    }
    for key in superseded(&queued) {
        platform.kv_delete(&key).await?;
        queued.retain(|(queued, _)| *queued != key);
    }
    Ok(choose(queued.into_iter().map(|(_, command)| command).collect(), max, bytes.min(MAX_DELIVERY_BYTES)))
}

/// Returns the keys of snapshots that a newer one of the same issue and ticket replaces.
fn superseded(queued: &[(String, Value)]) -> Vec<String> {
    let is_superseded = |at: usize, command: &Value| {
        let same_snapshot = |later: &(String, Value)| {
            ["kind", "issueId", "ticketId"].iter().all(|field| later.1[field] == command[field])
        };
        command["kind"] == CommandKind::IssueChanged.as_str() && queued[at + 1..].iter().any(same_snapshot)
    };
    let old = queued.iter().enumerate().filter(|(at, (_, command))| is_superseded(*at, command));
    old.map(|(_, (key, _))| key.clone()).collect()
}

/// Chooses the commands of one reply; those of a ticket keep their order, and none is left out before one that is chosen.
fn choose(queued: Vec<Value>, max: usize, room: usize) -> Vec<Value> {
    let of_ticket_before =
        |at: usize| queued[..at].iter().filter(|it| it["ticketId"] == queued[at]["ticketId"]).count();
    let mut order: Vec<usize> = (0..queued.len()).collect();
    order.sort_by_cached_key(|&at| (of_ticket_before(at) / PER_TICKET, at));
    let mut bytes = 0;
    let fits = |at: &usize| {
        bytes += queued[*at].to_string().len();
        bytes <= room
    };
    let mut chosen: Vec<usize> = order.into_iter().take(max).take_while(fits).collect();
    chosen.sort_unstable();
    queued.into_iter().enumerate().filter(|(at, _)| chosen.binary_search(at).is_ok()).map(|(_, it)| it).collect()
}

/// Records that the link is active, with at most one write per minute.
pub(crate) async fn record_activity(platform: &impl Platform) -> Result<(), PlatformError> {
    let last = records::get::<UnixMs>(platform, "activity").await?;
    if last.is_some_and(|last| platform.now().since(last) < 60_000) {
        return Ok(());
    }
    records::set(platform, "activity", json!(platform.now()), SetOptions::default()).await
}

/// Returns the maximum time until the sidecar's next request: shorter while the link is active.
pub(crate) async fn next_poll_ms(platform: &impl Platform) -> u32 {
    let last = records::get::<UnixMs>(platform, "activity").await.unwrap_or_default();
    let active = last.is_some_and(|last| platform.now().since(last) < ACTIVE_MS);
    if active { 2_000 } else { 5_000 }
}
