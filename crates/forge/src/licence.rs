//! The customer's licence of the app. Without an active one the app is read-only: nothing is written in Jira, nobody changes
//! anything at its pages, and what waits on either side keeps waiting, so that nothing is lost. Duties that the law gives to the
//! customer (export and erasure of personal data) work on.

use schema::MessageBody;
use serde_json::Value;

use crate::platform::Platform;

/// The code of everything that is refused or put off for it.
pub(crate) const INACTIVE: &str = schema::codes::LICENCE_INACTIVE;
/// How long the sidecar waits before it sends a message again.
pub(crate) const RETRY_MS: u32 = 900_000;

/// Functions of resolvers that work without a licence: they change nothing, or they are duties. Every other one is refused.
const ALLOWED: &[&str] = &[
    "audit.export",
    "audit.list",
    "commands.failed",
    "connection.disconnect",
    "connection.status",
    "erasure.request",
    "links.sharing",
    "overview.view",
    "panel.view",
    "privacy.erase",
    "privacy.export",
    "privacy.stored",
    "people.read",
    "settings.choices",
    "settings.get",
    "settings.history",
    "settings.preflight",
    "settings.version",
];

/// Whether a call of a resolver has to be refused.
pub(crate) fn refuses_call(platform: &impl Platform, call: &Value) -> bool {
    let is_allowed = call["functionKey"].as_str().is_some_and(|name| ALLOWED.contains(&name));
    !platform.licence_is_active() && !is_allowed
}

/// Whether a message has to wait. What only tells how the sidecar or a ticket is, and the searches of agents, are answered; what an
/// issue says would be written to its ticket, so those questions wait too.
pub(crate) fn puts_off(platform: &impl Platform, message: &MessageBody) -> bool {
    let is_harmless = matches!(
        message,
        MessageBody::Hello(_)
            | MessageBody::SidecarStatus(_)
            | MessageBody::HelpdeskNames(_)
            | MessageBody::DriftReport(_)
            | MessageBody::TicketChanged(_)
            | MessageBody::IssueSearch(_)
            | MessageBody::ProjectMeta(_)
            | MessageBody::UserSearch(_)
    );
    !platform.licence_is_active() && !is_harmless
}

/// Says in the answer of a resolver that the licence is not active, for the banner of the pages.
pub(crate) fn mark(platform: &impl Platform, answer: &mut Value) {
    if !platform.licence_is_active() && answer.is_object() {
        answer["licence"] = "inactive".into();
    }
}
