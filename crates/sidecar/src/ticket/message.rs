//! From a body to a row of the outbox: the only way in, and it leads across the boundary.

use redaction::{BoundaryError, Privacy, cross};
use schema::{LinkRequest, Message, UnixMs};
use store::NewMessage;
use url::Url;
use zammad::{Article, Client, ClientError, Ticket};

use super::ticket_url;

/// How much of a ticket's title a request carries, in characters: as much as a summary holds in Jira.
const TITLE_CHARS: usize = 255;

/// A row for the outbox. Without a ticket it stands in line 0, the sidecar's own: no ticket has that id. What is written
/// `once` under a name is not written again while it lasts.
///
/// # Errors
/// [`BoundaryError`]: under this mode the message must not leave.
pub(crate) fn crossed(
    draft: &Message,
    once: Option<String>,
    privacy: Privacy,
    now: UnixMs,
) -> Result<NewMessage, BoundaryError> {
    let crossed = cross(draft, privacy)?;
    Ok(NewMessage {
        id: draft.id.to_string(),
        ticket_id: draft.ticket_id.unwrap_or_default(),
        kind: draft.body.kind().to_owned(),
        body: serde_json::to_string(crossed.get()).map_err(|_| BoundaryError::Shape("message".into()))?,
        once,
        created_at: now,
    })
}

/// The wish to link a ticket that somebody named by its number. What was written before the link is not sent: linking
/// must not surprise anybody with old internal notes.
///
/// # Errors
/// [`ClientError`]: the ticket's articles could not be read.
pub(crate) async fn link_request(
    zammad: &Client,
    public_url: &Url,
    ticket: &Ticket,
    issue: &str,
) -> Result<LinkRequest, ClientError> {
    Ok(LinkRequest {
        issue: issue.to_owned(),
        ticket_number: ticket.number.clone(),
        ticket_url: ticket_url(public_url, ticket.id),
        title: Some(ticket.title.expose().chars().take(TITLE_CHARS).collect()),
        after_article: newest(&zammad.articles(ticket.id).await?),
    })
}

/// The newest article's id; 0 without any.
pub(crate) fn newest(articles: &[Article]) -> u64 {
    articles.iter().map(|article| article.id).max().unwrap_or(0)
}
