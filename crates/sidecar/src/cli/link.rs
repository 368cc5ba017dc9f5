//! `connector link <ticket> <issue>`: puts a `link.requested` into the outbox and waits for Forge's word. The running
//! sidecar sends it, so it goes through the real protocol, in the ticket's order.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use schema::{LinkAnswer, Message, MessageBody};
use store::Settlement;
use zammad::{Condition, Text};

use crate::app;
use crate::env::Env;
use crate::config::Config;
use crate::outbound::{crossed, link_request};

/// How often the outcome is looked for, and how long.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 450;

/// Links and says so in one line.
///
/// # Errors
/// No such ticket, Forge's refusal, or no answer in 45 s; then the request stays in the outbox and will be sent.
pub async fn run(config: &Config, ticket: &str, issue: &str) -> Result<String> {
    let env = Env::system();
    let zammad = app::zammad_client(config)?;
    let number = Text::new(ticket.trim()).context("the ticket number is empty")?;
    let found = zammad.search_tickets(&Condition::ticket_field_is("number", &number), 1, 2).await?;
    let [ticket] = found.as_slice() else { bail!("Zammad shows the bot no ticket with this number") };
    let id = env.new_id()?;
    let request = link_request(&zammad, &config.zammad_public_url, ticket, issue.trim()).await?;
    let draft = Message { id, ticket_id: Some(ticket.id), body: MessageBody::LinkRequested(request) };
    let row = crossed(&draft, None, config.privacy, env.now())?;
    let store = app::open_store(&config.data_dir).await?;
    store.append(vec![row]).await?;
    for _ in 0..LOOKS {
        match store.settled(&id.to_string()).await? {
            Some(Settlement::Done { result }) => {
                let answer: LinkAnswer = serde_json::from_str(&result.unwrap_or_default()).context("Forge's answer")?;
                return Ok(format!("ticket {} is linked to {}", ticket.number, answer.issue_key));
            }
            Some(Settlement::Dead { code }) => bail!("refused by Jira's half: {code}"),
            Some(Settlement::Retry { .. }) | None => tokio::time::sleep(LOOK).await,
        }
    }
    bail!("no answer yet; the request stays in the outbox and is sent when a sidecar runs and Forge can be reached")
}
