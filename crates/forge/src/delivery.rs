//! Delivers the queue to the sidecar: which commands a reply has, fair between tickets and between issues.

use std::collections::{BTreeMap, BTreeSet};

use schema::{CommandKind, Poll, UnixMs};
use serde_json::Value;

use crate::commands::{QUEUED, stored};
use crate::json::json;
use crate::platform::{Page, Platform, PlatformError};
use crate::{fan_out, records};

/// Maximum bytes of commands in one reply.
const MAX_BYTES: usize = 2_000_000;
/// Pages of 100 commands of the queue that one reply reads at most, if they have something to deliver; the platform limits what is
/// read per minute. Commands behind these pages wait until those before them are acknowledged.
const MAX_PAGES: usize = 8;
/// The same with pages that have nothing but commands of tickets that the sidecar names: they hold nobody back.
const MAX_SKIPPED_PAGES: usize = 32;
/// Commands of one ticket that come before those of other tickets.
const PER_TICKET: usize = 10;
/// Commands of one issue, of all its tickets, that come before those of other issues.
const PER_ISSUE: usize = 20;
/// Commands that are made of one event for many tickets and not acknowledged yet.
const PER_FAN_OUT: usize = 50;
/// Events for many tickets that one reply makes commands of: the platform limits what is written per minute.
const MAX_FAN_OUTS: usize = 4;

/// A record of the queue with its key.
type Queued = (String, Value);

/// The commands for a reply.
#[derive(Default)]
pub(crate) struct Delivery {
    pub(crate) commands: Vec<Value>,
    /// Whether the queue was looked at and had no record at all.
    pub(crate) is_empty: bool,
}

/// Returns the commands to deliver: oldest first, without those of the tickets that the sidecar names, and at first at most
/// [`PER_TICKET`] of each ticket and [`PER_ISSUE`] of each issue, so that one with many commands leaves room for the others. Of
/// several snapshots of one issue only the newest is delivered; the others are deleted. `bytes`: the room in the reply; commands
/// that do not fit are delivered later.
pub(crate) async fn waiting(platform: &impl Platform, poll: &Poll, bytes: usize) -> Result<Delivery, PlatformError> {
    let max = poll.max as usize;
    if max == 0 {
        return Ok(Delivery::default());
    }
    let Some(mut queued) = read(platform, poll).await? else {
        return Ok(Delivery { is_empty: true, ..Delivery::default() });
    };
    for key in superseded(&queued) {
        platform.kv_delete(&key).await?;
        queued.retain(|(queued, _)| *queued != key);
    }
    let queued = fan_out(platform, queued, poll).await;
    let commands = choose(queued.into_iter().map(|(_, command)| command).collect(), max, bytes.min(MAX_BYTES));
    Ok(Delivery { commands, is_empty: false })
}

/// Returns the time of the oldest command in the queue.
pub(crate) async fn oldest(platform: &impl Platform) -> Result<Option<UnixMs>, PlatformError> {
    let page = platform.kv_query(QUEUED, 1, None).await?;
    let id = page.items.first().and_then(|(key, _)| key.strip_prefix(QUEUED)?.parse::<schema::Id>().ok());
    Ok(id.map(schema::Id::time))
}

/// Reads the queue until there is enough for one reply; `None` if it has no record.
async fn read(platform: &impl Platform, poll: &Poll) -> Result<Option<Vec<Queued>>, PlatformError> {
    let max = poll.max as usize;
    let mut queued: Vec<Queued> = Vec::new();
    // The number of commands per ticket and issue, and how many of all have a place before the others.
    let (mut of_ticket, mut of_issue, mut fair) = (BTreeMap::new(), BTreeMap::new(), 0);
    let (mut cursor, mut pages, mut skipped) = (None, 0, 0);
    while pages < MAX_PAGES && skipped < MAX_SKIPPED_PAGES {
        let page: Page = match platform.kv_query(QUEUED, 100, cursor).await {
            // The commands that were read are delivered; the next reply reads the others.
            Err(_) if !queued.is_empty() => break,
            page => page?,
        };
        if page.items.is_empty() && pages + skipped == 0 && page.cursor.is_none() {
            return Ok(None);
        }
        let before = queued.len();
        for (key, value) in page.items {
            // A record that cannot be read must not block the others; it stays in the queue and is logged.
            let Ok(command) = records::unwrap_owned(platform, &key, value) else { continue };
            let Some(command) = stored(command) else { continue };
            let ticket = command["ticketId"].as_u64();
            if ticket.is_some_and(|id| poll.skip_tickets.contains(&id)) {
                continue;
            }
            let ticket: &mut usize = of_ticket.entry(ticket).or_default();
            if *ticket >= max && !fan_out::is_fan_out(&command) {
                continue;
            }
            let is_first_of_issue = command["issueId"].as_str().is_none_or(|issue| {
                let number: &mut usize = of_issue.entry(issue.to_owned()).or_default();
                *number += 1;
                *number <= PER_ISSUE
            });
            fair += usize::from(*ticket < PER_TICKET && is_first_of_issue);
            *ticket += 1;
            queued.push((key, command));
        }
        let is_skipped = queued.len() == before;
        pages += usize::from(!is_skipped);
        skipped += usize::from(is_skipped);
        cursor = page.cursor;
        // Twice as many as wanted, since snapshots that a newer one replaces are not delivered.
        if cursor.is_none() || fair >= 2 * max {
            break;
        }
    }
    Ok(Some(queued))
}

