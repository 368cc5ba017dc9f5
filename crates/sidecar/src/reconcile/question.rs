//! Messages that ask Forge a question; the answers arrive with the next reply.

use redaction::Privacy;
use schema::{Message, MessageBody};
use serde::de::DeserializeOwned;
use store::{Link, NewMessage, Settlement, Store};

use super::ReconcileError;
use crate::env::Env;
use crate::ticket::{issue_question, outbox_row};

/// Asks for the issue of a link as it is now, and for everything written on it since the last answer. The answer is stored
/// with the link and causes a visit.
pub(super) async fn issue_of(
    store: &dyn Store,
    link: &Link,
    privacy: Privacy,
    env: &Env,
) -> Result<NewMessage, ReconcileError> {
    let facts = store.link_facts(link.ticket_id, &link.issue_id).await?;
    message(MessageBody::IssueGet(issue_question(link, &facts)), Some(link.ticket_id), privacy, env)
}

/// The answer to a question, or that there is none yet.
#[derive(Debug, PartialEq)]
pub(super) enum Answer<T> {
    /// The question waits or is on its way.
    Waiting,
    /// The answer.
    Given(T),
    /// There will be none: Forge does not know the question, or its result was not kept.
    Missing,
}

/// Reads the answer to the question with this id.
pub(super) async fn answer<T: DeserializeOwned>(store: &dyn Store, id: &str) -> Result<Answer<T>, ReconcileError> {
    Ok(match store.settled(id).await? {
        Some(Settlement::Done { result: Some(json) }) => {
            serde_json::from_str(&json).map_or(Answer::Missing, Answer::Given)
        }
        Some(Settlement::Done { result: None } | Settlement::Dead { .. }) => Answer::Missing,
        Some(Settlement::Retry { .. }) => Answer::Waiting,
        None if store.is_waiting(id).await? => Answer::Waiting,
        None => Answer::Missing,
    })
}

/// A row for the outbox.
pub(super) fn message(
    body: MessageBody,
    ticket_id: Option<u64>,
    privacy: Privacy,
    env: &Env,
) -> Result<NewMessage, ReconcileError> {
    let message = Message { id: env.new_id()?, ticket_id, body };
    Ok(outbox_row(&message, None, privacy, env.now())?)
}

#[cfg(test)]
#[path = "question_tests.rs"]
mod tests;
