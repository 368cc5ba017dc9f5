//! Shorthand for rows.

use schema::UnixMs;
use store::{Base, BatchLimits, Change, Completion, Doorbell, Effects, NewMessage, Ring, Side, Trouble};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const NOW: UnixMs = UnixMs(1_700_000_000_000);
pub(crate) const ROOMY: BatchLimits = BatchLimits { messages: 50, bytes: 3_500_000, per_ticket: 50 };

pub(crate) fn bell(delivery: &str, ticket_id: u64) -> Doorbell {
    Doorbell { delivery: delivery.to_owned(), ticket_id, article_id: Some(ticket_id * 10), received_at: NOW }
}

pub(crate) fn message(id: &str, ticket_id: u64) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        ticket_id,
        kind: "article.added".to_owned(),
        body: format!(r#"{{"id":"{id}"}}"#),
        once: None,
        created_at: NOW,
    }
}

pub(crate) fn only_once(id: &str, ticket_id: u64, key: &str) -> NewMessage {
    NewMessage { once: Some(key.to_owned()), ..message(id, ticket_id) }
}

pub(crate) fn saying(messages: Vec<NewMessage>) -> Completion {
    Completion { messages, ..Completion::default() }
}

/// The ids of a batch in sending order.
pub(crate) fn ids(batch: &store::Batch) -> Vec<&str> {
    batch.rows.iter().map(|row| row.id.as_str()).collect()
}

/// A value of ticket 7 and this issue, as an effect of its own.
pub(crate) fn base(issue_id: &str, field: &str, value: Option<&str>) -> Effects {
    let (issue_id, field, value) = (issue_id.to_owned(), field.to_owned(), value.map(str::to_owned));
    Effects { bases: vec![Base { ticket_id: 7, issue_id, field, value }], ..Effects::default() }
}

pub(crate) fn ring(key: &str, ticket_id: u64, not_before: Option<UnixMs>) -> Ring {
    Ring { ticket_id, key: key.to_owned(), not_before, at: NOW }
}

pub(crate) fn ringing(rings: Vec<Ring>) -> Effects {
    Effects { rings, ..Effects::default() }
}

pub(crate) fn trouble(ticket_id: u64, field: &str, code: Option<&str>, at: UnixMs) -> Trouble {
    Trouble {
        ticket_id,
        issue_id: "10001".to_owned(),
        field: field.to_owned(),
        code: code.map(str::to_owned),
        detail: code.map(|code| format!("{code}-detail")),
        at,
    }
}

pub(crate) fn change(ticket_id: u64, field: &str, at: UnixMs) -> Change {
    Change {
        ticket_id,
        issue_id: "10001".to_owned(),
        field: field.to_owned(),
        side: Side::Jira,
        actor: Some("7".to_owned()),
        message_id: "m1".to_owned(),
        at,
        conflict: false,
        kept: None,
        lost: None,
    }
}