/// Returns the keys of snapshots that a newer one of the same issue and ticket replaces.
fn superseded(queued: &[Queued]) -> Vec<String> {
    let is_superseded = |at: usize, command: &Value| {
        let same_snapshot =
            |later: &Queued| ["kind", "issueId", "ticketId"].iter().all(|field| later.1[field] == command[field]);
        command["kind"] == CommandKind::IssueChanged.as_str() && queued[at + 1..].iter().any(same_snapshot)
    };
    let old = queued.iter().enumerate().filter(|(at, (_, command))| is_superseded(*at, command));
    old.map(|(_, (key, _))| key.clone()).collect()
}

/// Makes commands of the events for many tickets. Of each issue the oldest event comes first, and later commands of the issue wait
/// until it has one for each ticket, so that the commands of a ticket keep their order.
async fn fan_out(platform: &impl Platform, queued: Vec<Queued>, poll: &Poll) -> Vec<Queued> {
    let (mut events, mut commands): (Vec<Queued>, Vec<Queued>) =
        queued.into_iter().partition(|(_, record)| fan_out::is_fan_out(record));
    let mut issues = BTreeSet::new();
    events.retain(|(_, event)| issues.insert(event["issueId"].to_string()));
    for (key, event) in events.iter().take(MAX_FAN_OUTS) {
        let waiting = commands.iter().filter(|(_, command)| command["issueId"] == event["issueId"]).count();
        if waiting >= PER_FAN_OUT {
            continue;
        }
        match fan_out::advance(platform, key, PER_FAN_OUT - waiting).await {
            Ok(made) => {
                for (key, command) in made {
                    let is_skipped = command["ticketId"].as_u64().is_some_and(|id| poll.skip_tickets.contains(&id));
                    // After an interruption it may be there.
                    if !is_skipped && commands.iter().all(|(known, _)| *known != key) {
                        commands.push((key, command));
                    }
                }
            }
            // The next exchange goes on.
            Err(error) => platform.warn("fan-out-interrupted", json!({ "code": error.code })),
        }
    }
    let is_behind = |command: &Value| {
        let earlier = |(_, event): &Queued| event["issueId"] == command["issueId"] && time_of(event) < time_of(command);
        // A request to link a ticket has none yet.
        !command["ticketId"].is_null() && events.iter().any(earlier)
    };
    commands.retain(|(_, command)| !is_behind(command));
    commands.sort_by(|(one, _), (other, _)| one.cmp(other));
    commands
}

/// Returns the time with which the id of a command or event begins.
fn time_of(record: &Value) -> UnixMs {
    let id = record["id"].as_str().and_then(|id| id.parse::<schema::Id>().ok());
    id.map(schema::Id::time).unwrap_or_default()
}

/// Chooses the commands of one reply; those of a ticket keep their order, and none is left out before one that is chosen.
fn choose(queued: Vec<Value>, max: usize, room: usize) -> Vec<Value> {
    // Per ticket: the number of its commands and the rank of the last one. Per issue: the number.
    let (mut of_ticket, mut of_issue) =
        (BTreeMap::<Option<u64>, (usize, usize)>::new(), BTreeMap::<&str, usize>::new());
    let mut order: Vec<(usize, usize)> = Vec::with_capacity(queued.len());
    for (at, command) in queued.iter().enumerate() {
        let (number, rank) = of_ticket.entry(command["ticketId"].as_u64()).or_default();
        *rank = (*rank).max(*number / PER_TICKET);
        *number += 1;
        if let Some(issue) = command["issueId"].as_str() {
            let number = of_issue.entry(issue).or_default();
            *rank = (*rank).max(*number / PER_ISSUE);
            *number += 1;
        }
        order.push((*rank, at));
    }
    order.sort_unstable();
    let mut bytes = 0;
    let fits = |at: &usize| {
        bytes += queued[*at].to_string().len();
        bytes <= room
    };
    let mut chosen: Vec<usize> = order.into_iter().map(|(_, at)| at).take(max).take_while(fits).collect();
    chosen.sort_unstable();
    queued.into_iter().enumerate().filter(|(at, _)| chosen.binary_search(at).is_ok()).map(|(_, it)| it).collect()
}
