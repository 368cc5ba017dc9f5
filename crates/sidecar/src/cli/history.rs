//! `connector history <ticket>`: the values written for a ticket's links, newest first. Values of conflicts are shown on request.

use std::fmt::Write;

use anyhow::{Context, Result};
use schema::Side;
use schema::time::rfc3339;
use store::Store;

use super::{linked_ticket, plain};
use crate::app;
use crate::config::Config;

/// The list as text, one line per change.
///
/// # Errors
/// The store cannot be read, or has no link of this ticket.
pub async fn run(config: &Config, number: &str, limit: usize, show_values: bool) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    let ticket = linked_ticket(config, store.as_ref(), number).await?.context("no such ticket is linked")?;
    list(store.as_ref(), ticket, limit, show_values).await
}

/// [`run`] on an open store.
///
/// # Errors
/// As [`run`].
pub async fn list(store: &dyn Store, ticket: u64, limit: usize, show_values: bool) -> Result<String> {
    let links = store.links_of_ticket(ticket).await?;
    let mut text = String::new();
    for change in store.changes(ticket, limit).await? {
        let link = links.iter().find(|link| link.issue_id == change.issue_id);
        let key = link.map_or_else(|| format!("issue id {}", change.issue_id), |link| link.issue_key.clone());
        let side = match change.side {
            Side::Zammad => "written to Zammad",
            Side::Jira => "written to Jira",
        };
        write!(text, "{} {} {}: {side}", rfc3339(change.at), plain(&key), plain(&change.field))?;
        if let Some(actor) = &change.actor {
            write!(text, ", changed by {}", plain(actor))?;
        }
        if change.conflict {
            text.push_str(", conflict");
        }
        writeln!(text, " ({})", plain(&change.message_id))?;
        if show_values {
            for (label, value) in [("kept", &change.kept), ("lost", &change.lost)] {
                if let Some(value) = value {
                    writeln!(text, "  {label}: {}", plain(value))?;
                }
            }
        }
    }
    if text.is_empty() {
        text.push_str("no changes in the last 90 days\n");
    }
    Ok(text)
}
