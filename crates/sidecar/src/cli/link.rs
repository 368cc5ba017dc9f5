//! `connector link <ticket> <issue>`: puts a `link.requested` into the outbox and waits for Forge's word. The running
//! sidecar sends it, so it goes through the real protocol, in the ticket's order.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use redaction::cross;
use schema::{LinkAnswer, LinkRequest, Message, MessageBody};
use store::{NewMessage, Settlement};
use zammad::{Condition, Text};

use crate::app;
use crate::clock::World;
use crate::config::Config;
use crate::outbound::ticket_url;

/// How often the outcome is looked for, and how long.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 450;

/// Links and says so in one line.
///
/// # Errors
/// No such ticket, Forge's refusal, or no answer in 45 s; then the request stays in the outbox and will be sent.
pub async fn run(config: &Config, ticket: &str, issue: &str) -> Result<String> {
    let world = World::system();
    let zammad = app::zammad_client(config)?;
    let number = Text::new(ticket.trim()).context("the ticket number is empty")?;
    let found = zammad.search_tickets(&Condition::ticket_field_is("number", &number), 1, 2).await?;
    let [ticket] = found.as_slice() else { bail!("Zammad shows the bot no ticket with this number") };
    // What was written before the link is not sent: linking must not surprise anybody with old internal notes.
    let after_article = zammad.articles(ticket.id).await?.iter().map(|article| article.id).max().unwrap_or(0);

    let id = world.new_id()?;
    let request = LinkRequest {
        issue: issue.trim().to_owned(),
        ticket_number: ticket.number.clone(),
        ticket_url: ticket_url(&config.zammad_public_url, ticket.id),
        title: Some(ticket.title.expose().chars().take(255).collect()),
        after_article,
    };
    let draft = Message { id, ticket_id: Some(ticket.id), body: MessageBody::LinkRequested(request) };
    let crossed = cross(&draft, config.privacy)?;
    let body = serde_json::to_string(crossed.get())?;
    let row = NewMessage {
        id: id.to_string(),
        ticket_id: ticket.id,
        kind: "link.requested".into(),
        body,
        once: None,
        created_at: world.now(),
    };
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
