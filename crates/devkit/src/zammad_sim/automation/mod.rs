//! What happens by itself: conditions, triggers, webhooks and how they are sent, core workflows.

pub(super) mod core_workflows;
pub(super) mod custom_payload;
pub(super) mod delivery;
pub(super) mod events;
pub(super) mod http_logs;
pub(super) mod payload;
pub(super) mod selector;
pub(super) mod triggers;
pub(super) mod webhooks;
