//! Asking Forge for an issue as it is now: the answer is stored with the link, and rings for its ticket.

use redaction::{Privacy, cross};
use schema::{IssueGet, Message, MessageBody};
use store::{Link, NewMessage};

use super::Failure;
use crate::clock::World;

/// The question about a link's issue, in the line of its ticket.
pub(super) fn issue_of(link: &Link, privacy: Privacy, world: &World) -> Result<NewMessage, Failure> {
    message(MessageBody::IssueGet(IssueGet { issue: link.issue_id.clone() }), Some(link.ticket_id), privacy, world)
}

/// A message that has crossed the boundary; without a ticket it stands in the sidecar's own line.
pub(super) fn message(
    body: MessageBody,
    ticket_id: Option<u64>,
    privacy: Privacy,
    world: &World,
) -> Result<NewMessage, Failure> {
    let draft = Message { id: world.new_id()?, ticket_id, body };
    let crossed = cross(&draft, privacy)?;
    let json = serde_json::to_string(crossed.get()).map_err(|_| redaction::BoundaryError::Shape("message".into()))?;
    Ok(NewMessage {
        id: draft.id.to_string(),
        ticket_id: ticket_id.unwrap_or_default(),
        kind: draft.body.kind().to_owned(),
        body: json,
        once: None,
        created_at: world.now(),
    })
}
