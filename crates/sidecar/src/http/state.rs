//! The dependencies of the routes.

use std::sync::Arc;

use redaction::Sensitive;
use store::Store;
use tokio::sync::Notify;

use super::bodies::Bodies;
use super::deliveries::Deliveries;
use crate::env::Env;
use crate::health::Health;

/// The dependencies of the routes.
#[derive(Clone)]
pub struct HttpState {
    /// The signature token that is shared with Zammad.
    pub token: Sensitive<String>,
    /// Stores notifications.
    pub store: Arc<dyn Store>,
    /// Signalled when a notification was stored.
    pub inbox_ready: Arc<Notify>,
    /// The state that the health pages show.
    pub health: Arc<Health>,
    /// Clock and randomness.
    pub env: Env,
    /// The memory budget of request bodies.
    pub bodies: Bodies,
    /// The last deliveries.
    pub deliveries: Deliveries,
}
