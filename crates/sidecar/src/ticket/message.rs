//! Messages as rows of the outbox. This is the only way into the outbox, and it passes the privacy boundary.

use redaction::{BoundaryError, Privacy, cross};
use schema::{LinkRequest, Message, UnixMs};
use store::{Link, NewMessage};
use url::Url;
use zammad::{Article, ClientError, Ticket};

use super::Helpdesk;
use super::snapshot::{link_title, ticket_url};

/// A row for the outbox. A message without a ticket gets ticket id 0, which no ticket has. A row with a `dedup_key` that
/// was used before is not stored.
///
/// # Errors
/// [`BoundaryError`]: the message must not leave the network in this privacy mode.
pub(crate) fn outbox_row(
    message: &Message,
    dedup_key: Option<String>,
    privacy: Privacy,
    now: UnixMs,
) -> Result<NewMessage, BoundaryError> {
    let cleared = cross(message, privacy)?;
    Ok(NewMessage {
        id: message.id.to_string(),
        ticket_id: message.ticket_id.unwrap_or_default(),
        kind: message.body.kind().to_owned(),
        body: serde_json::to_string(cleared.get()).map_err(|_| BoundaryError::Shape("message".into()))?,
        dedup_key,
        created_at: now,
    })
}

/// The request to link a ticket to an issue (key, id or URL). Existing articles are excluded: linking must not publish old
/// internal notes.
///
/// # Errors
/// The ticket's articles cannot be read.
pub(crate) async fn link_request(
    helpdesk: &dyn Helpdesk,
    public_url: &Url,
    ticket: &Ticket,
    issue: &str,
) -> Result<LinkRequest, ClientError> {
    Ok(LinkRequest {
        issue: issue.to_owned(),
        ticket_number: ticket.number.clone(),
        ticket_url: ticket_url(public_url, ticket.id),
        title: Some(link_title(ticket)),
        description: None,
        after_article: newest_article(&helpdesk.articles(ticket.id).await?),
    })
}

/// The request to link a ticket again whose link has ended: articles are sent from where it stopped.
pub(crate) fn relink_request(public_url: &Url, link: &Link, title: Option<String>) -> LinkRequest {
    LinkRequest {
        issue: link.issue_id.clone(),
        ticket_number: link.ticket_number.clone(),
        ticket_url: ticket_url(public_url, link.ticket_id),
        title,
        description: None,
        after_article: link.after_article,
    }
}

/// The highest article id; 0 if there is none.
pub(crate) fn newest_article(articles: &[Article]) -> u64 {
    articles.iter().map(|article| article.id).max().unwrap_or(0)
}
