//! Reactions to changes: conditions, triggers, webhooks and their payloads, core workflows.

pub(super) mod core_workflows;
pub(super) mod custom_payload;
pub(super) mod forms;
pub(super) mod http_logs;
pub(super) mod job;
pub(super) mod payload;
pub(super) mod selector;
pub(super) mod subject;
pub(super) mod triggers;
pub(super) mod webhooks;
