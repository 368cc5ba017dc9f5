//! `connector troubles`: what is not in sync and why, and what was given up. No content: codes, ids and names of fields.

use std::fmt::Write;

use anyhow::Result;
use store::{Store, TroubleRow};

use super::plain;
use crate::app;
use crate::env::rfc3339;
use crate::config::Config;

/// Lists as text, one line each.
///
/// # Errors
/// The store cannot be read.
pub async fn run(config: &Config, limit: usize) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    list(store.as_ref(), limit).await
}

/// [`run`] on a store that is open.
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
    for (id, ticket, kind, code) in &letters {
        let number = number_of(store, *ticket).await?;
        writeln!(text, "{number}: not delivered: {} {} ({id})", plain(kind), plain(code))?;
    }
    let buried = store.abandoned_tickets(limit).await?;
    for (ticket, at, code) in &buried {
        let number = number_of(store, *ticket).await?;
        writeln!(text, "{number}: not read: {}, since {}", plain(code), rfc3339(*at))?;
    }
    let most = troubles.len().max(letters.len()).max(buried.len());
    match most {
        0 => text.push_str("everything is in sync\n"),
        _ if most >= limit => writeln!(text, "perhaps more; --limit shows them")?,
        _ => {}
    }
    Ok(text)
}

/// Ticket number and issue key of a link, or the ids where the link is gone.
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
        // The sidecar's own line.
        None if ticket == 0 => "the connector itself".to_owned(),
        None => format!("ticket id {ticket}"),
    })
}
