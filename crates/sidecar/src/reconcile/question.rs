//! Messages that ask Forge a question; the answers arrive with the next reply.

use redaction::Privacy;
use schema::{IssueGet, Message, MessageBody};
use store::{Link, NewMessage, Store};

use super::ReconcileError;
use crate::env::Env;
use crate::ticket::{facts, outbox_row};

/// Before any change; Forge reports nothing from before the link.
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// Asks for the issue of a link as it is now, and for everything written on it since the last answer. The answer is stored
/// with the link and causes a visit.
pub(super) async fn issue_of(
    store: &dyn Store,
    link: &Link,
    privacy: Privacy,
    env: &Env,
) -> Result<NewMessage, ReconcileError> {
    let known = store.link_facts(link.ticket_id, &link.issue_id).await?;
    let since = facts::caught_up_to(&known).unwrap_or_else(|| EPOCH.to_owned());
    let question = IssueGet { issue: link.issue_id.clone(), catch_up_since: Some(since) };
    message(MessageBody::IssueGet(question), Some(link.ticket_id), privacy, env)
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
