//! The links between tickets and issues, stored under both ids: `link:t:<ticket>` and `link:i:<issue>`. Keyed by ids, since
//! issue keys and ticket numbers may change.

use schema::UnixMs;
use serde::{Deserialize, Serialize};

use crate::input::is_number;
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

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
    format!("system=zammad&install={}&ticket={ticket_id}", platform.install_id())
}

fn key_of_issue(issue_id: &str) -> String {
    format!("link:i:{issue_id}")
}

fn key_of_ticket(ticket_id: u64) -> String {
    format!("link:t:{ticket_id}")
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

/// Stores a link under both ids. Idempotent.
pub(crate) async fn add(platform: &impl Platform, link: &Link) -> Result<(), PlatformError> {
    let same = |other: &Link| other.issue_id == link.issue_id && other.ticket_id == link.ticket_id;
    change(platform, link.ticket_id, &link.issue_id, |links| match links.iter_mut().find(|other| same(other)) {
        Some(known) => *known = Link { linked_at: known.linked_at, ..link.clone() },
        None => links.push(link.clone()),
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
