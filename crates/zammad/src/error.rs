//! Failed calls and how to react to them. Something between the sidecar and Zammad (a proxy, a login page) answers with
//! statuses of its own, so a 404 or a refusal counts as Zammad's only in Zammad's form and, where it says that something does
//! not exist or that the whole server refuses, in Zammad's words (docs/platforms/zammad.md §1).

use std::time::Duration;

/// A failed call. Its text contains Zammad's own text only where that is of a closed set; values in it are masked.
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
        /// The meaning of that text.
        said: Said,
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
    /// The answer is larger than the caller takes.
    #[error("zammad's answer to {operation} is too large")]
    TooLarge {
        /// The operation.
        operation: &'static str,
    },
    /// A successful answer that is not the one of this call.
    #[error("zammad's answer to {operation} cannot be read: {}", if *is_json { "JSON of another shape" } else { "no JSON" })]
    Unreadable {
        /// The operation.
        operation: &'static str,
        /// JSON of another shape; otherwise no JSON at all, such as the login page of a proxy.
        is_json: bool,
    },
}

/// The meaning of an error answer, as far as a reaction depends on it. Texts differ between versions, so everything else of
/// Zammad's form is [`Said::Other`].
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
    /// Not Zammad's form: a page or JSON of something in between.
    NotZammad,
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
    /// Nothing is wrong with the call; it works again once somebody removes the obstacle. Wait however long that takes.
    Wait(Obstacle),
    /// The same call will never work.
    GiveUp(Reason),
}

/// An obstacle that keeps a call from working until somebody removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// 401, or 403 `Authentication required`: the token is not accepted, or does not arrive.
    Token,
    /// 403 `Maintenance mode enabled!`.
    Maintenance,
    /// 403 `API token access disabled!`.
    TokenAccess,
    /// 403 with another text of Zammad: the bot lacks a permission, or a right in this ticket's group.
    NoAccess,
    /// A redirect, which would send the token elsewhere.
    Redirect,
    /// An answer that Zammad does not give: a page of a proxy, a login page, an empty body.
    NotZammad,
    /// JSON of another shape than this call has.
    Unreadable,
}

impl Obstacle {
    /// A word for logs and outcomes.
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
    /// 404 in Zammad's own words (`Couldn't find ...`): it does not exist. A caller that ends something because of this asks a
    /// second time first.
    Gone,
    /// 400, 422 and the like: Zammad refuses this very content.
    Refused,
    /// The answer is larger than the caller takes.
    TooLarge,
}

impl Reason {
    /// A word for logs and outcomes.
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
    /// How to react to it.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Status { status, said, retry_after, .. } => by_status(*status, *said, *retry_after),
            Self::Connect { .. } | Self::Interrupted { .. } => Verdict::Retry { after: None },
            Self::TooLarge { .. } => Verdict::GiveUp(Reason::TooLarge),
            Self::Unreadable { is_json: false, .. } => Verdict::Wait(Obstacle::NotZammad),
            Self::Unreadable { is_json: true, .. } => Verdict::Wait(Obstacle::Unreadable),
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
