//! The dependencies of applying commands.

use std::sync::Arc;

use store::Store;
use tokio::sync::Notify;

use super::waiting::WaitingTickets;
use crate::config::Config;
use crate::env::Env;
use crate::health::Health;
use crate::settings::SettingsCache;
use crate::ticket::Helpdesk;

/// Applies the commands of a reply.
#[derive(Clone)]
pub struct CommandHandler {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Writes to Zammad.
    pub helpdesk: Arc<dyn Helpdesk>,
    /// Clock and randomness.
    pub env: Env,
    /// Receives failures.
    pub health: Arc<Health>,
    /// Tickets whose commands wait.
    pub waiting: Arc<WaitingTickets>,
    /// The admin's settings.
    pub settings: Arc<SettingsCache>,
    /// To notify when an admin asks for this sidecar's condition.
    pub status_requested: Arc<Notify>,
    /// The operator's settings.
    pub config: Arc<Config>,
}
