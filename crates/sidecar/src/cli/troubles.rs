//! `connector troubles`: fields that are out of sync, dead letters, and tickets that wait or were abandoned, with reasons. Shows codes, ids and
//! field names, no content.

use std::fmt::Write;

use anyhow::Result;
use schema::time::rfc3339;
use store::{Store, TroubleRow};

use super::plain;
use crate::app;
use crate::config::Config;

/// The list as text, one line each.
///
/// # Errors
/// The store cannot be read.
pub async fn run(config: &Config, limit: usize) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    list(store.as_ref(), limit).await
}

/// [`run`] on an open store.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &dyn Store, limit: usize) -> Result<String> {
    let mut text = String::new();
    let troubles = store.troubles(limit).await?;
    for row in &troubles {
        let (number, key) = names(store, row).await?;
        let detail = row.detail.as_deref().map(|detail| format!(" ({})", plain(detail))).unwrap_or_default();
        let (field, code) = (plain(&row.field), plain(&row.code));
        writeln!(text, "{number} {key}: {field}: {code}{detail}, since {}", rfc3339(row.since))?;
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
    let most = troubles.len().max(letters.len()).max(abandoned.len()).max(waiting.len());
    match most {
        0 => text.push_str("everything is in sync\n"),
        _ if most >= limit => writeln!(text, "there may be more; raise --limit")?,
        _ => {}
    }
    Ok(text)
}

/// Ticket number and issue key of a link; the ids if there is no such link.
async fn names(store: &dyn Store, row: &TroubleRow) -> Result<(String, String)> {
    let links = store.links_of_ticket(row.ticket_id).await?;
    let link = links.into_iter().find(|link| link.issue_id == row.issue_id);
    Ok(link.map_or_else(
        || (format!("ticket id {}", row.ticket_id), format!("issue id {}", plain(&row.issue_id))),
        |link| (plain(&link.ticket_number), plain(&link.issue_key)),
    ))
}

async fn number_of(store: &dyn Store, ticket: u64) -> Result<String> {
    let links = store.links_of_ticket(ticket).await?;
    Ok(match links.first() {
        Some(link) => plain(&link.ticket_number),
        None if ticket == 0 => "the connector itself".to_owned(),
        None => format!("ticket id {ticket}"),
    })
}
