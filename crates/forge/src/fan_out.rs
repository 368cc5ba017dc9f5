//! Commands for all tickets of an issue. An issue with few tickets gets one command for each at once. With more, the event is
//! stored in one record of the queue, `cmd:<ulid>` like a command, and each exchange makes the commands of the next tickets of it:
//! no invocation has more to do than the platform allows, and an interrupted one is continued by the next exchange.

use schema::Command;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::commands;
use crate::issue_commands::IssueEvent;
use crate::join::try_for_each;
use crate::json::{json, take};
use crate::links::{AT_ONCE, Link};
use crate::platform::{Platform, PlatformError};
use crate::{queue_mark, records};

/// Tickets whose commands are made at once.
const MAX_DIRECT: usize = 50;
/// Maximum number of tickets in a record: with the largest document it is below the platform's 240 KiB.
const MAX_TICKETS: usize = 2_000;
/// Name of the list of tickets in a record.
const FAN_OUT: &str = "fanOut";

/// The tickets of a record that have no command yet, and what their commands are made from besides the command in the record.
#[derive(Serialize, Deserialize)]
struct FanOut {
    event: Vec<String>,
    tickets: Vec<u64>,
}

/// Queues an event for the tickets of these links, all of one issue.
pub(crate) async fn queue(
    platform: &impl Platform,
    links: &[Link],
    mut event: IssueEvent,
) -> Result<(), PlatformError> {
    commands::reduce(&mut event.body);
    let tickets: Vec<u64> = links.iter().map(|link| link.ticket_id).collect();
    if tickets.len() <= MAX_DIRECT {
        make(platform, &event, &tickets).await?;
    } else {
        for (number, tickets) in tickets.chunks(MAX_TICKETS).enumerate() {
            let number = number.to_string();
            let mut parts = vec![platform.install_id(), "all", number.as_str(), event.issue_id.as_str()];
            parts.extend(event.event.iter().map(String::as_str));
            let id = commands::id_of(event.at, event.number(), &parts);
            let mut record = json!(Command { id, ticket_id: None, ..event.command(platform, 0) });
            let fan_out = FanOut { event: event.event.clone(), tickets: tickets.to_vec() };
            record[FAN_OUT] = json!(fan_out);
            commands::store(platform, &id, record).await?;
        }
    }
    queue_mark::record(platform).await
}

/// Returns the tickets of a record that have no command yet.
pub(crate) fn tickets_left(record: &Value) -> Vec<u64> {
    let listed = record[FAN_OUT]["tickets"].as_array();
    listed.into_iter().flatten().filter_map(Value::as_u64).collect()
}

/// Queues the commands for these tickets, and returns them.
async fn make(platform: &impl Platform, event: &IssueEvent, tickets: &[u64]) -> Result<Vec<Command>, PlatformError> {
    let commands: Vec<Command> = tickets.iter().map(|&ticket| event.command(platform, ticket)).collect();
    try_for_each(&commands, AT_ONCE, |command| commands::store(platform, &command.id, json!(command))).await?;
    Ok(commands)
}

/// Whether a record of the queue is an event for many tickets.
pub(crate) fn is_fan_out(record: &Value) -> bool {
    record.get(FAN_OUT).is_some()
}

/// Makes the commands for the next tickets of the record with this key, at most `max`, and returns them.
///
/// # Errors
/// Storage failed. What was made is queued; the next call makes the same commands again, which changes nothing.
pub(crate) async fn advance(
    platform: &impl Platform,
    key: &str,
    max: usize,
) -> Result<Vec<(String, Value)>, PlatformError> {
    // Read again, since a listing may return what was stored before the last change.
    let Some(mut record) = records::get::<Value>(platform, key).await?.and_then(commands::stored) else {
        return Ok(Vec::new());
    };
    let unusable = |_| PlatformError::new("RECORD_UNUSABLE");
    let mut left: FanOut = schema::read(take(&mut record, FAN_OUT)).map_err(unusable)?;
    let command: Command = schema::read(record.clone()).map_err(unusable)?;
    let event = IssueEvent {
        issue_id: command.issue_id.unwrap_or_default(),
        key: command.issue_key.unwrap_or_default(),
        // The id begins with it.
        at: command.id.time(),
        event: std::mem::take(&mut left.event),
        body: command.body,
    };
    let next: Vec<u64> = left.tickets.drain(..max.min(left.tickets.len())).collect();
    let made = make(platform, &event, &next).await?;
    if left.tickets.is_empty() {
        platform.kv_delete(key).await?;
    } else {
        left.event = event.event;
        record[FAN_OUT] = json!(left);
        commands::store(platform, &command.id, record).await?;
    }
    Ok(made.into_iter().map(|command| (commands::key(&command.id), json!(command))).collect())
}
