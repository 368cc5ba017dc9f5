//! The message that is being applied, and the reasons why a message is not applied.

use std::cell::Cell;

use schema::Message;
use serde_json::Value;

use crate::config::Config;
use crate::jira::{JiraError, Unavailable};
use crate::platform::PlatformError;

/// Why a message was not applied.
pub(super) enum NotApplied {
    /// Retry later; nothing was written.
    Retry { after_ms: u32, code: &'static str },
    /// Retry later; the write may or may not have happened, so the next run looks for it first.
    Uncertain { after_ms: u32, code: &'static str },
    /// A retry would have the same result. `data` has machine-readable details.
    Rejected { code: &'static str, data: Value },
}

/// The answer to a message, or why there is none.
pub(super) type Answer = Result<Value, NotApplied>;

impl NotApplied {
    pub(super) const fn rejected(code: &'static str) -> Self {
        Self::Rejected { code, data: Value::Null }
    }

    /// Converts the error of a request that creates something new each time. Jira refuses a rate-limited request before it
    /// writes; after every other temporary error the write may have happened.
    pub(super) fn of_write(error: JiraError) -> Self {
        match error {
            JiraError::Unavailable { after_ms, cause } if cause != Unavailable::RateLimited => {
                Self::Uncertain { after_ms, code: cause.code() }
            }
            other => other.into(),
        }
    }
}

impl From<PlatformError> for NotApplied {
    fn from(_: PlatformError) -> Self {
        Self::Retry { after_ms: 5_000, code: "platform-error" }
    }
}

impl From<JiraError> for NotApplied {
    fn from(error: JiraError) -> Self {
        match error {
            JiraError::Unavailable { after_ms, cause } => Self::Retry { after_ms, code: cause.code() },
            JiraError::NotFound => Self::rejected("issue-gone"),
            JiraError::Refused { code, .. } => Self::rejected(code),
        }
    }
}

/// The message that is being applied.
pub(super) struct MessageContext<'a, P> {
    pub(super) platform: &'a P,
    pub(super) config: &'a Config,
    pub(super) message: &'a Message,
    /// An earlier run did not finish: check whether an effect exists before making it.
    pub(super) interrupted: bool,
    /// This run has written something that a later run must look for.
    pub(super) wrote: Cell<bool>,
}

impl<P> MessageContext<'_, P> {
    pub(super) fn ticket_id(&self) -> u64 {
        self.message.ticket_id.unwrap_or_default()
    }
}
