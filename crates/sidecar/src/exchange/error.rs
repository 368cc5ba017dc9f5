//! Why an exchange failed, and what that means for the next one.

use std::time::Duration;

use envelope::Refusal;

use super::forge_client::NoAnswer;
use crate::health::Exchange;

/// Why an exchange failed.
pub(super) enum ExchangeError {
    NoAnswer(NoAnswer),
    /// An answer of Forge, the platform or a proxy, which nobody signed.
    Status {
        status: u16,
        after: Option<Duration>,
    },
    /// Forge itself refuses the request as it is; its answer is signed.
    Refused {
        status: u16,
    },
    Reply(Refusal),
    Unreadable,
    NoEntropy,
    LostLease,
}

impl ExchangeError {
    /// Code for logs and retries, effect on health, and the delay that Forge asked for.
    pub(super) fn class(&self) -> (&'static str, Exchange, Option<Duration>) {
        match self {
            Self::NoAnswer(NoAnswer::Connect) => ("connect", Exchange::Unreachable, None),
            Self::NoAnswer(NoAnswer::Tls(fault)) => (fault.code(), Exchange::Unreachable, None),
            Self::NoAnswer(NoAnswer::Timeout) => ("timeout", Exchange::Unreachable, None),
            Self::NoAnswer(_) => ("broken-off", Exchange::Unreachable, None),
            Self::Status { status: 401, .. } => ("unauthorized", Exchange::Unauthorized, None),
            Self::Status { status: 429, after } => ("limited", Exchange::Unreachable, *after),
            Self::Refused { .. } => ("refused", Exchange::Unreachable, None),
            Self::Status { after, .. } => ("status", Exchange::Unreachable, *after),
            Self::Reply(_) => ("unsigned-reply", Exchange::UnsignedReply, None),
            Self::Unreadable => ("unreadable-reply", Exchange::Unreachable, None),
            Self::NoEntropy => ("no-entropy", Exchange::Unreachable, None),
            Self::LostLease => ("lost-lease", Exchange::Unreachable, None),
        }
    }

    /// Whether fewer messages may help: the request or the reply may be too large for Forge, the platform or a proxy, or take
    /// too long, or one of the messages may end the invocation.
    pub(super) const fn may_mean_size(&self) -> bool {
        match self {
            Self::NoAnswer(reason) => !matches!(reason, NoAnswer::Connect | NoAnswer::Tls(_)),
            Self::Status { status, .. } => matches!(status, 400 | 413 | 424 | 500 | 502 | 504),
            Self::Unreadable | Self::Refused { .. } => true,
            Self::Reply(_) | Self::NoEntropy | Self::LostLease => false,
        }
    }

    /// The fault of Forge's certificate, if that is the cause.
    pub(super) fn tls(&self) -> Option<String> {
        if let Self::NoAnswer(NoAnswer::Tls(fault)) = self { Some(fault.code().to_owned()) } else { None }
    }

    /// The status of the answer; 0 if there was none, or a good one.
    pub(super) fn status(&self) -> u16 {
        if let Self::Status { status, .. } | Self::Refused { status } = self { *status } else { 0 }
    }
}
