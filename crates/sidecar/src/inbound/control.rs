//! Commands about the connection itself. They concern no ticket and need no Zammad, so they are carried out at once.

use schema::{AckStatus, Command, CommandBody};
use store::{Claim, Effects};

use super::connection_end;
use super::handler::CommandHandler;

impl CommandHandler {
    /// Carries the command out if it is one about the connection. Returns whether it ended; `None` for any other command.
    pub(super) async fn control(&self, command: &Command) -> Option<bool> {
        let (code, effects) = match command.body {
            CommandBody::StatusRequested(_) => (None, Effects::default()),
            CommandBody::Disconnect(_) => {
                // Operator: an admin of Jira ended the connection; what waits is kept for the next one.
                tracing::warn!("disconnected by an admin of Jira; nothing is exchanged with Forge any more");
                (Some(connection_end::CODE), connection_end::effects(&self.config.secrets))
            }
            _ => return None,
        };
        let id = command.id.to_string();
        match self.store.claim_command(&id, self.env.now(), super::admit::CLAIM_MS).await {
            Ok(Claim::Fresh | Claim::Interrupted) => {}
            Ok(Claim::Applied) => return Some(true),
            Ok(Claim::Busy) | Err(_) => return Some(false),
        }
        if matches!(command.body, CommandBody::StatusRequested(_)) {
            self.status_requested.notify_one();
        }
        Some(self.acknowledge(&id, AckStatus::Done, code, effects).await)
    }
}

#[cfg(test)]
#[path = "control_tests.rs"]
mod tests;
