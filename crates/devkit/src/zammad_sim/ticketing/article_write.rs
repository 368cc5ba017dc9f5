//! Adding articles: checked into a draft first, so that a refused one leaves no trace.

use super::{attachments, lookup::known_id, settle::settle};
use crate::zammad_sim::model::upload::Upload;
use crate::zammad_sim::{
    call::Call,
    error::ApiError,
    html,
    model::{
        actor::Actor,
        entities::{Article, Attachment, Id, Stamps, Ticket},
        numbers::{
            ARTICLE_TYPES, SENDERS,
            sender::{AGENT, CUSTOMER, SYSTEM},
            state,
        },
        permission,
        version::Version,
    },
    render,
    values::{as_id, as_text, is_true},
};
use serde_json::{Map, Value};

/// Longest body.
const BODY_LENGTH: usize = 1_500_000;
/// Number of the type `note`.
pub(in crate::zammad_sim) const NOTE: Id = 10;
/// Number of the type `web`.
const WEB: Id = 11;

/// An article that may be stored.
#[derive(Debug)]
pub(in crate::zammad_sim) struct Draft {
    article: Article,
    files: Vec<Upload>,
}

impl Draft {
    /// An article that needs no checks.
    pub const fn new(article: Article, files: Vec<Upload>) -> Self {
        Self { article, files }
    }
}

/// The article inside a ticket's parameters, if there is one.
pub(in crate::zammad_sim) fn nested(
    call: &mut Call<'_>,
    actor: &Actor,
    ticket: &Ticket,
) -> Result<Option<Draft>, ApiError> {
    let Some(value) = call.param("article").cloned() else { return Ok(None) };
    let params = value.as_object().ok_or_else(|| ApiError::crash("String does not have #dig method"))?;
    // A ticket that is being created has no group access yet: its creator may write.
    let agent =
        if ticket.id == 0 { actor.agent(call.state) } else { permission::as_agent(call.state, actor, ticket, "read") };
    draft(call, actor, ticket, params, agent).map(Some)
}

/// Checks an article's parameters.
pub(in crate::zammad_sim) fn draft(
    call: &mut Call<'_>,
    actor: &Actor,
    ticket: &Ticket,
    params: &Map<String, Value>,
    agent: bool,
) -> Result<Draft, ApiError> {
    let text = |name: &str| params.get(name).filter(|value| !value.is_null()).map(as_text);
    let body = text("body").filter(|body| !body.is_empty());
    let body = body.ok_or_else(|| ApiError::invalid("Need at least an 'article body' field."))?;
    let mut type_id = article_type(params)?;
    let mut sender_id = sender(params)?.unwrap_or(if agent { AGENT } else { CUSTOMER });
    let mut internal = params.get("internal").is_some_and(is_true);
    let mut origin_by_id = match params.get("origin_by_id").filter(|value| !value.is_null()) {
        Some(value) => Some(known_id("origin_by_id", value, |id| call.state.users.contains_key(&id))?),
        None => None,
    };
    if agent {
        if origin_by_id.is_some_and(|id| render::is_customer(call.state, id)) {
            sender_id = CUSTOMER;
        }
        if sender_id == CUSTOMER {
            origin_by_id.get_or_insert(ticket.customer_id);
        }
    } else {
        (sender_id, internal, origin_by_id) = (CUSTOMER, false, Some(actor.user));
        type_id = if type_id == WEB { WEB } else { NOTE };
    }
    let length = body.chars().count();
    if length > BODY_LENGTH {
        let text = format!("body of article is too large, {length} chars - only {BODY_LENGTH} allowed");
        return Err(ApiError::invalid(text));
    }
    if text("time_unit").is_some() {
        return Err(ApiError::forbidden("Not authorized (Time Accounting is not enabled)!"));
    }
    let files = attachments::uploads(params)?;
    let content_type = text("content_type").unwrap_or_else(|| "text/plain".to_owned());
    let reached = |id: Id| call.state.group_access(id, ticket.group_id, "read");
    let html_body = if content_type == "text/html" { body.as_str() } else { "" };
    if call.state.version != Version::V6_1 && html::mentions(html_body).any(|id| !reached(id)) {
        return Err(ApiError::invalid("A mentioned user has no agent access to this ticket"));
    }
    let author = call.state.users.get(&origin_by_id.unwrap_or(actor.user));
    let from = author.map(|user| {
        let name = user.full_name();
        if type_id == WEB && sender_id == CUSTOMER { format!("{name} <{}>", user.email) } else { name }
    });
    let preferences = params.get("preferences").filter(|value| !value.is_null());
    let preferences = match preferences {
        Some(Value::Object(map)) if agent => map.clone(),
        Some(Value::Object(_)) | None => Map::new(),
        Some(_) => return Err(ApiError::crash("undefined method 'permit'")),
    };
    let article = Article {
        id: 0,
        ticket_id: ticket.id,
        type_id,
        sender_id,
        from: from.unwrap_or_default(),
        to: text("to"),
        cc: text("cc"),
        subject: text("subject").map(|subject| subject.replace(['\n', '\r'], " ")),
        reply_to: text("reply_to"),
        message_id: text("message_id"),
        in_reply_to: text("in_reply_to"),
        references: None,
        body: if content_type == "text/html" { body } else { body.replace('\0', "") },
        content_type,
        internal,
        preferences,
        origin_by_id,
        attachments: Vec::new(),
        stamps: Stamps::new(actor.user, call.now),
    };
    Ok(Draft { article, files })
}

