//! Everything that the panel shows at first, in one call. An issue without tickets costs three small reads and nothing of Jira's
//! rate limit; one with tickets a second round of reads, and Jira is asked for the user's rights once in a while.

use schema::time::rfc3339;
use serde_json::Value;

use super::asked::{self, Asked};
use super::queue::{self, Waiting};
use super::rights::{self, Rights};
use super::{act, ticket};
use crate::join::{join, join_all, join3};
use crate::json::json;
use crate::links::{self, Link};
use crate::platform::{Platform, PlatformError};
use crate::snapshots::{self, Cached};
use crate::{access, contact, impact, queue_mark};

/// Tickets that are shown, the oldest links; the counts are about all.
const SHOWN: usize = 10;

/// Returns `{now, tickets, total, impact, may, sidecar, asked, waitingMore, unreadableSince?}`.
///
/// # Errors
/// The code of a refusal; a user who may not browse the issue gets the answer of an issue without tickets.
pub(super) async fn answer(platform: &impl Platform, issue_id: &str, account_id: &str) -> Result<Value, &'static str> {
    let read = join3(
        links::of_issue(platform, issue_id),
        asked::read(platform, issue_id),
        rights::kept(platform, issue_id, account_id),
    );
    let (links, asked, kept) = read.await;
    let (links, asked) = (links.map_err(unavailable)?, asked.map_err(unavailable)?);
    if links.is_empty() && asked.is_empty() {
        return Ok(empty(platform));
    }
    let rights = match kept.map_err(unavailable)? {
        Some(rights) => Some(rights),
        None => rights::ask(platform, issue_id, account_id).await.map_err(|_| "unavailable")?,
    };
    match rights {
        Some(rights) => full(platform, issue_id, &links, &asked, rights).await.map_err(unavailable),
        None => {
            platform.warn("panel-refused", Value::Null);
            Ok(empty(platform))
        }
    }
}

fn unavailable(_: PlatformError) -> &'static str {
    "unavailable"
}

/// The answer of an issue without tickets, whoever asks.
fn empty(platform: &impl Platform) -> Value {
    let none = Vec::<Value>::new();
    json!({ "now": platform.now(), "tickets": none, "total": 0, "asked": none })
}

async fn full(
    platform: &impl Platform,
    issue_id: &str,
    links: &[Link],
    asked: &[Asked],
    rights: Rights,
) -> Result<Value, PlatformError> {
    let shown = &links[..links.len().min(SHOWN)];
    let cached = join_all(shown.iter().map(|link| snapshots::read(platform, link.ticket_id)));
    let records = join3(queue_mark::read(platform), contact::read(platform), access::outage_since(platform, issue_id));
    let (cached, queued, (records, asked)) =
        join3(cached, queue::of_issue(platform, issue_id), join(records, asked::states(platform, asked, links))).await;
    // One that cannot be read is asked for again, and must not hide the others.
    let cached: Vec<Option<Cached>> = cached.into_iter().map(|cached| cached.ok().flatten()).collect();
    let (mark, contact, outage) = records;
    let (mut waiting, contact, mark): (Waiting, _, _) = (queued?, contact?, mark?);
    let missing = shown.iter().zip(&cached).filter(|(_, cached)| cached.is_none()).map(|(link, _)| link);
    let missing: Vec<&Link> = missing.filter(|link| !waiting.refreshing.contains(&link.ticket_id)).collect();
    if !missing.is_empty() {
        act::refresh(platform, &missing).await?;
        waiting.refreshing.extend(missing.iter().map(|link| link.ticket_id));
    } else if !links.is_empty() && mark.is_settled(platform.now()) {
        // Somebody looks at the issue, so the sidecar asks for changes at short intervals for a while; once a minute at most.
        queue_mark::record(platform).await?;
    }
    let tickets = shown.iter().zip(&cached).enumerate();
    let tickets = tickets.map(|(at, (link, cached))| ticket::row(platform, link, at == 0, cached.as_ref(), &waiting));
    let mut answer = json!({
        "now": platform.now(),
        "tickets": tickets.collect::<Vec<_>>(),
        "total": links.len(),
        "impact": impact_of(links, &cached),
        "may": json!({ "edit": rights.edit }),
        "sidecar": contact.json(platform.now()),
        "asked": asked?,
        "waitingMore": waiting.more,
    });
    if let Some(since) = outage? {
        answer["unreadableSince"] = json!(since);
    }
    Ok(answer)
}

fn impact_of(links: &[Link], cached: &[Option<Cached>]) -> Value {
    let impact = impact::of(links);
    let names = cached.iter().flatten().map(|cached| &cached.snapshot.priority);
    let name = names.filter(|priority| Some(priority.id) == impact.highest_priority).find_map(|it| it.name.clone());
    json!({
        "tickets": impact.tickets,
        "known": impact.known,
        "customers": impact.customers,
        "waitingCustomers": impact.waiting_customers,
        "oldestOpen": impact.oldest_open.map(rfc3339),
        "highestPriority": impact.highest_priority.map(|id| json!({ "id": id, "name": name })),
    })
}
