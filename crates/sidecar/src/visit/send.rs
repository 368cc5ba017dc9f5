//! Messages for the outbox: each has crossed the boundary and, in privacy mode, was searched for the ticket's content.

use redaction::Privacy;
use schema::{Id, Message, MessageBody};
use store::NewMessage;

use super::{Failure, Visit, Visitor};
use crate::outbound::crossed;

impl Visit<'_> {
    /// Puts a message into the completion and returns its id.
    pub(super) async fn send(&mut self, body: MessageBody, once: Option<String>) -> Result<Id, Failure> {
        let id = self.visitor.env.new_id()?;
        let draft = Message { id, ticket_id: Some(self.ticket_id()), body };
        let message = cleared(self.visitor, self.ticket_id(), &draft, once).await?;
        self.completion.messages.push(message);
        Ok(id)
    }
}

/// A message that may leave.
async fn cleared(
    visitor: &Visitor,
    ticket_id: u64,
    draft: &Message,
    once: Option<String>,
) -> Result<NewMessage, Failure> {
    let message = crossed(draft, once, visitor.config.privacy, visitor.env.now())?;
    if visitor.config.privacy == Privacy::On
        && let Err(leak) = visitor.sources.check(ticket_id).await?.check(message.body.as_bytes())
    {
        tracing::error!(ticket_id, what = leak.what, form = leak.form, "content stopped at the boundary");
        return Err(Failure::Leak);
    }
    Ok(message)
}
