//! Deletes everything that the app stores and what it left on issues: before an uninstall, and when an admin erases everything.
//! A run that ends early is continued by the next one.

use std::collections::{BTreeMap, BTreeSet};

use schema::UnixMs;
use serde_json::Value;

use crate::jira::{self, JiraError};
use crate::join::{join, join_all};
use crate::json::json;
use crate::links::{self, Link};
use crate::platform::{Platform, PlatformError};
use crate::stored::{KINDS, Place, StoredKind};
use crate::{flag, points, records};

/// Links whose remote link and property are deleted at the same time: Jira allows a hundred requests a second.
const LINKS_AT_ONCE: usize = 25;

/// When a run has to end.
pub(crate) struct Deadlines {
    /// No issue is changed after this.
    pub(crate) jira: UnixMs,
    /// Nothing is deleted after this.
    pub(crate) all: UnixMs,
}

impl Deadlines {
    pub(crate) fn after(now: UnixMs, jira_ms: i64, all_ms: i64) -> Self {
        Self { jira: now.plus(jira_ms), all: now.plus(all_ms) }
    }
}

/// The records that were deleted, and those that are left.
#[derive(Default)]
pub(crate) struct Cleared {
    /// Records by kind.
    erased: BTreeMap<&'static str, usize>,
    /// Kinds of which records are, or may be, left.
    left: BTreeSet<&'static str>,
    /// Links that were removed from their issues.
    remote_links: usize,
    /// Links that are still shown on their issues, although the app knows them no more.
    remote_links_left: usize,
}

impl Cleared {
    /// Whether no record is left.
    pub(crate) fn is_complete(&self) -> bool {
        self.left.is_empty()
    }

    /// `{erased: {kind: count}, left: [kind], remoteLinks, remoteLinksLeft}`.
    pub(crate) fn report(&self) -> Value {
        json!({
            "erased": self.erased, "left": self.left,
            "remoteLinks": self.remote_links, "remoteLinksLeft": self.remote_links_left,
        })
    }

    fn count(&mut self, kind: &'static str, number: usize) {
        if number > 0 {
            *self.erased.entry(kind).or_default() += number;
        }
    }
}

/// Deletes everything. The secrets go first, so that no exchange writes while the rest is deleted; then the links, because the
/// remote links on the issues are found by them only.
pub(crate) async fn everything(platform: &impl Platform, until: &Deadlines) -> Cleared {
    let mut cleared = Cleared::default();
    for kind in KINDS {
        if let Place::Secret(name) = kind.place {
            match erase_secret(platform, name).await {
                Ok(number) => cleared.count(kind.name, number),
                Err(_) => drop(cleared.left.insert(kind.name)),
            }
        }
    }
    points::load(platform).await;
    links_on_issues(platform, until, &mut cleared).await;
    let mut deleted = BTreeSet::new();
    let secrets_left = std::mem::take(&mut cleared.left);
    // Twice: an event that arrived meanwhile may have written something.
    for _ in 0..2 {
        cleared.left.clone_from(&secrets_left);
        for kind in KINDS {
            match clear_kind(platform, kind, until, &mut deleted).await {
                Ok(Some(number)) => cleared.count(kind.name, number),
                Ok(None) | Err(_) => drop(cleared.left.insert(kind.name)),
            }
        }
        if platform.now().since(until.all) >= 0 {
            break;
        }
    }
    cleared
}

async fn erase_secret(platform: &impl Platform, name: &str) -> Result<usize, PlatformError> {
    let is_there = platform.secret_get(name).await?.is_some();
    if is_there {
        platform.secret_delete(name).await?;
    }
    Ok(usize::from(is_there))
}

/// Removes the links from their issues, page by page, together with their records, so that the next run continues behind them.
async fn links_on_issues(platform: &impl Platform, until: &Deadlines, cleared: &mut Cleared) {
    let (mut cursor, mut unmarked) = (None, BTreeSet::new());
    loop {
        let Ok(page) = platform.kv_query(links::OF_TICKET, 100, cursor).await else { return };
        let read = |(key, stored): (String, Value)| {
            let links: Option<Vec<Link>> = schema::read(records::unwrap_owned(platform, &key, stored).ok()?).ok();
            Some((key, links?))
        };
        let tickets: Vec<(String, Vec<Link>)> = page.items.into_iter().filter_map(read).collect();
        let links: Vec<&Link> = tickets.iter().flat_map(|(_, links)| links).collect();
        let mut kept = BTreeSet::new();
        for links in links.chunks(LINKS_AT_ONCE) {
            let removed = match platform.now().since(until.jira) < 0 {
                true => remove_all(platform, links, &mut unmarked).await,
                false => vec![false; links.len()],
            };
            let number = removed.iter().filter(|is_removed| **is_removed).count();
            cleared.remote_links += number;
            cleared.remote_links_left += links.len() - number;
            kept.extend(links.iter().zip(removed).filter(|(_, removed)| !removed).map(|(link, _)| link.ticket_id));
        }
        let is_done = |links: &[Link]| links.iter().all(|link| !kept.contains(&link.ticket_id));
        let done: Vec<String> =
            tickets.iter().filter(|(_, links)| is_done(links)).map(|(key, _)| key.clone()).collect();
        if let Ok(left) = records::delete_all(platform, &done).await {
            cleared.count("link-of-ticket", done.len() - left);
        }
        cursor = page.cursor;
        if cursor.is_none() || platform.now().since(until.all) >= 0 {
            return;
        }
    }
}

/// Removes links from their issues, and returns for each whether that worked.
async fn remove_all(platform: &impl Platform, links: &[&Link], unmarked: &mut BTreeSet<String>) -> Vec<bool> {
    let marked: Vec<&&Link> = links.iter().filter(|link| unmarked.insert(link.issue_id.clone())).collect();
    let removed = join_all(links.iter().map(|link| remove_remote_link(platform, link)));
    let unmark = join_all(marked.iter().map(|link| flag::clear(platform, &link.issue_id)));
    join(removed, unmark).await.0
}

/// Deletes the remote link of a link. Returns whether it is gone, or cannot be deleted by this app at all.
pub(crate) async fn remove_remote_link(platform: &impl Platform, link: &Link) -> bool {
    let global_id = links::global_id(platform, link.ticket_id);
    let deleted = jira::delete_remote_link(platform, &link.issue_id, &global_id).await;
    matches!(deleted, Ok(_) | Err(JiraError::NotFound))
}

/// Deletes the records of a kind. Returns how many, or `None` if some are left.
async fn clear_kind(
    platform: &impl Platform,
    kind: &StoredKind,
    until: &Deadlines,
    deleted: &mut BTreeSet<String>,
) -> Result<Option<usize>, PlatformError> {
    let prefix = match kind.place {
        Place::Secret(_) => return Ok(Some(0)),
        Place::Key(key) => {
            let is_there = platform.kv_get(key).await?.is_some();
            if is_there {
                platform.kv_delete(key).await?;
            }
            return Ok(Some(usize::from(is_there)));
        }
        Place::Prefix(prefix) => prefix,
    };
    let (mut number, mut cursor) = (0, None);
    loop {
        if platform.now().since(until.all) >= 0 {
            return Ok(None);
        }
        let page = platform.kv_query(prefix, 100, cursor).await?;
        // A listing may have what was deleted a moment ago.
        let keys: Vec<String> =
            page.items.into_iter().map(|(key, _)| key).filter(|key| !deleted.contains(key)).collect();
        if records::delete_all(platform, &keys).await? > 0 {
            return Ok(None);
        }
        number += keys.len();
        deleted.extend(keys);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(Some(number));
        }
    }
}
