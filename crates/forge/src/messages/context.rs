//! The message that is being applied, and the reasons why a message is not applied.

use std::cell::Cell;

use schema::{Message, MessageBody};
use serde_json::Value;

use super::budget::Budget;
use crate::config::Config;
use crate::jira::{FORBIDDEN, JiraError, REFUSED};
use crate::platform::{Platform, PlatformError};
use crate::turn::Turns;
use crate::{access, links};

/// The code of a linked issue that the app cannot read.
pub(super) const NO_ACCESS: &str = schema::codes::ISSUE_NO_ACCESS;
/// The code of a query whose result does not fit into this reply.
pub(super) const NEXT_EXCHANGE: &str = "next-exchange";
/// Maximum time that a message waits for a missing permission that only a part of it needs. Then the rest is done.
const MAX_WAIT_MS: i64 = 86_400_000;
/// Shortest delays of a message that waits for a permission.
const FORBIDDEN_RETRY_MS: u32 = 60_000;
const NO_ACCESS_RETRY_MS: u32 = 300_000;
/// Longest delay.
const LONGEST_RETRY_MS: u32 = 900_000;

/// Why a message was not applied.
pub(super) enum NotApplied {
    /// Retry later; nothing was written.
    Retry { after_ms: u32, code: &'static str },
    /// Retry later; the write may or may not have happened, so the next run looks for it first.
    Uncertain { after_ms: u32, code: &'static str },
    /// A linked issue is deleted, or the app cannot see it.
    NotFound,
    /// The app lacks a permission.
    Forbidden,
    /// There is nothing to do; this is the answer.
    Duplicate(Value),
    /// A retry would have the same result. `data` has machine-readable details.
    Rejected { code: &'static str, data: Value },
}

/// The result of one run of a message.
pub(super) enum Outcome {
    Applied(Value),
    Duplicate(Value),
    /// `uncertain`: something may have been written, so the next run looks for it first.
    Retry {
        after_ms: u32,
        code: &'static str,
        uncertain: bool,
    },
    Rejected {
        code: &'static str,
        data: Value,
    },
}

/// The answer to a message, or why there is none.
pub(super) type Answer = Result<Value, NotApplied>;

impl NotApplied {
    /// A query whose result is for the next exchange.
    pub(super) const fn next_exchange() -> Self {
        Self::Retry { after_ms: 0, code: NEXT_EXCHANGE }
    }

    pub(super) const fn rejected(code: &'static str) -> Self {
        Self::Rejected { code, data: Value::Null }
    }

    /// The code of a failure that concerns one issue only; `None` for an error that ends the whole message for now.
    pub(super) const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some(NO_ACCESS),
            Self::Forbidden => Some(FORBIDDEN),
            Self::Rejected { code, .. } => Some(code),
            Self::Retry { .. } | Self::Uncertain { .. } | Self::Duplicate(_) => None,
        }
    }

    /// Converts the error of a request that creates something new each time; after some temporary errors the write may have
    /// happened.
    pub(super) fn of_write(error: JiraError) -> Self {
        match error {
            JiraError::Unavailable { after_ms, cause } if cause.may_have_written() => {
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
            JiraError::NotFound => Self::NotFound,
            JiraError::Forbidden => Self::Forbidden,
            JiraError::Refused { .. } => Self::rejected(REFUSED),
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
    /// The room in the reply.
    pub(super) budget: &'a Budget,
    /// The right to change the records of links, which tickets of one issue share.
    pub(super) link_records: &'a Turns,
    /// This run has written something that a later run must look for.
    pub(super) wrote: Cell<bool>,
}

impl<P: Platform> MessageContext<'_, P> {
    pub(super) fn ticket_id(&self) -> u64 {
        self.message.ticket_id.unwrap_or_default()
    }

    /// Whether the message may still wait for a permission that only a part of it needs.
    pub(super) fn may_wait(&self) -> bool {
        self.age_ms() < MAX_WAIT_MS
    }

    fn age_ms(&self) -> i64 {
        self.platform.now().since(self.message.id.time())
    }

    /// The delay until the next attempt: the longer a permission is missing, the less often it is tried.
    fn delay(&self, shortest: u32) -> u32 {
        u32::try_from(self.age_ms() / 8).unwrap_or(LONGEST_RETRY_MS).clamp(shortest, LONGEST_RETRY_MS)
    }

    /// Ends a run, and reports issues that the app cannot read. A missing permission is never the end of a message: it waits until
    /// somebody gives it back. A question waits not, since it is asked again anyway.
    pub(super) async fn end(&self, answer: Answer) -> Outcome {
        let error = match answer {
            Ok(answer) => {
                let failed = answer["failed"].as_array();
                if failed.is_some_and(|failed| failed.iter().any(|failure| failure["reason"] == NO_ACCESS)) {
                    // The answer has the failure too, so an error here loses nothing.
                    let _ = self.check_access().await;
                }
                return Outcome::Applied(answer);
            }
            // If Jira does not answer now, the 404 does not show whether the issue exists.
            Err(NotApplied::NotFound) => self.check_access().await.err().unwrap_or(NotApplied::NotFound),
            Err(error) => error,
        };
        let uncertain = self.wrote.get();
        let is_question = matches!(self.message.body, MessageBody::IssueGet(_));
        match error {
            NotApplied::NotFound if !is_question => {
                Outcome::Retry { after_ms: self.delay(NO_ACCESS_RETRY_MS), code: NO_ACCESS, uncertain }
            }
            NotApplied::NotFound => Outcome::Rejected { code: NO_ACCESS, data: Value::Null },
            NotApplied::Forbidden => {
                Outcome::Retry { after_ms: self.delay(FORBIDDEN_RETRY_MS), code: FORBIDDEN, uncertain }
            }
            NotApplied::Retry { after_ms, code } => Outcome::Retry { after_ms, code, uncertain },
            NotApplied::Uncertain { after_ms, code } => Outcome::Retry { after_ms, code, uncertain: true },
            NotApplied::Duplicate(answer) => Outcome::Duplicate(answer),
            NotApplied::Rejected { code, data } => Outcome::Rejected { code, data },
        }
    }

    /// Checks whether the app can read the issues of the message's ticket; the sidecar is told of those that it cannot.
    async fn check_access(&self) -> Result<(), NotApplied> {
        for link in links::of_ticket(self.platform, self.ticket_id()).await? {
            let links = links::of_issue(self.platform, &link.issue_id).await?;
            access::check(self.platform, &links).await?;
        }
        Ok(())
    }
}
