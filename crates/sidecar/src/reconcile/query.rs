//! Asking Forge for an issue as it is now: the answer is stored with the link, and rings for its ticket.

use redaction::Privacy;
use schema::{IssueGet, Message, MessageBody};
use store::{Link, NewMessage, Store};

use super::Failure;
use crate::env::Env;
use crate::inbound::CAUGHT_UP;
use crate::outbound::crossed;

/// Forge tells nothing from before the link.
const EVER: &str = "1970-01-01T00:00:00Z";

/// The question about a link's issue, in the line of its ticket; and what was written there since it was last asked.
pub(super) async fn issue_of(
    store: &dyn Store,
    link: &Link,
    privacy: Privacy,
    env: &Env,
) -> Result<NewMessage, Failure> {
    let known = store.bases(link.ticket_id, &link.issue_id).await?.remove(CAUGHT_UP);
    let since = known.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_else(|| EVER.to_owned());
    let question = IssueGet { issue: link.issue_id.clone(), catch_up_since: Some(since) };
    message(MessageBody::IssueGet(question), Some(link.ticket_id), privacy, env)
}

/// A message that has crossed the boundary; without a ticket it stands in the sidecar's own line.
pub(super) fn message(
    body: MessageBody,
    ticket_id: Option<u64>,
    privacy: Privacy,
    env: &Env,
) -> Result<NewMessage, Failure> {
    let draft = Message { id: env.new_id()?, ticket_id, body };
    Ok(crossed(&draft, None, privacy, env.now())?)
}
