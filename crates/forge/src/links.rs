//! The links between tickets and issues, stored under both ids: `link:t:<ticket>`, and `link:i:<issue>` with the issue's first
//! [`PAGE`] links, followed by `link:i:<issue>:1` and so on, since a stored value has at most 240 KiB. Keyed by ids, since issue
//! keys and ticket numbers may change.

use std::collections::{BTreeMap, BTreeSet};

use schema::time::parse_rfc3339;
use schema::{Bucket, TicketSnapshot, UnixMs};
use serde::{Deserialize, Serialize};

use crate::input::is_number;
use crate::join::{join_all, try_for_each};
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// Prefix of the records of a ticket's links.
pub(crate) const OF_TICKET: &str = "link:t:";
/// Prefix of the records of an issue's links.
const OF_ISSUE: &str = "link:i:";
/// The first part of the `globalId` of remote links, which is the same in every installation.
const GLOBAL_ID: &str = "system=zammad&install=";
/// Maximum number of pages of 100 tickets that are counted.
const MAX_PAGES: usize = 100;
/// Links of an issue in one record; a record with fewer is the last one.
pub(crate) const PAGE: usize = 100;
/// Records that are written at the same time.
pub(crate) const AT_ONCE: usize = 20;

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
    /// `None` until the sidecar has sent the ticket's values for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) facts: Option<TicketFacts>,
}

/// The part of a ticket's values from which counts over all tickets of an issue are made. Unlike a snapshot it has no names and no text, and it does not expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketFacts {
    pub(crate) bucket: Bucket,
    /// Zammad's id of the priority.
    pub(crate) priority: u64,
    /// Zammad's id of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer: Option<u64>,
    /// When the ticket was created, if Zammad's time can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<UnixMs>,
}

impl TicketFacts {
    /// Takes them from the ticket's values.
    pub(crate) fn of(snapshot: &TicketSnapshot) -> Self {
        Self {
            bucket: snapshot.state.bucket,
            priority: snapshot.priority.id,
            customer: snapshot.customer.as_ref().map(|customer| customer.id),
            created_at: parse_rfc3339(&snapshot.created_at),
        }
    }
}

/// Returns the id of a ticket's remote link. It is the same in every write, so that a repeated write updates the link.
pub(crate) fn global_id(platform: &impl Platform, ticket_id: u64) -> String {
    format!("{GLOBAL_ID}{}&ticket={ticket_id}", platform.install_id())
}

/// Whether a remote link has an id of this connector, of any installation.
pub(crate) fn is_global_id(id: &str) -> bool {
    id.starts_with(GLOBAL_ID)
}

fn key_of_page(issue_id: &str, page: usize) -> String {
    if page == 0 { format!("{OF_ISSUE}{issue_id}") } else { format!("{OF_ISSUE}{issue_id}:{page}") }
}

fn key_of_ticket(ticket_id: u64) -> String {
    format!("{OF_TICKET}{ticket_id}")
}

/// Returns the links of an issue, oldest (the primary) first.
pub(crate) async fn of_issue(platform: &impl Platform, issue_id: &str) -> Result<Vec<Link>, PlatformError> {
    Ok(of_issue_in(&pages(platform, issue_id).await?))
}

/// Returns the links of an issue's records. A change of several records that was interrupted leaves a link in two of them.
fn of_issue_in(pages: &[Vec<Link>]) -> Vec<Link> {
    let mut tickets = BTreeSet::new();
    pages.iter().flatten().filter(|link| tickets.insert(link.ticket_id)).cloned().collect()
}

