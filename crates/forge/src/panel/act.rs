//! The acts of users in the panel: they request and end links, and have a ticket read again.

use schema::{Author, Command, CommandBody, Nothing, TicketWanted, UnixMs};
use serde_json::Value;

use super::asked::{self, Asked};
use crate::jira::{self, JiraError};
use crate::join::try_for_each;
use crate::json::json;
use crate::links::{self, AT_ONCE, Link};
use crate::platform::{Platform, PlatformError};
use crate::{audit, commands, config, flag, queue_mark};

/// Maximum bytes of a ticket number, or of the ticket's address.
const MAX_NUMBER_BYTES: usize = 255;
/// A ticket is read again once in this time at most, however often somebody asks.
const REFRESH_EVERY_MS: i64 = 10_000;

/// The result of an act; an error is the code of a refusal.
type Done = Result<Value, &'static str>;

fn unavailable(_: PlatformError) -> &'static str {
    "unavailable"
}

/// Requests a link to the ticket with this number or address.
pub(super) async fn request(platform: &impl Platform, issue_id: &str, account_id: &str, payload: &Value) -> Done {
    let typed = payload["ticketNumber"].as_str().unwrap_or_default().trim();
    if typed.is_empty() || typed.len() > MAX_NUMBER_BYTES {
        return Err("not-a-ticket");
    }
    let links = links::of_issue(platform, issue_id).await.map_err(unavailable)?;
    let asked = Asked {
        id: commands::id_of(platform.now(), 0, &["link", issue_id, typed]),
        ticket: typed.to_owned(),
        at: platform.now(),
    };
    // Also one that is older than this request.
    let is_linked = |link: &Link| asked::is_answered_by(&Asked { at: UnixMs(0), ..asked.clone() }, link);
    if links.iter().any(is_linked) {
        return Err("already-linked");
    }
    // Refused now instead of after the sidecar's request, which would fail for the same reason.
    let key = jira::key_of(platform, issue_id).await.map_err(|error| match error {
        JiraError::Unavailable { .. } => "unavailable",
        _ => "issue-not-found",
    })?;
    if !config::load(platform).await.map_err(unavailable)?.settings.scope.has_issue(&key) {
        return Err("project-out-of-scope");
    }
    let requested_by = Author { account_id: account_id.to_owned(), name: None };
    let body = CommandBody::LinkRequested(TicketWanted { ticket_number: typed.to_owned(), requested_by });
    let command = Command { id: asked.id, ticket_id: None, issue_id: Some(issue_id.to_owned()), issue_key: None, body };
    asked::add(platform, issue_id, asked).await.map_err(unavailable)?;
    commands::queue(platform, command).await.map_err(unavailable)?;
    Ok(json!({}))
}

/// Ends a link.
pub(super) async fn remove(platform: &impl Platform, issue_id: &str, payload: &Value) -> Done {
    let link = linked(platform, issue_id, payload).await?;
    let global_id = links::global_id(platform, link.ticket_id);
    if let Err(JiraError::Unavailable { .. }) = jira::delete_remote_link(platform, issue_id, &global_id).await {
        return Err("unavailable");
    }
    let id = commands::id_of(platform.now(), 0, &["unlink", issue_id, link.ticket_number.as_str()]);
    end(platform, &link, id).await.map_err(unavailable)?;
    Ok(json!({}))
}

async fn end(platform: &impl Platform, link: &Link, id: schema::Id) -> Result<(), PlatformError> {
    let (ticket_id, issue_id) = (link.ticket_id, link.issue_id.as_str());
    let body = CommandBody::LinkRemoved(Nothing {});
    let command =
        Command { id, ticket_id: Some(ticket_id), issue_id: Some(issue_id.to_owned()), issue_key: None, body };
    commands::queue(platform, command).await?;
    let left = links::remove(platform, ticket_id, issue_id).await?;
    flag::update(platform, issue_id, &left).await;
    audit::record(platform, "link-removed", json!({ "ticketId": ticket_id, "issueId": issue_id })).await
}

/// Has a ticket read again, with everything that waits for it.
pub(super) async fn retry(platform: &impl Platform, issue_id: &str, payload: &Value) -> Done {
    let link = linked(platform, issue_id, payload).await?;
    refresh(platform, &[&link]).await.map_err(unavailable)?;
    Ok(json!({}))
}

/// Queues commands to read these tickets again.
pub(super) async fn refresh(platform: &impl Platform, links: &[&Link]) -> Result<(), PlatformError> {
    let now = platform.now();
    let at = UnixMs(now.0 - now.0.rem_euclid(REFRESH_EVERY_MS));
    let command = |link: &Link| Command {
        // The sidecar applies each id once.
        id: commands::id_of(at, 0, &["refresh", &link.issue_id, &link.ticket_id.to_string()]),
        ticket_id: Some(link.ticket_id),
        issue_id: Some(link.issue_id.clone()),
        issue_key: Some(link.issue_key.clone()),
        body: CommandBody::Refresh(Nothing {}),
    };
    let commands: Vec<Command> = links.iter().map(|link| command(link)).collect();
    try_for_each(&commands, AT_ONCE, |command| commands::store(platform, &command.id, json!(command))).await?;
    queue_mark::record(platform).await
}

/// The link of this issue to the ticket that the payload names.
async fn linked(platform: &impl Platform, issue_id: &str, payload: &Value) -> Result<Link, &'static str> {
    let links = links::of_issue(platform, issue_id).await.map_err(unavailable)?;
    links.into_iter().find(|link| payload["ticketId"] == link.ticket_id).ok_or("not-linked")
}
