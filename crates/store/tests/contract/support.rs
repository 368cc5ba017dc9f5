//! Shorthand for rows.

use schema::{Side, UnixMs};
use store::{
    BatchLimits, Change, Completion, Effects, FactKind, LinkFact, NewMessage, Notification, Recheck, RecheckCause,
    Trouble,
};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const NOW: UnixMs = UnixMs(1_700_000_000_000);
pub(crate) const ROOMY: BatchLimits = BatchLimits { messages: 50, bytes: 3_500_000, per_ticket: 50 };

pub(crate) fn notification(delivery: &str, ticket_id: u64) -> Notification {
    Notification { delivery: delivery.to_owned(), ticket_id, article_id: Some(ticket_id * 10), received_at: NOW }
}

pub(crate) fn message(id: &str, ticket_id: u64) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        ticket_id,
        kind: "article.added".to_owned(),
        body: format!(r#"{{"id":"{id}"}}"#),
        dedup_key: None,
        created_at: NOW,
    }
}

pub(crate) fn only_once(id: &str, ticket_id: u64, key: &str) -> NewMessage {
    NewMessage { dedup_key: Some(key.to_owned()), ..message(id, ticket_id) }
}

pub(crate) fn completion_with(messages: Vec<NewMessage>) -> Completion {
    Completion { messages, ..Completion::default() }
}

/// The ids of a batch in sending order.
pub(crate) fn ids(batch: &store::Batch) -> Vec<&str> {
    batch.rows.iter().map(|row| row.id.as_str()).collect()
}

/// One fact of the link between ticket 7 and this issue. Kinds of one shape, told apart by `name`.
pub(crate) fn fact(issue_id: &str, name: &str, value: Option<&str>) -> Effects {
    let (issue_id, kind, value) = (issue_id.to_owned(), named(name), value.map(str::to_owned));
    Effects { facts: vec![LinkFact { ticket_id: 7, issue_id, kind, value }], ..Effects::default() }
}

pub(crate) fn named(name: &str) -> FactKind {
    FactKind::AnnouncedFile(name.to_owned())
}

pub(crate) fn recheck(id: &str, ticket_id: u64, not_before: Option<UnixMs>) -> Recheck {
    Recheck { ticket_id, cause: RecheckCause::Command(id.to_owned()), not_before, at: NOW }
}

pub(crate) fn rechecking(rechecks: Vec<Recheck>) -> Effects {
    Effects { rechecks, ..Effects::default() }
}

pub(crate) fn trouble(ticket_id: u64, field: &str, code: Option<&str>, at: UnixMs) -> Trouble {
    Trouble {
        ticket_id,
        issue_id: "10001".to_owned(),
        subject: field.into(),
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
