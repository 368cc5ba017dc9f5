//! The links that users of an issue have requested in the last day, record `asked:<issue>`: a request is answered by the sidecar,
//! which may take a while or refuse it, and the panel shows what became of it.

use schema::{Id, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::commands::{self, FAILED};
use crate::join::{join, join_all};
use crate::json::json;
use crate::links::Link;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const KEPT: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
/// Requests of one issue that are shown, the newest.
const MOST: usize = 5;
/// A request that was delivered and has made no link by then has no answer that the app knows.
const ANSWERED_WITHIN_MS: i64 = 900_000;

/// A requested link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    /// Id of the command.
    pub(super) id: Id,
    /// Number or address of the ticket, as typed.
    pub(super) ticket: String,
    pub(super) at: UnixMs,
}

fn key(issue_id: &str) -> String {
    format!("asked:{issue_id}")
}

/// Returns the requests of an issue, oldest first.
pub(super) async fn read(platform: &impl Platform, issue_id: &str) -> Result<Vec<Asked>, PlatformError> {
    Ok(records::get(platform, &key(issue_id)).await?.unwrap_or_default())
}

/// Adds a request; it replaces an earlier one for the same text.
pub(super) async fn add(platform: &impl Platform, issue_id: &str, asked: Asked) -> Result<(), PlatformError> {
    let mut all = read(platform, issue_id).await?;
    all.retain(|other| other.ticket != asked.ticket);
    all.push(asked);
    let newest = all.split_off(all.len().saturating_sub(MOST));
    records::set(platform, &key(issue_id), json!(newest), KEPT).await
}

/// Whether a link is what was asked for.
pub(super) fn is_answered_by(asked: &Asked, link: &Link) -> bool {
    let typed = asked.ticket.trim_start_matches(['#', ' ']);
    (typed == link.ticket_number || typed == link.ticket_url) && link.linked_at.since(asked.at) >= 0
}

/// Returns what became of the requests that have made no link: `waiting` in the queue, `sent` to the sidecar, `failed` with the
/// sidecar's code, or `unanswered`.
pub(super) async fn states(
    platform: &impl Platform,
    asked: &[Asked],
    links: &[Link],
) -> Result<Vec<Value>, PlatformError> {
    let open = asked.iter().filter(|asked| !links.iter().any(|link| is_answered_by(asked, link)));
    join_all(open.map(|asked| state(platform, asked))).await.into_iter().collect()
}

async fn state(platform: &impl Platform, asked: &Asked) -> Result<Value, PlatformError> {
    let (queued, failed) = (commands::key(&asked.id), format!("{FAILED}{}", asked.id));
    let (queued, failed) =
        join(records::get::<Value>(platform, &queued), records::get::<Value>(platform, &failed)).await;
    let (queued, failed) = (queued?, failed?);
    let is_new = platform.now().since(asked.at) < ANSWERED_WITHIN_MS;
    let state = match (&queued, &failed) {
        (_, Some(_)) => "failed",
        (Some(_), None) => "waiting",
        (None, None) if is_new => "sent",
        (None, None) => "unanswered",
    };
    let mut row = json!({ "ticket": asked.ticket, "at": asked.at, "state": state });
    if let Some(failed) = failed {
        row["code"] = failed["code"].clone();
    }
    Ok(row)
}