/// Returns the records of an issue's links.
async fn pages(platform: &impl Platform, issue_id: &str) -> Result<Vec<Vec<Link>>, PlatformError> {
    let mut pages = Vec::new();
    // The id comes from an event or a request; only digits may become part of a key.
    if !is_number(issue_id) {
        return Ok(pages);
    }
    // More at a time the more there are, since each round takes time.
    let mut at_once = 1;
    loop {
        let keys: Vec<String> = (pages.len()..pages.len() + at_once).map(|page| key_of_page(issue_id, page)).collect();
        let read = join_all(keys.iter().map(|key| records::get::<Vec<Link>>(platform, key))).await;
        for page in read {
            let page = page?.unwrap_or_default();
            let is_last = page.len() < PAGE;
            if !page.is_empty() {
                pages.push(page);
            }
            if is_last {
                return Ok(pages);
            }
        }
        at_once = (4 * at_once).min(AT_ONCE);
    }
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

/// Returns the links of all issues, and whether these are all: at most [`MAX_PAGES`] pages of 100 records are read.
pub(crate) async fn by_issue(platform: &impl Platform) -> Result<(BTreeMap<String, Vec<Link>>, bool), PlatformError> {
    let (mut found, mut cursor) = (BTreeMap::<String, Vec<Link>>::new(), None);
    for _ in 0..MAX_PAGES {
        let page = platform.kv_query(OF_ISSUE, 100, cursor).await?;
        for (key, row) in page.items {
            // One that cannot be read is logged, and must not hide the others.
            let links = records::unwrap_owned(platform, &key, row).map(schema::read::<Vec<Link>>);
            for link in links.into_iter().flatten().flatten() {
                found.entry(link.issue_id.clone()).or_default().push(link);
            }
        }
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok((found, cursor.is_none()))
}

/// Stores a link under both ids, and returns the links of the issue. Idempotent.
pub(crate) async fn add(platform: &impl Platform, link: &Link) -> Result<Vec<Link>, PlatformError> {
    let same = |other: &Link| other.issue_id == link.issue_id && other.ticket_id == link.ticket_id;
    let insert = |links: &mut Vec<Link>| match links.iter_mut().find(|other| same(other)) {
        Some(known) => *known = Link { linked_at: known.linked_at, facts: known.facts.take(), ..link.clone() },
        None => {
            // The oldest link is the primary one, also if links are restored in another order.
            let at = links.partition_point(|other| other.linked_at <= link.linked_at);
            links.insert(at, link.clone());
        }
    };
    change_ticket(platform, link.ticket_id, insert).await?;
    change_issue(platform, &link.issue_id, insert).await
}

/// Stores what is known of a link's ticket under both ids. Idempotent. The record of the ticket is written last: the next message
/// about the ticket compares with it, so an interrupted run is repeated.
pub(crate) async fn set_facts(
    platform: &impl Platform,
    ticket_id: u64,
    issue_id: &str,
    facts: &TicketFacts,
) -> Result<(), PlatformError> {
    let set = |links: &mut Vec<Link>| with_facts(links, ticket_id, issue_id, facts);
    change_issue(platform, issue_id, set).await?;
    change_ticket(platform, ticket_id, set).await
}

/// Sets the facts of one link in a list.
pub(crate) fn with_facts(links: &mut [Link], ticket_id: u64, issue_id: &str, facts: &TicketFacts) {
    for link in links.iter_mut().filter(|link| link.ticket_id == ticket_id && link.issue_id == issue_id) {
        link.facts = Some(facts.clone());
    }
}

/// Removes a link under both ids, and returns the links that the issue still has. Idempotent.
pub(crate) async fn remove(
    platform: &impl Platform,
    ticket_id: u64,
    issue_id: &str,
) -> Result<Vec<Link>, PlatformError> {
    let drop = |links: &mut Vec<Link>| links.retain(|link| link.issue_id != issue_id || link.ticket_id != ticket_id);
    change_ticket(platform, ticket_id, drop).await?;
    change_issue(platform, issue_id, drop).await
}

/// Replaces the ticket of a link by another one at the same position, so that a primary stays the primary. If the issue is
/// already linked to that ticket, the link is removed. Returns the links of the issue. Idempotent.
pub(crate) async fn hand_over(platform: &impl Platform, from: &Link, to: &Link) -> Result<Vec<Link>, PlatformError> {
    let replace = |links: &mut Vec<Link>| {
        let is_there = links.iter().any(|link| link.ticket_id == to.ticket_id);
        if let Some(link) = links.iter_mut().find(|link| !is_there && link.ticket_id == from.ticket_id) {
            *link = to.clone();
        }
    };
    change_issue(platform, &from.issue_id, replace).await?;
    // Also if the issue already has the ticket: an earlier run may have stopped before it stored the record of the ticket.
    add(platform, to).await?;
    remove(platform, from.ticket_id, &from.issue_id).await
}

/// Stores the new key of an issue in its links. A run that was interrupted is continued by the next one.
pub(crate) async fn set_key(platform: &impl Platform, issue_id: &str, key: &str) -> Result<(), PlatformError> {
    for (number, mut page) in pages(platform, issue_id).await?.into_iter().enumerate() {
        if page.iter().all(|link| link.issue_key == key) {
            continue;
        }
        let rename = |links: &mut Vec<Link>| {
            for link in links.iter_mut().filter(|link| link.issue_id == issue_id) {
                key.clone_into(&mut link.issue_key);
            }
        };
        change_tickets(platform, &page, rename).await?;
        rename(&mut page);
        store(platform, &key_of_page(issue_id, number), &page).await?;
    }
    Ok(())
}

/// Removes all links of an issue. A run that was interrupted is continued by the next one.
pub(crate) async fn remove_issue(platform: &impl Platform, issue_id: &str) -> Result<(), PlatformError> {
    // The last page first, so that what is left is found.
    for (number, page) in pages(platform, issue_id).await?.into_iter().enumerate().rev() {
        change_tickets(platform, &page, |links| links.retain(|link| link.issue_id != issue_id)).await?;
        platform.kv_delete(&key_of_page(issue_id, number)).await?;
    }
    Ok(())
}

/// Changes the records of the tickets of these links.
async fn change_tickets(
    platform: &impl Platform,
    of: &[Link],
    change: impl Fn(&mut Vec<Link>) + Copy,
) -> Result<(), PlatformError> {
    try_for_each(of, AT_ONCE, |link| change_ticket(platform, link.ticket_id, change)).await
}

/// Changes the record of a ticket's links.
async fn change_ticket(
    platform: &impl Platform,
    ticket_id: u64,
    change: impl Fn(&mut Vec<Link>),
) -> Result<(), PlatformError> {
    let mut links = of_ticket(platform, ticket_id).await?;
    change(&mut links);
    store(platform, &key_of_ticket(ticket_id), &links).await
}

/// Changes the links of an issue, stores the records that differ, and returns the links.
async fn change_issue(
    platform: &impl Platform,
    issue_id: &str,
    change: impl Fn(&mut Vec<Link>),
) -> Result<Vec<Link>, PlatformError> {
    let before = pages(platform, issue_id).await?;
    let mut links = of_issue_in(&before);
    change(&mut links);
    let after: Vec<&[Link]> = links.chunks(PAGE).collect();
    let mut order: Vec<usize> = (0..before.len().max(after.len())).collect();
    // A link that moves to another record is written there before it is removed from its old one, so that an interruption
    // between the two loses none.
    let is_longer = after.len() > before.len() || links.len() > before.iter().map(Vec::len).sum();
    if is_longer {
        order.reverse();
    }
    for page in order {
        let (old, new) = (before.get(page).map(Vec::as_slice), after.get(page).copied());
        if old != new {
            store(platform, &key_of_page(issue_id, page), new.unwrap_or_default()).await?;
        }
    }
    Ok(links)
}

async fn store(platform: &impl Platform, key: &str, links: &[Link]) -> Result<(), PlatformError> {
    if links.is_empty() {
        return platform.kv_delete(key).await;
    }
    records::set(platform, key, json!(links), SetOptions::default()).await
}
