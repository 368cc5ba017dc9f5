//! Messages for the outbox: each has crossed the boundary and, in privacy mode, was searched for the ticket's content.

use redaction::{BoundaryError, Privacy, cross};
use schema::{Id, Message, MessageBody};
use store::NewMessage;

use super::{Failure, Visit, Visitor};

impl Visit<'_> {
    /// Puts a message into the completion and returns its id.
    pub(super) async fn send(&mut self, body: MessageBody, once: Option<String>) -> Result<Id, Failure> {
        let id = self.visitor.world.new_id()?;
        let message = cleared(self.visitor, self.ticket_id(), id, body, once).await?;
        self.completion.messages.push(message);
        Ok(id)
    }
}

/// A message that may leave.
async fn cleared(
    visitor: &Visitor,
    ticket_id: u64,
    id: Id,
    body: MessageBody,
    once: Option<String>,
) -> Result<NewMessage, Failure> {
    let message = crossed(visitor, ticket_id, id, body, once)?;
    if visitor.config.privacy == Privacy::On
        && let Err(leak) = visitor.sources.check(ticket_id).await?.check(message.body.as_bytes())
    {
        tracing::error!(ticket_id, what = leak.what, form = leak.form, "content stopped at the boundary");
        return Err(Failure::Leak);
    }
    Ok(message)
}

/// A message that has crossed the boundary. By itself only for a ticket that is gone: there is nothing left to search for.
pub(super) fn crossed(
    visitor: &Visitor,
    ticket_id: u64,
    id: Id,
    body: MessageBody,
    once: Option<String>,
) -> Result<NewMessage, BoundaryError> {
    let draft = Message { id, ticket_id: Some(ticket_id), body };
    let crossed = cross(&draft, visitor.config.privacy)?;
    let json = serde_json::to_string(crossed.get()).map_err(|_| BoundaryError::Shape("message".into()))?;
    Ok(NewMessage {
        id: id.to_string(),
        ticket_id,
        kind: crossed.get().body.kind().to_owned(),
        body: json,
        once,
        created_at: visitor.world.now(),
    })
}
