//! The links between tickets and issues, stored under both ids: `link:t:<ticket>` and `link:i:<issue>`. Keyed by ids, since
//! issue keys and ticket numbers may change.

use schema::UnixMs;
use serde::{Deserialize, Serialize};

use crate::input::is_number;
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// Prefix of the records of a ticket's links.
const OF_TICKET: &str = "link:t:";
/// The first part of the `globalId` of remote links, which is the same in every installation.
const GLOBAL_ID: &str = "system=zammad&install=";
/// Maximum number of pages of 100 tickets that are counted.
const MAX_PAGES: usize = 100;

/// A link between a ticket and an issue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    pub(crate) ticket_id: u64,
    pub(crate) ticket_number: String,
    pub(crate) ticket_url: String,
    pub(crate) issue_id: String,
    pub(crate) issue_key: String,
    pub(crate) linked_at: UnixMs,
}

/// Returns the id of a ticket's remote link. It is the same in every write, so that a repeated write updates the link.
pub(crate) fn global_id(platform: &impl Platform, ticket_id: u64) -> String {
    format!("{GLOBAL_ID}{}&ticket={ticket_id}", platform.install_id())
}

/// Whether a remote link has an id of this connector, of any installation.
pub(crate) fn is_global_id(id: &str) -> bool {
    id.starts_with(GLOBAL_ID)
}

fn key_of_issue(issue_id: &str) -> String {
    format!("link:i:{issue_id}")
}

fn key_of_ticket(ticket_id: u64) -> String {
    format!("{OF_TICKET}{ticket_id}")
}

/// Returns the links of an issue, oldest (the primary) first.
pub(crate) async fn of_issue(platform: &impl Platform, issue_id: &str) -> Result<Vec<Link>, PlatformError> {
    // The id comes from an event or a request; only digits may become part of a key.
    if !is_number(issue_id) {
        return Ok(Vec::new());
    }
    Ok(records::get(platform, &key_of_issue(issue_id)).await?.unwrap_or_default())
}

/// Returns the links of a ticket, oldest first.
pub(crate) async fn of_ticket(platform: &impl Platform, ticket_id: u64) -> Result<Vec<Link>, PlatformError> {
    Ok(records::get(platform, &key_of_ticket(ticket_id)).await?.unwrap_or_default())
}

/// Counts the links of all tickets.
pub(crate) async fn count(platform: &impl Platform) -> Result<u64, PlatformError> {
    let (mut links, mut cursor) = (0, None);
    for _ in 0..MAX_PAGES {
        let page = platform.kv_query(OF_TICKET, 100, cursor).await?;
        links += page.items.iter().map(|(_, row)| row["value"].as_array().map_or(0, Vec::len) as u64).sum::<u64>();
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(links)
}

/// Stores a link under both ids. Idempotent.
pub(crate) async fn add(platform: &impl Platform, link: &Link) -> Result<(), PlatformError> {
    let same = |other: &Link| other.issue_id == link.issue_id && other.ticket_id == link.ticket_id;
    change(platform, link.ticket_id, &link.issue_id, |links| match links.iter_mut().find(|other| same(other)) {
        Some(known) => *known = Link { linked_at: known.linked_at, ..link.clone() },
        None => {
            // The oldest link is the primary one, also if links are restored in another order.
            let at = links.partition_point(|other| other.linked_at <= link.linked_at);
            links.insert(at, link.clone());
        }
    })
    .await
}

/// Removes a link under both ids. Idempotent.
pub(crate) async fn remove(platform: &impl Platform, ticket_id: u64, issue_id: &str) -> Result<(), PlatformError> {
    let drop = |links: &mut Vec<Link>| links.retain(|link| link.issue_id != issue_id || link.ticket_id != ticket_id);
    change(platform, ticket_id, issue_id, drop).await
}

/// Replaces the ticket of a link by another one at the same position, so that a primary stays the primary. If the issue is
/// already linked to that ticket, the link is removed. Idempotent.
pub(crate) async fn hand_over(platform: &impl Platform, from: &Link, to: &Link) -> Result<(), PlatformError> {
    let mut links = of_issue(platform, &from.issue_id).await?;
    let is_there = links.iter().any(|link| link.ticket_id == to.ticket_id);
    if let Some(link) = links.iter_mut().find(|link| !is_there && link.ticket_id == from.ticket_id) {
        *link = to.clone();
        store(platform, &key_of_issue(&from.issue_id), &links).await?;
    }
    // Also if the issue already has the ticket: an earlier run may have stopped before it stored the record of the ticket.
    add(platform, to).await?;
    remove(platform, from.ticket_id, &from.issue_id).await
}

async fn change(
    platform: &impl Platform,
    ticket_id: u64,
    issue_id: &str,
    change: impl Fn(&mut Vec<Link>),
) -> Result<(), PlatformError> {
    let (mut by_ticket, mut by_issue) = (of_ticket(platform, ticket_id).await?, of_issue(platform, issue_id).await?);
    for (links, key) in [(&mut by_ticket, key_of_ticket(ticket_id)), (&mut by_issue, key_of_issue(issue_id))] {
        change(links);
        store(platform, &key, links).await?;
    }
    Ok(())
}

async fn store(platform: &impl Platform, key: &str, links: &[Link]) -> Result<(), PlatformError> {
    if links.is_empty() {
        return platform.kv_delete(key).await;
    }
    records::set(platform, key, json!(links), SetOptions::default()).await
}
