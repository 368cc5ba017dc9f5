//! The state of one visit: the ticket as read, the settings, and what the visit has produced so far.

use std::sync::Arc;

use redaction::{BoundaryError, Privacy};
use schema::{Id, Message, MessageBody, Settings, UnixMs};
use store::{Completion, Store, StoreError};
use sync::{FieldName, Policy, Role, StateInfo};
use zammad::ClientError;

use crate::config::Config;
use crate::env::{Env, NoEntropy};
use crate::settings::SettingsCache;
use crate::ticket::brake::Brakes;
use crate::ticket::{Helpdesk, LookedAt, TicketReader, TicketView, outbox_row};

/// The dependencies of every visit.
pub struct Visitor {
    /// The operator's settings.
    pub config: Arc<Config>,
    /// The admin's settings.
    pub settings: Arc<SettingsCache>,
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Reads tickets.
    pub reader: Arc<TicketReader>,
    /// Writes to Zammad.
    pub helpdesk: Arc<dyn Helpdesk>,
    /// Clock and randomness.
    pub env: Env,
    /// Limits the rules.
    pub brakes: Brakes,
    /// Tickets without a link that were looked at.
    pub looked_at: LookedAt,
}

/// Why a visit failed. Nothing of its completion is stored then.
#[derive(Debug)]
pub(crate) enum VisitError {
    Store(StoreError),
    Zammad(ClientError),
    Boundary(BoundaryError),
    /// A message contained content of the ticket in privacy mode.
    Leak,
    NoEntropy,
}

impl From<StoreError> for VisitError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ClientError> for VisitError {
    fn from(error: ClientError) -> Self {
        Self::Zammad(error)
    }
}

impl From<BoundaryError> for VisitError {
    fn from(error: BoundaryError) -> Self {
        Self::Boundary(error)
    }
}

impl From<NoEntropy> for VisitError {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

/// One visit.
pub(super) struct Visit<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) settings: &'a Settings,
    pub(super) etag: &'a str,
    pub(super) view: TicketView,
    pub(super) states: Arc<[StateInfo]>,
    /// Fields of the link in progress that rest.
    pub(super) resting: Vec<FieldName>,
    /// Empty attributes because of which Zammad refused to change the ticket.
    pub(super) demanded: Vec<String>,
    /// Issues that came with a merged ticket, while Forge does not know of the merge.
    pub(super) merging: Vec<String>,
    pub(super) completion: Completion,
}

impl Visitor {
    /// When a ticket or an article counts as deleted that is missing since then.
    pub(super) fn confirmed_at(&self, since: UnixMs) -> UnixMs {
        since.plus(i64::from(self.config.confirm_deleted_seconds) * 1_000)
    }
}

impl<'a> Visit<'a> {
    /// The visit of a ticket that was just read; nothing is done yet.
    pub(super) fn new(
        visitor: &'a Visitor,
        (settings, etag): (&'a Settings, &'a str),
        view: TicketView,
        states: Arc<[StateInfo]>,
    ) -> Self {
        Self {
            visitor,
            settings,
            etag,
            view,
            states,
            resting: Vec::new(),
            demanded: Vec::new(),
            merging: Vec::new(),
            completion: Completion::default(),
        }
    }
}

impl Visit<'_> {
    pub(super) fn ticket_id(&self) -> u64 {
        self.view.ticket.id
    }

    /// The type of a ticket state; `None` if the list of states lacks it.
    pub(super) fn state_type(&self, state_id: u64) -> Option<u64> {
        self.states.iter().find(|state| state.id == state_id).map(|state| state.type_id)
    }

    /// The settings in the form that the merge takes.
    pub(super) fn policy(&self, role: Role) -> Policy<'_> {
        Policy {
            settings: self.settings,
            etag: self.etag,
            privacy: self.visitor.config.privacy == Privacy::On,
            role,
            states: &self.states,
            resting: &self.resting,
            now: self.visitor.env.now(),
        }
    }

    /// Adds a message to the completion and returns its id. A message whose `dedup_key` was used before is not sent.
    ///
    /// # Errors
    /// The message may not leave the network.
    pub(super) async fn send(&mut self, body: MessageBody, dedup_key: Option<String>) -> Result<Id, VisitError> {
        let Visitor { config, env, .. } = self.visitor;
        let (id, ticket_id) = (env.new_id()?, self.ticket_id());
        let message = Message { id, ticket_id: Some(ticket_id), body };
        let row = outbox_row(&message, dedup_key, config.privacy, env.now())?;
        self.completion.messages.push(row);
        Ok(id)
    }

    /// In privacy mode, searches the messages of this visit for the ticket's content.
    ///
    /// # Errors
    /// Nothing of the visit may be sent.
    pub(super) async fn check_messages(&self) -> Result<(), VisitError> {
        let messages: Vec<&[u8]> = self.completion.messages.iter().map(|row| row.body.as_bytes()).collect();
        if self.visitor.config.privacy == Privacy::Off || messages.is_empty() {
            return Ok(());
        }
        let (reader, ticket_id) = (&self.visitor.reader, self.ticket_id());
        // An article may be new.
        reader.forget_content(ticket_id).await;
        let Some(leak) = reader.find_content(ticket_id, &messages).await? else { return Ok(()) };
        // Operator: report this as a bug; nothing left the network, and the ticket is listed by `connector troubles`.
        tracing::error!(ticket_id, what = leak.what, form = leak.form, "message stopped: it contains content");
        Err(VisitError::Leak)
    }
}

#[cfg(test)]
#[path = "context_tests.rs"]
pub(super) mod tests;
