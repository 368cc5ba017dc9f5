//! The commands that wait for the sidecar, as far as the panel of one issue is concerned.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::commands::{QUEUED, stored};
use crate::platform::{Platform, PlatformError};
use crate::{fan_out, records};

/// Commands that are looked at. If more are queued, the sidecar is away or far behind, and the panel says "at least".
const PAGE: u32 = 100;

/// The waiting commands.
#[derive(Default)]
pub(super) struct Waiting {
    /// Commands of each ticket about this issue, without those that only ask for its values.
    pub(super) of_ticket: BTreeMap<u64, usize>,
    /// Tickets that are to be read again.
    pub(super) refreshing: Vec<u64>,
    /// Whether there are more than were looked at.
    pub(super) more: bool,
}

/// Looks at the first commands of the queue.
pub(super) async fn of_issue(platform: &impl Platform, issue_id: &str) -> Result<Waiting, PlatformError> {
    let page = platform.kv_query(QUEUED, PAGE, None).await?;
    let mut waiting = Waiting { more: page.cursor.is_some(), ..Waiting::default() };
    for (key, value) in page.items {
        let Some(command) = records::unwrap_owned(platform, &key, value).ok().and_then(stored) else { continue };
        if command["issueId"] != issue_id {
            continue;
        }
        for ticket in tickets(&command) {
            if command["kind"] == "refresh" {
                waiting.refreshing.push(ticket);
            } else {
                *waiting.of_ticket.entry(ticket).or_default() += 1;
            }
        }
    }
    Ok(waiting)
}

/// The tickets that a record of the queue is for.
fn tickets(record: &Value) -> Vec<u64> {
    if fan_out::is_fan_out(record) {
        return fan_out::tickets_left(record);
    }
    record["ticketId"].as_u64().into_iter().collect()
}
