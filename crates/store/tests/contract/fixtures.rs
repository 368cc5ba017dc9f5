//! Shorthand for rows.

use schema::UnixMs;
use store::{BatchLimits, Completion, Doorbell, NewMessage};

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
