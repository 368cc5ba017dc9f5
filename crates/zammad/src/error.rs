//! Failed calls and how to react to them: decided by status and kind of transport fault, never by a text, since the
//! texts differ between versions and are hidden from non-admins (docs/platforms/zammad.md §1).

use std::time::Duration;

/// A failed call. Its text contains Zammad's own text only
/// where they are of a closed set; values in them are masked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Zammad answered, and not with success.
    #[error("zammad answered {status} to {operation}: {text}")]
    Status {
        /// The operation.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// Zammad's own text, masked.
        text: String,
        /// `Retry-After`, if there was one that can be read.
        retry_after: Option<Duration>,
    },
    /// No connection.
    #[error("zammad cannot be reached for {operation}")]
    Connect {
        /// The operation.
        operation: &'static str,
    },
    /// No answer in time, or it broke off: a write may have happened.
    #[error("zammad did not answer {operation} to its end")]
    Interrupted {
        /// The operation.
        operation: &'static str,
    },
    /// The answer is not what the contract says.
    #[error("zammad's answer to {operation} cannot be read: {what}")]
    Unreadable {
        /// The operation.
        operation: &'static str,
        /// `not-json`, `too-large`, ….
        what: &'static str,
    },
}

/// How to react to an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same call may work later, not before `after` if Zammad said so. For a write after [`ClientError::Interrupted`]
    /// look first whether it happened.
    Retry {
        /// From `Retry-After`.
        after: Option<Duration>,
    },
    /// Zammad answers 500 to plain client errors too (docs/platforms/zammad.md §1): try a few times, then give up.
    RetryFewTimes,
    /// The same call will never work.
    GiveUp(Reason),
}

/// Why a call will never work as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// 404: not there, or not any more.
    Gone,
    /// 401: the token is not taken. Everything else will fail too until somebody mends it.
    Unauthorized,
    /// 403: the bot may not do this.
    Forbidden,
    /// 400, 422 and the like: Zammad refuses this very content.
    Refused,
    /// The answer cannot be read.
    Unreadable,
}

impl Reason {
    /// A word for logs and outcomes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gone => "zammad-gone",
            Self::Unauthorized => "zammad-unauthorized",
            Self::Forbidden => "zammad-forbidden",
            Self::Refused => "zammad-refused",
            Self::Unreadable => "zammad-unreadable",
        }
    }
}

impl ClientError {
    /// How to react to it.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Status { status, retry_after, .. } => match status {
                401 => Verdict::GiveUp(Reason::Unauthorized),
                403 => Verdict::GiveUp(Reason::Forbidden),
                404 | 410 => Verdict::GiveUp(Reason::Gone),
                408 | 425 | 429 | 502..=504 => Verdict::Retry { after: *retry_after },
                500..=599 => Verdict::RetryFewTimes,
                _ => Verdict::GiveUp(Reason::Refused),
            },
            Self::Connect { .. } | Self::Interrupted { .. } => Verdict::Retry { after: None },
            Self::Unreadable { .. } => Verdict::GiveUp(Reason::Unreadable),
        }
    }

    /// A word for logs and outcomes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match (self, self.verdict()) {
            (Self::Connect { .. }, _) => "zammad-unreachable",
            (Self::Interrupted { .. }, _) => "zammad-interrupted",
            (_, Verdict::Retry { .. }) => "zammad-busy",
            (_, Verdict::RetryFewTimes) => "zammad-error",
            (_, Verdict::GiveUp(reason)) => reason.code(),
        }
    }
}