fn article_type(params: &Map<String, Value>) -> Result<Id, ApiError> {
    if let Some(value) = params.get("type").filter(|value| !value.is_null()) {
        let wanted = as_text(value);
        let found = ARTICLE_TYPES.iter().find(|(_, name, _)| *name == wanted);
        return found
            .map(|(id, ..)| *id)
            .ok_or_else(|| ApiError::invalid(format!("No lookup value found for 'type': {value}")));
    }
    match params.get("type_id").filter(|value| !value.is_null()) {
        Some(value) => known_id("type_id", value, |id| ARTICLE_TYPES.iter().any(|(known, ..)| *known == id)),
        None => Ok(NOTE),
    }
}

fn sender(params: &Map<String, Value>) -> Result<Option<Id>, ApiError> {
    if let Some(value) = params.get("sender").filter(|value| !value.is_null()) {
        let wanted = as_text(value);
        let found = (1..).zip(SENDERS).find(|(_, name)| *name == wanted);
        let refused = || ApiError::invalid(format!("No lookup value found for 'sender': {value}"));
        return found.map(|(id, _)| Some(id)).ok_or_else(refused);
    }
    Ok(params.get("sender_id").and_then(as_id))
}

/// Stores an article and updates its ticket.
pub(in crate::zammad_sim) fn insert(call: &mut Call<'_>, actor: &Actor, ticket: Id, draft: Draft) -> Id {
    let Draft { mut article, files } = draft;
    let id = call.state.next_id("article");
    (article.id, article.ticket_id) = (id, ticket);
    article.attachments = files.into_iter().map(|upload| attachments::store(call.state, upload)).collect();
    if article.content_type == "text/html" {
        let (body, mut images) = html::stored(&article.body, &format!("{}/#", call.state.public_url()));
        for image in &mut images {
            let id = format!("{ticket}.{}@{}", call.state.entropy.next(), as_text(call.state.setting("fqdn")));
            image.preferences.insert("Content-ID".to_owned(), id);
        }
        let images: Vec<Attachment> = images.into_iter().map(|upload| attachments::store(call.state, upload)).collect();
        article.body = html::with_images(body, &images, ticket, id);
        article.attachments.extend(images);
    }
    call.state.ticket_articles.entry(ticket).or_default().push(id);
    follow(call, actor, ticket, &article);
    call.state.articles.insert(id, article);
    call.events.article(ticket, id);
    id
}

/// Updates the ticket of a new article.
fn follow(call: &mut Call<'_>, actor: &Actor, id: Id, article: &Article) {
    let now = call.now;
    let Some(before) = call.state.tickets.get(&id).cloned() else { return };
    let mut ticket = before.clone();
    let articles = call.state.ticket_articles.get(&id).map_or(0, Vec::len);
    ticket.article_count = i64::try_from(articles).ok();
    let first = ticket.create_article_type_id.is_none();
    if first {
        ticket.create_article_type_id = Some(article.type_id);
        ticket.create_article_sender_id = Some(article.sender_id);
    }
    let communication = ARTICLE_TYPES.iter().any(|(kind, _, talk)| *kind == article.type_id && *talk);
    if communication && !article.internal {
        match article.sender_id {
            CUSTOMER => {
                ticket.last_contact_at = Some(now);
                ticket.last_contact_customer_at = Some(now);
            }
            AGENT => {
                ticket.last_contact_at = Some(now);
                ticket.last_contact_agent_at = Some(now);
                ticket.first_response_at.get_or_insert(now);
                if ticket.state_id == state::NEW && !first {
                    ticket.state_id = state::OPEN;
                    let from_new = [before.state_id, ticket.state_id].map(Value::from);
                    call.events.changed(id, "state_id", &from_new[0], &from_new[1]);
                    settle(call, &before, &mut ticket, false);
                }
            }
            _ => {}
        }
    }
    if article.sender_id != SYSTEM {
        ticket.stamps.updated_by_id = actor.user;
    }
    ticket.stamps.updated_at = now;
    call.state.tickets.insert(id, ticket);
}
