//! Tickets and articles on the wire.

use serde_json::{Map, Value, json};

use super::parts::{maybe_time, object, stamp};
use crate::zammad_sim::{
    call::Mode,
    model::{
        entities::{Article, Id, Ticket},
        numbers::{ARTICLE_TYPES, SENDERS},
        state::State,
        version::Version,
    },
};

/// Columns of a ticket that are never filled here.
const EMPTY_TICKET_COLUMNS: [&str; 14] = [
    "close_diff_in_min",
    "close_escalation_at",
    "close_in_min",
    "escalation_at",
    "first_response_diff_in_min",
    "first_response_escalation_at",
    "first_response_in_min",
    "time_unit",
    "type",
    "update_diff_in_min",
    "update_escalation_at",
    "update_in_min",
    "checklist_id",
    "note",
];

/// A ticket's columns.
pub(in crate::zammad_sim) fn ticket_columns(state: &State, ticket: &Ticket) -> Map<String, Value> {
    let mut row = object(json!({
        "id": ticket.id,
        "number": ticket.number,
        "title": ticket.title,
        "group_id": ticket.group_id,
        "priority_id": ticket.priority_id,
        "state_id": ticket.state_id,
        "owner_id": ticket.owner_id,
        "customer_id": ticket.customer_id,
        "organization_id": ticket.organization_id,
        "preferences": ticket.preferences,
        "pending_time": maybe_time(ticket.pending_time),
        "first_response_at": maybe_time(ticket.first_response_at),
        "close_at": maybe_time(ticket.close_at),
        "last_close_at": maybe_time(ticket.last_close_at),
        "last_contact_at": maybe_time(ticket.last_contact_at),
        "last_contact_agent_at": maybe_time(ticket.last_contact_agent_at),
        "last_contact_customer_at": maybe_time(ticket.last_contact_customer_at),
        "last_owner_update_at": maybe_time(ticket.last_owner_update_at),
        "article_count": ticket.article_count,
        "create_article_type_id": ticket.create_article_type_id,
        "create_article_sender_id": ticket.create_article_sender_id,
    }));
    for column in EMPTY_TICKET_COLUMNS {
        row.insert(column.to_owned(), Value::Null);
    }
    row.insert("note".to_owned(), ticket.note.clone().into());
    if state.version == Version::V6_1 {
        row.remove("checklist_id");
    }
    for name in state.ticket_attributes.keys() {
        row.insert(name.clone(), ticket.attributes.get(name).cloned().unwrap_or(Value::Null));
    }
    stamp(&mut row, ticket.stamps, None);
    row
}

/// A ticket with the numbers of the rows that belong to it, as in responses to writes.
pub(in crate::zammad_sim) fn ticket_with_ids(state: &State, ticket: &Ticket) -> Map<String, Value> {
    let mut row = ticket_columns(state, ticket);
    let articles: Vec<Id> = state.ticket_articles.get(&ticket.id).cloned().unwrap_or_default();
    row.insert("article_ids".into(), json!(articles));
    row.insert("ticket_time_accounting_ids".into(), json!([]));
    if state.version != Version::V6_1 {
        row.insert("referencing_checklist_ids".into(), json!([]));
    }
    row
}

/// A ticket with names.
pub(in crate::zammad_sim) fn ticket_expanded(state: &State, ticket: &Ticket) -> Map<String, Value> {
    let mut row = ticket_with_ids(state, ticket);
    row.insert("group".into(), state.groups.get(&ticket.group_id).map(|group| group.name.as_str()).into());
    row.insert("state".into(), state.states.get(&ticket.state_id).map(|state| state.name.as_str()).into());
    row.insert(
        "priority".into(),
        state.priorities.get(&ticket.priority_id).map(|priority| priority.name.as_str()).into(),
    );
    row.insert("owner".into(), state.login(ticket.owner_id).into());
    row.insert("customer".into(), state.login(ticket.customer_id).into());
    row.insert("created_by".into(), state.login(ticket.stamps.created_by_id).into());
    row.insert("updated_by".into(), state.login(ticket.stamps.updated_by_id).into());
    row.insert("ticket_time_accounting".into(), json!([]));
    if state.version != Version::V6_1 {
        row.insert("referencing_checklists".into(), json!([]));
    }
    if state.version == Version::V7_2 {
        row.insert("ai_stored_result_ids".into(), json!([]));
        row.insert("ai_stored_results".into(), json!([]));
    }
    if let Some(organization) = ticket.organization_id.and_then(|id| state.organizations.get(&id)) {
        row.insert("organization".into(), organization.name.as_str().into());
    }
    match (ticket.create_article_type_id, ticket.create_article_sender_id) {
        (Some(kind), Some(sender)) => {
            row.insert("create_article_type".into(), article_type(kind).into());
            row.insert("create_article_sender".into(), sender_name(sender).into());
        }
        // A list of names is left out where its numbers stand for it; only an empty one is shown.
        _ => {
            row.insert("articles".into(), json!([]));
        }
    }
    row
}

/// A ticket in the requested form, for lists and single responses.
pub(in crate::zammad_sim) fn ticket(state: &State, ticket: &Ticket, mode: Mode) -> Map<String, Value> {
    match mode {
        Mode::Expand => ticket_expanded(state, ticket),
        Mode::Plain | Mode::Full => ticket_columns(state, ticket),
    }
}

/// Name of an article type.
pub(in crate::zammad_sim) fn article_type(id: Id) -> &'static str {
    ARTICLE_TYPES.iter().find(|(number, ..)| *number == id).map_or("note", |(_, name, _)| name)
}

/// Name of a sender.
pub(in crate::zammad_sim) fn sender_name(id: Id) -> &'static str {
    SENDERS.get(usize::try_from(id).unwrap_or(usize::MAX).wrapping_sub(1)).copied().unwrap_or("System")
}

/// An article; the same in every form.
pub(in crate::zammad_sim) fn article(state: &State, article: &Article) -> Map<String, Value> {
    let attachments: Vec<Value> = article
        .attachments
        .iter()
        .map(|file| {
            json!({"id": file.id, "store_file_id": file.store_file_id, "filename": file.filename,
                   "size": file.size_known.then(|| file.data.len().to_string()), "preferences": file.preferences})
        })
        .collect();
    let mut row = object(json!({
        "id": article.id,
        "ticket_id": article.ticket_id,
        "type_id": article.type_id,
        "type": article_type(article.type_id),
        "sender_id": article.sender_id,
        "sender": sender_name(article.sender_id),
        "from": article.from,
        "to": article.to,
        "cc": article.cc,
        "subject": article.subject,
        "reply_to": article.reply_to,
        "message_id": article.message_id,
        "message_id_md5": article.message_id.as_deref().map(md5_hex),
        "in_reply_to": article.in_reply_to,
        "content_type": article.content_type,
        "body": article.body,
        "internal": article.internal,
        "preferences": article.preferences,
        "origin_by_id": article.origin_by_id,
        "time_unit": null,
        "attachments": attachments,
    }));
    match state.version {
        Version::V6_5 | Version::V7_2 => row.insert("detected_language".into(), Value::Null),
        Version::V6_1 => row.insert("references".into(), article.references.clone().into()),
    };
    if let Some(origin) = article.origin_by_id {
        row.insert("origin_by".into(), state.login(origin).into());
    }
    stamp(&mut row, article.stamps, Some(state));
    row
}

fn md5_hex(text: &str) -> String {
    use md5::Digest as _;
    hex::encode(md5::Md5::digest(text.as_bytes()))
}
