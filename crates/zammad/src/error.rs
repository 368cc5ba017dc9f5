//! Failed calls and how to react to them. A proxy or login page between the sidecar and Zammad has error statuses of its own.
//! So a 404 or a refusal counts as Zammad's only if the body has Zammad's form, and one that concerns the existence of an
//! object or the whole server only if it has a known text of Zammad (docs/platforms/zammad.md §1).

use std::time::Duration;

use crate::tls::TlsFault;

/// A failed call. The error's text contains a text of Zammad only if that is on a fixed list, with `*` instead of values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// A response with an error status.
    #[error("zammad answered {status} to {operation}: {text}")]
    Status {
        /// The operation.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// Zammad's error text, with `*` instead of values.
        text: String,
        /// The meaning of that text.
        said: Said,
        /// `Retry-After`, if the response has a valid one.
        retry_after: Option<Duration>,
    },
    /// No connection.
    #[error("zammad cannot be reached for {operation}")]
    Connect {
        /// The operation.
        operation: &'static str,
    },
    /// No connection, because of TLS.
    #[error("zammad cannot be reached for {operation}: {}", fault.code())]
    Tls {
        /// The operation.
        operation: &'static str,
        /// The reason.
        fault: TlsFault,
    },
    /// The response was late or incomplete: a write may have happened.
    #[error("zammad's response to {operation} timed out or is incomplete")]
    Interrupted {
        /// The operation.
        operation: &'static str,
    },
    /// The response is larger than the limit of this call.
    #[error("zammad's response to {operation} is too large")]
    TooLarge {
        /// The operation.
        operation: &'static str,
    },
    /// A response with a success status but an unexpected body.
    #[error("zammad's response to {operation} cannot be read: {}", if *is_json { "unexpected JSON" } else { "no JSON" })]
    Unreadable {
        /// The operation.
        operation: &'static str,
        /// Whether the body is JSON, but of another shape. If not, it may be the login page of a proxy.
        is_json: bool,
    },
}

/// The meaning of Zammad's error text. Texts differ between versions, so only those that need a special reaction are
/// distinguished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// `Couldn't find <object> ...`.
    NotFound,
    /// `Maintenance mode enabled!`.
    Maintenance,
    /// `API token access disabled!`.
    TokenAccessDisabled,
    /// `Authentication required`: no token arrived, perhaps because a proxy removes the header.
    NoCredentials,
    /// Another text in Zammad's form `{"error":"..."}`.
    Other,
    /// Not Zammad's form: a page or JSON of a proxy or another server.
    NotZammad,
}

/// How to react to an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same call may work later, not before `after` if Zammad sent it. After [`ClientError::Interrupted`], check whether
    /// a write has happened before it is repeated.
    Retry {
        /// From `Retry-After`.
        after: Option<Duration>,
    },
    /// Zammad answers 500 to plain client errors too (docs/platforms/zammad.md §1): try a few times, then give up.
    RetryFewTimes,
    /// The call is correct and works as soon as an operator or admin removes the obstacle. Retry without a time limit.
    Wait(Obstacle),
    /// The same call will never work.
    GiveUp(Reason),
}

/// An obstacle that makes calls fail until an operator or admin removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// 401, or 403 `Authentication required`: the token is not accepted, or does not arrive.
    Token,
    /// 403 `Maintenance mode enabled!`.
    Maintenance,
    /// 403 `API token access disabled!`.
    TokenAccess,
    /// 403 with another text of Zammad: the bot lacks a permission, in general or in this ticket's group.
    NoAccess,
    /// A redirect, which would send the token elsewhere.
    Redirect,
    /// A response that is not Zammad's: a page of a proxy, a login page, an empty body.
    NotZammad,
    /// A response with a success status and JSON of an unexpected shape.
    Unreadable,
}

impl Obstacle {
    /// Returns the code for logs and outcomes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Token => "zammad-unauthorized",
            Self::Maintenance => "zammad-maintenance",
            Self::TokenAccess => "zammad-token-access-disabled",
            Self::NoAccess => "zammad-no-access",
            Self::Redirect => "zammad-redirects",
            Self::NotZammad => "zammad-not-zammad",
            Self::Unreadable => "zammad-unreadable",
        }
    }

    /// Whether it concerns the whole server. [`Obstacle::NoAccess`] and [`Obstacle::Unreadable`] may concern one ticket only.
    #[must_use]
    pub const fn is_of_the_server(self) -> bool {
        !matches!(self, Self::NoAccess | Self::Unreadable)
    }
}

/// Why a call will never work as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// 404 with Zammad's text (`Couldn't find ...`): the object does not exist. A caller that ends a link because of this asks
    /// a second time before.
    Gone,
    /// 400, 422 and similar: Zammad refuses the content of the request.
    Refused,
    /// The response is larger than the limit of this call.
    TooLarge,
}

impl Reason {
    /// Returns the code for logs and outcomes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gone => "zammad-gone",
            Self::Refused => "zammad-refused",
            Self::TooLarge => "zammad-too-large",
        }
    }
}

impl ClientError {
    /// Returns how to react to the error.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Status { status, said, retry_after, .. } => by_status(*status, *said, *retry_after),
            Self::Connect { .. } | Self::Tls { .. } | Self::Interrupted { .. } => Verdict::Retry { after: None },
            Self::TooLarge { .. } => Verdict::GiveUp(Reason::TooLarge),
            Self::Unreadable { is_json: false, .. } => Verdict::Wait(Obstacle::NotZammad),
            Self::Unreadable { is_json: true, .. } => Verdict::Wait(Obstacle::Unreadable),
        }
    }

    /// The code of Zammad's internal error (500).
    pub const FAILING: &'static str = "zammad-error";

    /// Returns the code for logs and outcomes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match (self, self.verdict()) {
            (Self::Connect { .. }, _) => "zammad-unreachable",
            (Self::Tls { fault, .. }, _) => fault.code(),
            (Self::Interrupted { .. }, _) => "zammad-interrupted",
            (_, Verdict::Retry { .. }) => "zammad-busy",
            (_, Verdict::RetryFewTimes) => Self::FAILING,
            (_, Verdict::Wait(obstacle)) => obstacle.code(),
            (_, Verdict::GiveUp(reason)) => reason.code(),
        }
    }
}

const fn by_status(status: u16, said: Said, retry_after: Option<Duration>) -> Verdict {
    match (status, said) {
        (401, _) | (403, Said::NoCredentials) => Verdict::Wait(Obstacle::Token),
        (403, Said::Maintenance) => Verdict::Wait(Obstacle::Maintenance),
        (403, Said::TokenAccessDisabled) => Verdict::Wait(Obstacle::TokenAccess),
        (403 | 404 | 410, Said::NotFound) => Verdict::GiveUp(Reason::Gone),
        (403, Said::Other) => Verdict::Wait(Obstacle::NoAccess),
        (300..=399, _) => Verdict::Wait(Obstacle::Redirect),
        (408 | 425 | 429 | 502..=504, _) => Verdict::Retry { after: retry_after },
        (500..=599, _) => Verdict::RetryFewTimes,
        // A proxy in front of Zammad limits the size of uploads, too.
        (413 | 414, _) => Verdict::GiveUp(Reason::Refused),
        (_, Said::NotZammad) => Verdict::Wait(Obstacle::NotZammad),
        (400 | 415 | 422, _) => Verdict::GiveUp(Reason::Refused),
        _ => Verdict::Wait(Obstacle::NotZammad),
    }
}
