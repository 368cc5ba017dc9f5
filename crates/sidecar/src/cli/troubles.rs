//! `connector troubles`: fields that are out of sync, changes from Jira that failed or wait, dead letters, and tickets and messages
//! that wait or were abandoned, with reasons. Shows codes, ids, field names, and the names of states, priorities and people; no content.

use std::fmt::Write;

use anyhow::Result;
use schema::time::rfc3339;
use store::{Store, TroubleRow};
use sync::Detail;

use super::{Names, plain};
use crate::app;
use crate::config::Config;
use crate::ticket::{self, KnownIssue};

/// A message that was tried this often is listed: what passes within seconds is no trouble.
const LISTED_ATTEMPTS: u32 = 3;

/// The list as text, one line each.
///
/// # Errors
/// The store cannot be read.
pub async fn run(config: &Config, limit: usize) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    list(store.as_ref(), &Names::of(app::helpdesk(config)?), limit).await
}

/// [`run`] on an open store.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &dyn Store, names: &Names, limit: usize) -> Result<String> {
    let mut text = String::new();
    let troubles = store.troubles(limit).await?;
    for row in &troubles {
        let (number, key) = link_of(store, row).await?;
        let detail = match row.detail.as_deref() {
            None => String::new(),
            Some(detail) => {
                let issue = KnownIssue::of(&store.link_facts(row.ticket_id, &row.issue_id).await?);
                let named = match detail.parse::<Detail>() {
                    Ok(value) => names.name_of(&value, issue.as_ref()).await,
                    Err(_) => None,
                };
                match named {
                    Some(named) => format!(": {}", plain(&named)),
                    None => format!(" ({})", plain(detail)),
                }
            }
        };
        let (subject, code) = (plain(&row.subject.to_string()), plain(&row.code));
        writeln!(text, "{number} {key}: {subject}: {code}{detail}, since {}", rfc3339(row.since))?;
    }
    let letters = store.dead_letters(limit).await?;
    for letter in &letters {
        let number = number_of(store, letter.ticket_id).await?;
        writeln!(text, "{number}: not delivered: {} {} ({})", plain(&letter.kind), plain(&letter.code), letter.id)?;
    }
    let abandoned = store.abandoned_tickets(limit).await?;
    for row in &abandoned {
        let number = number_of(store, row.ticket_id).await?;
        writeln!(text, "{number}: not processed: {}, since {}", plain(&row.code), rfc3339(row.at))?;
    }
    let waiting = store.waiting_tickets(limit).await?;
    for row in &waiting {
        let number = number_of(store, row.ticket_id).await?;
        writeln!(text, "{number}: waits: {}, next attempt {}", plain(&row.code), rfc3339(row.not_before))?;
    }
    let held = store.waiting_messages(LISTED_ATTEMPTS, limit).await?;
    for row in &held {
        let (number, kind, code) = (number_of(store, row.ticket_id).await?, plain(&row.kind), plain(&row.code));
        writeln!(text, "{number}: waits: {kind} {code} ({}), next attempt {}", row.id, rfc3339(row.not_before))?;
    }
    let lengths = [troubles.len(), letters.len(), abandoned.len(), waiting.len(), held.len()];
    let most = lengths.into_iter().max().unwrap_or(0);
    match most {
        0 => text.push_str("everything is in sync\n"),
        _ if most >= limit => writeln!(text, "there may be more; raise --limit")?,
        _ => {}
    }
    Ok(text)
}

/// Ticket number and issue key of a link; the ids if there is no such link.
async fn link_of(store: &dyn Store, row: &TroubleRow) -> Result<(String, String)> {
    if row.ticket_id == 0 {
        return Ok(("no ticket".to_owned(), format!("issue id {}", plain(&row.issue_id))));
    }
    let links = store.links_of_ticket(row.ticket_id).await?;
    let link = links.into_iter().find(|link| link.issue_id == row.issue_id);
    Ok(link.map_or_else(
        || (format!("ticket id {}", row.ticket_id), format!("issue id {}", plain(&row.issue_id))),
        |link| (plain(&link.ticket_number), plain(&link.issue_key)),
    ))
}

async fn number_of(store: &dyn Store, ticket: u64) -> Result<String> {
    Ok(if ticket == 0 { "the connector itself".to_owned() } else { plain(&ticket::number_of(store, ticket).await?) })
}
