//! The dependencies of the exchange.

use std::sync::Arc;

use store::Store;
use tokio::sync::Notify;

use super::forge_client::WebTrigger;
use crate::config::Config;
use crate::env::Env;
use crate::health::Health;
use crate::inbound::CommandHandler;
use crate::ticket::TicketReader;

/// The dependencies of an [`super::Exchanger`].
pub struct Parts {
    /// The operator's settings.
    pub config: Arc<Config>,
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Forge's web trigger.
    pub forge: Arc<dyn WebTrigger>,
    /// Reads files, and tickets for the content search in privacy mode.
    pub reader: Arc<TicketReader>,
    /// Applies the commands of a reply.
    pub commands: CommandHandler,
    /// Clock and randomness.
    pub env: Env,
    /// Receives the result of each exchange.
    pub health: Arc<Health>,
    /// Notified when the outbox has new messages.
    pub outbox_ready: Arc<Notify>,
    /// To notify when a ticket has to be read again.
    pub inbox_ready: Arc<Notify>,
    /// To notify when there are new settings.
    pub settings_changed: Arc<Notify>,
    /// Name of this instance, the holder of the lease.
    pub instance: String,
}
