//! `connector rules`: a dry run of the admin's rules, enabled or not, on the tickets of recent webhooks. Writes nothing; shows
//! numbers and ids, no titles.

use std::fmt::Write;
use std::sync::Arc;

use anyhow::Result;
use schema::settings::Action;
use store::{LinkState, Store};

use super::{plain, stored_settings};
use crate::app;
use crate::config::Config;
use crate::env::Env;
use crate::ticket::{Helpdesk, TicketReader, TicketView, merge_input};
use crate::visit::matching_rule;

/// Notifications are deleted after two days.
const LOOK_BACK_MS: i64 = 48 * 3_600_000;

/// The list as text: one line per ticket on which a rule would act.
///
/// # Errors
/// The store or Zammad cannot be read.
pub async fn run(config: &Config, limit: usize) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    list(store.as_ref(), app::helpdesk(config)?, &Env::system(), limit).await
}

/// [`run`] with its dependencies as arguments.
///
/// # Errors
/// As [`run`].
pub async fn list(store: &dyn Store, helpdesk: Arc<dyn Helpdesk>, env: &Env, limit: usize) -> Result<String> {
    let settings = stored_settings(store).await?;
    if settings.rules.is_empty() {
        return Ok("there are no rules\n".to_owned());
    }
    let states = TicketReader::new(Arc::clone(&helpdesk)).states().await?;
    let tickets = store.notified_since(env.now().plus(-LOOK_BACK_MS), limit).await?;
    let mut text = String::new();
    for id in &tickets {
        let links = store.links_of_ticket(*id).await?;
        if links.iter().any(|link| link.state != LinkState::Ended) {
            continue;
        }
        let view = match read(helpdesk.as_ref(), *id).await {
            Ok(view) => view,
            Err(error) => {
                writeln!(text, "ticket id {id}: cannot be read: {}", error.code())?;
                continue;
            }
        };
        let Some(rule) = matching_rule(&settings, &merge_input(&view, &states), false) else { continue };
        let Action::CreateIssue { project, issue_type } = &rule.then;
        let off = if rule.enabled { "" } else { " (disabled)" };
        let [number, rule, project, kind] = [&view.ticket.number, &rule.id, project, issue_type].map(|t| plain(t));
        writeln!(text, "{number}: rule {rule}{off} would create an issue of type {kind} in {project}")?;
    }
    writeln!(text, "{} tickets checked", tickets.len())?;
    if tickets.len() >= limit {
        writeln!(text, "there may be more; raise --limit")?;
    }
    Ok(text)
}

async fn read(helpdesk: &dyn Helpdesk, id: u64) -> Result<TicketView, zammad::ClientError> {
    let ticket = helpdesk.ticket(id).await?;
    let tags = helpdesk.tags(id).await?.into_iter().map(redaction::Sensitive::into_inner).collect();
    Ok(TicketView { ticket, articles: Arc::new([]), tags })
}
