//! Messages as rows of the outbox. This is the only way into the outbox, and it passes the privacy boundary.

use std::collections::BTreeSet;

use redaction::{BoundaryError, Privacy, Sensitive, cross};
use schema::time::rfc3339;
use schema::{IssueGet, LinkRequest, LinkRestore, Message, MessageBody, Settings, UnixMs};
use serde_json::Value;
use store::{Link, LinkFacts, NewMessage};
use url::Url;
use zammad::{Article, ClientError, Ticket};

use super::admission::Admission;
use super::bodies::{self, Bodies};
use super::comments::Context;
use super::snapshot::{link_title, ticket_url};
use super::{Helpdesk, facts, history};
use crate::config::Config;

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

/// The request to link a ticket to an issue (key, id or URL). Existing articles become no comments; those that the admin allows
/// go along in one document.
///
/// # Errors
/// The ticket's articles or tags cannot be read.
pub(crate) async fn link_request(
    helpdesk: &dyn Helpdesk,
    config: &Config,
    settings: &Settings,
    ticket: &Ticket,
    issue: &str,
) -> Result<LinkRequest, ClientError> {
    let articles = bodies::read(helpdesk, ticket.id, Bodies::beginnings()).await?;
    let tags = match &settings.comments.only_tagged {
        Some(_) => helpdesk.tags(ticket.id).await?.into_iter().map(Sensitive::into_inner).collect(),
        None => BTreeSet::new(),
    };
    Ok(link_request_of(config, settings, ticket, (&articles, &tags), issue))
}

/// The same for a ticket whose articles and tags were read.
pub(crate) fn link_request_of(
    config: &Config,
    settings: &Settings,
    ticket: &Ticket,
    (articles, tags): (&[Article], &BTreeSet<String>),
    issue: &str,
) -> LinkRequest {
    LinkRequest {
        issue: issue.to_owned(),
        ticket_number: ticket.number.clone(),
        ticket_url: ticket_url(&config.zammad_public_url, ticket.id),
        title: Some(link_title(ticket)),
        description: described(config, settings, ticket, articles, tags),
        after_article: newest_article(articles),
    }
}

/// The articles of a ticket so far, as one document; none in privacy mode, and none if no article may be sent.
pub(crate) fn described(
    config: &Config,
    settings: &Settings,
    ticket: &Ticket,
    articles: &[Article],
    tags: &BTreeSet<String>,
) -> Option<Value> {
    if config.privacy == Privacy::On {
        return None;
    }
    let admission = Admission { settings: &settings.comments, operator: config.comment_policy, tags };
    let context = Context {
        zammad: &config.zammad_public_url,
        number: &ticket.number,
        customer_names: config.customer_names,
        people: &settings.people,
        files: &[],
    };
    history::of(articles, &admission, &context)
}

/// The messages that make Forge know a link again, because it ended here or because the app was installed anew: the link as of
/// its beginning, then the question what was written on the issue since the last answer. `title` is the ticket's, if known.
pub(crate) fn restore(public_url: &Url, link: &Link, facts: &LinkFacts, title: Option<String>) -> [MessageBody; 2] {
    let restore = LinkRestore {
        issue_id: link.issue_id.clone(),
        ticket_number: link.ticket_number.clone(),
        ticket_url: ticket_url(public_url, link.ticket_id),
        title,
        linked_at: Some(rfc3339(link.created_at)),
    };
    [MessageBody::LinkRestore(restore), MessageBody::IssueGet(issue_question(link, facts))]
}

/// The question for the issue of a link as it is now, and for everything written on it since the last answer.
pub(crate) fn issue_question(link: &Link, facts: &LinkFacts) -> IssueGet {
    /// Before any change; Forge reports nothing from before the link.
    const EPOCH: &str = "1970-01-01T00:00:00Z";
    let since = facts::caught_up_to(facts).unwrap_or_else(|| EPOCH.to_owned());
    IssueGet { issue: link.issue_id.clone(), catch_up_since: Some(since) }
}

/// The highest article id; 0 if there is none.
pub(crate) fn newest_article(articles: &[Article]) -> u64 {
    articles.iter().map(|article| article.id).max().unwrap_or(0)
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
