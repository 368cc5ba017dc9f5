//! `connector link <ticket> <issue>`: appends `link.requested` to the outbox and waits for Forge's answer. The running sidecar
//! sends it, so it keeps the order of the ticket.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use schema::{LinkAnswer, MessageBody};
use store::Settlement;

use super::row;
use crate::app;
use crate::config::Config;
use crate::env::Env;
use crate::settings::SettingsCache;
use crate::ticket::{link_request, typed};

/// Pause between two checks for the answer, and how many are made.
const CHECK: Duration = Duration::from_millis(100);
const CHECKS: u32 = 450;

/// Links the ticket and confirms it in one line.
///
/// # Errors
/// There is no such ticket, Forge rejected the request, or did not answer within 45 s; then the request stays in the outbox.
pub async fn run(config: &Config, ticket: &str, issue: &str) -> Result<String> {
    let env = Env::system();
    let helpdesk = app::helpdesk(config)?;
    let typed = typed::read(ticket, &config.zammad_public_url)?;
    let Some(ticket) = typed::find(helpdesk.as_ref(), &typed).await? else {
        bail!("the bot user can see no such ticket in Zammad; check the number and the bot's groups")
    };
    let store = app::open_store(&config.data_dir).await?;
    let settings = SettingsCache::default().current(store.as_ref()).await?.settings;
    let request = link_request(helpdesk.as_ref(), config, &settings, &ticket, issue.trim()).await?;
    let row = row(config, &env, ticket.id, MessageBody::LinkRequested(request))?;
    let id = row.id.clone();
    store.append(vec![row]).await?;
    for _ in 0..CHECKS {
        match store.settled(&id).await? {
            Some(Settlement::Done { result }) => {
                let answer: LinkAnswer = serde_json::from_str(&result.unwrap_or_default()).context("Forge's answer")?;
                return Ok(format!("ticket {} is linked to {}", ticket.number, answer.issue_key));
            }
            Some(Settlement::Dead { code }) => bail!("rejected by the Forge app: {code}"),
            Some(Settlement::Retry { .. }) | None => tokio::time::sleep(CHECK).await,
        }
    }
    bail!("no answer within 45 s; the request stays in the outbox and is sent when a sidecar runs and can reach Forge")
}
