//! Which ticket is which issue, from both ends. Keyed by ids: keys and numbers may change.

use schema::UnixMs;
use serde::{Deserialize, Serialize};

use crate::json::json;

use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;
use crate::typed::is_number;

/// One end of a link as the other end sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Linked {
    pub(crate) ticket_id: u64,
    pub(crate) ticket_number: String,
    pub(crate) ticket_url: String,
    pub(crate) issue_id: String,
    pub(crate) issue_key: String,
    pub(crate) linked_at: UnixMs,
}

/// Stable per ticket, so that writing the remote link again updates it.
pub(crate) fn global_id(platform: &impl Platform, ticket_id: u64) -> String {
    format!("system=zammad&install={}&ticket={ticket_id}", platform.install_id())
}

fn of_issue_key(issue_id: &str) -> String {
    format!("link:i:{issue_id}")
}

fn of_ticket_key(ticket_id: u64) -> String {
    format!("link:t:{ticket_id}")
}

/// The links of an issue, oldest (the primary) first.
pub(crate) async fn of_issue(platform: &impl Platform, issue_id: &str) -> Result<Vec<Linked>, PlatformError> {
    // An id comes from an event or from Jira; anything but digits is no key of ours.
    if !is_number(issue_id) {
        return Ok(Vec::new());
    }
    Ok(records::get(platform, &of_issue_key(issue_id)).await?.unwrap_or_default())
}

/// The links of a ticket, oldest first.
pub(crate) async fn of_ticket(platform: &impl Platform, ticket_id: u64) -> Result<Vec<Linked>, PlatformError> {
    Ok(records::get(platform, &of_ticket_key(ticket_id)).await?.unwrap_or_default())
}

/// Stores a link on both ends; again is fine.
pub(crate) async fn add(platform: &impl Platform, link: &Linked) -> Result<(), PlatformError> {
    let same = |other: &Linked| other.issue_id == link.issue_id && other.ticket_id == link.ticket_id;
    change(platform, link.ticket_id, &link.issue_id, |links| match links.iter_mut().find(|other| same(other)) {
        Some(known) => *known = Linked { linked_at: known.linked_at, ..link.clone() },
        None => links.push(link.clone()),
    })
    .await
}

/// Removes a link from both ends; again is fine.
pub(crate) async fn remove(platform: &impl Platform, ticket_id: u64, issue_id: &str) -> Result<(), PlatformError> {
    let drop = |links: &mut Vec<Linked>| links.retain(|link| link.issue_id != issue_id || link.ticket_id != ticket_id);
    change(platform, ticket_id, issue_id, drop).await
}

/// Puts another ticket in a link's place, so that a primary stays the primary; again is fine. Where the issue has that
/// ticket already, the link only ends.
pub(crate) async fn hand_over(platform: &impl Platform, from: &Linked, to: &Linked) -> Result<(), PlatformError> {
    let mut links = of_issue(platform, &from.issue_id).await?;
    let is_there = links.iter().any(|link| link.ticket_id == to.ticket_id);
    if let Some(link) = links.iter_mut().find(|link| !is_there && link.ticket_id == from.ticket_id) {
        *link = to.clone();
        store(platform, &of_issue_key(&from.issue_id), &links).await?;
    }
    // Also where the issue has the ticket already: an earlier run may have ended before the ticket's own end was stored.
    add(platform, to).await?;
    remove(platform, from.ticket_id, &from.issue_id).await
}

async fn change(
    platform: &impl Platform,
    ticket_id: u64,
    issue_id: &str,
    change: impl Fn(&mut Vec<Linked>),
) -> Result<(), PlatformError> {
    let (mut by_ticket, mut by_issue) = (of_ticket(platform, ticket_id).await?, of_issue(platform, issue_id).await?);
    for (links, key) in [(&mut by_ticket, of_ticket_key(ticket_id)), (&mut by_issue, of_issue_key(issue_id))] {
        change(links);
        store(platform, &key, links).await?;
    }
    Ok(())
}

async fn store(platform: &impl Platform, key: &str, links: &[Linked]) -> Result<(), PlatformError> {
    if links.is_empty() {
        return platform.kv_delete(key).await;
    }
    records::set(platform, key, json!(links), SetOptions::default()).await
}
