//! A claimed command while it is carried out, and the result.

use schema::{Command, Message, MessageBody, Settings};
use store::{Effects, Link, Recheck, RecheckCause, StoreError};
use sync::Role;
use zammad::ClientError;

use super::handler::CommandHandler;
use crate::ticket::{outbox_row, role_of};

/// A command that was carried out, or needed nothing.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Why there was nothing to do: the code of the acknowledgement.
    pub(super) skipped: Option<&'static str>,
    /// Changes to record with the acknowledgement.
    pub(super) effects: Effects,
}

/// Why a command was not carried out.
#[derive(Debug)]
pub(super) enum ApplyError {
    Zammad(ClientError),
    Store(StoreError),
    /// It cannot be now: it waits, with this code.
    Waits(&'static str),
    /// It never can be: this code goes back to Jira.
    Rejected(&'static str),
}

impl From<ClientError> for ApplyError {
    fn from(error: ClientError) -> Self {
        Self::Zammad(error)
    }
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) fn skipped(code: &'static str) -> Applied {
    Applied { skipped: Some(code), ..Applied::default() }
}

pub(super) fn done(effects: Effects) -> Applied {
    Applied { skipped: None, effects }
}

/// A claimed command.
pub(super) struct Application<'a> {
    pub(super) handler: &'a CommandHandler,
    pub(super) settings: &'a Settings,
    pub(super) command: &'a Command,
    /// An earlier attempt may have written to Zammad.
    pub(super) interrupted: bool,
}

impl Application<'_> {
    /// Whether the link is a follower: it shares its issue with an older link and receives the status only.
    pub(super) async fn is_follower(&self, link: &Link) -> Result<bool, ApplyError> {
        Ok(role_of(self.handler.store.as_ref(), link).await? == Role::Follower)
    }

    /// Appends a message that has the command's id.
    pub(super) async fn send(&self, ticket_id: u64, body: MessageBody) -> Result<(), ApplyError> {
        let CommandHandler { store, config, env, .. } = self.handler;
        let message = Message { id: self.command.id, ticket_id: Some(ticket_id), body };
        let row =
            outbox_row(&message, None, config.privacy, env.now()).map_err(|_| ApplyError::Rejected("boundary"))?;
        Ok(store.append(vec![row]).await?)
    }

    /// Requests a visit of the ticket because of this command.
    pub(super) fn recheck(&self, ticket_id: u64) -> Recheck {
        let cause = RecheckCause::Command(self.command.id.to_string());
        Recheck { ticket_id, cause, not_before: None, at: self.handler.env.now() }
    }
}
