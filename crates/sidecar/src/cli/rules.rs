//! `connector rules`: a dry run. What the admin's rules, switched on or not, would do with the tickets that somebody rang for
//! lately, each as it is now. Writes nothing; shows numbers and ids, no titles.

use std::fmt::Write;

use anyhow::{Context, Result};
use schema::Settings;
use schema::settings::Action;
use store::{LinkState, Store};
use zammad::Client;

use super::plain;
use crate::app;
use crate::env::Env;
use crate::config::Config;
use crate::outbound::{Source, Sources, reading};
use crate::visit::acting;

/// Doorbells are forgotten after two days.
const LOOK_BACK_MS: i64 = 48 * 3_600_000;

/// Lists as text, one line for each ticket on which a rule would act.
///
/// # Errors
/// The store or Zammad cannot be read.
pub async fn run(config: &Config, limit: usize) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    list(store.as_ref(), app::zammad_client(config)?, &Env::system(), limit).await
}

/// [`run`] with its parts as arguments.
///
/// # Errors
/// As [`run`].
pub async fn list(store: &dyn Store, zammad: Client, env: &Env, limit: usize) -> Result<String> {
    let settings = store.settings().await?.map(|(_, json)| serde_json::from_str::<Settings>(&json));
    let settings = settings.transpose().context("the settings are of another version")?.unwrap_or_default();
    if settings.rules.is_empty() {
        return Ok("there are no rules\n".to_owned());
    }
    let states = Sources::new(zammad.clone()).states().await?;
    let tickets = store.notified_since(env.now().plus(-LOOK_BACK_MS), limit).await?;
    let mut text = String::new();
    for id in &tickets {
        let links = store.links_of_ticket(*id).await?;
        if links.iter().any(|link| link.state != LinkState::Ended) {
            continue;
        }
        let source = match read(&zammad, *id).await {
            Ok(source) => source,
            Err(error) => {
                writeln!(text, "ticket id {id}: not read: {}", error.code())?;
                continue;
            }
        };
        let Some(rule) = acting(&settings, &reading(&source, &states), false) else { continue };
        let Action::CreateIssue { project, issue_type } = &rule.then;
        let off = if rule.enabled { "" } else { " (switched off)" };
        let [number, rule, project, kind] = [&source.ticket.number, &rule.id, project, issue_type].map(|t| plain(t));
        writeln!(text, "{number}: rule {rule}{off} would create an issue of type {kind} in {project}")?;
    }
    writeln!(text, "{} tickets looked at", tickets.len())?;
    if tickets.len() >= limit {
        writeln!(text, "perhaps more; --limit shows them")?;
    }
    Ok(text)
}

async fn read(zammad: &Client, id: u64) -> Result<Source, zammad::ClientError> {
    let ticket = zammad.ticket(id).await?;
    let tags = zammad.tags(id).await?.into_iter().map(redaction::Sensitive::into_inner).collect();
    Ok(Source { ticket, articles: Vec::new(), tags })
}
