//! The command-line verbs, one file each.

pub mod backfill;
pub mod healthcheck;
pub mod history;
pub mod link;
mod names;
pub mod people;
pub mod retry;
pub mod rule_batch;
pub mod rules;
pub mod troubles;
pub mod unlink;
pub mod webhook_token;

pub use self::names::Names;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use schema::{Message, MessageBody, Settings};
use store::{NewMessage, Store};

use crate::config::Config;
use crate::env::Env;
use crate::settings::Current;
use crate::ticket::outbox_row;
use crate::ticket::typed::{self, TypedTicket};

/// A message about a ticket, for the outbox; the running sidecar sends it.
///
/// # Errors
/// No random bytes for its id, or it must not leave the network.
fn row(config: &Config, env: &Env, ticket_id: u64, body: MessageBody) -> Result<NewMessage> {
    let message = Message { id: env.new_id()?, ticket_id: Some(ticket_id), body };
    Ok(outbox_row(&message, None, config.privacy, env.now())?)
}

/// The id of the linked ticket that a person typed, by its number or address; `None` if no such ticket is linked.
///
/// # Errors
/// The text names no ticket, or the store cannot be read.
async fn linked_ticket(config: &Config, store: &dyn Store, text: &str) -> Result<Option<u64>> {
    match typed::read(text, &config.zammad_public_url)? {
        TypedTicket::Number(number) => Ok(store.ticket_of_number(&number).await?),
        TypedTicket::Id(id) => Ok((!store.links_of_ticket(id).await?.is_empty()).then_some(id)),
    }
}

/// The admin's settings as stored; the defaults before Forge has sent any.
///
/// # Errors
/// The store cannot be read, or the settings were stored by another version.
async fn stored_settings(store: &dyn Store) -> Result<Arc<Settings>> {
    let stored = store.settings().await?.map(Current::parse).transpose();
    Ok(stored.context("the stored settings are of another version")?.unwrap_or_default().settings)
}

/// A foreign text, safe for a terminal: control characters, line breaks and direction marks are replaced by `?`.
fn plain(text: &str) -> String {
    let unsafe_character = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if unsafe_character(c) { '?' } else { c }).collect()
}
