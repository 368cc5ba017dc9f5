//! The result of the last look at Zammad.

use zammad::{ClientError, Obstacle, TlsFault, Verdict};

/// Whether Zammad can be used, and why not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZammadState {
    /// It answers as the bot's Zammad. Also before the first look.
    #[default]
    Good,
    /// No connection.
    Unreachable,
    /// No connection, because of TLS.
    Tls(TlsFault),
    /// A connection, but no complete answer in time.
    NoAnswer,
    /// It answers with an error of its server (5xx) or asks to come back later.
    Failing,
    /// It, or something in front of it, refuses every call.
    Refusing(Obstacle),
    /// The bot's account is not in use.
    BotInactive,
}

impl From<&ClientError> for ZammadState {
    fn from(error: &ClientError) -> Self {
        match (error, error.verdict()) {
            (ClientError::Connect { .. }, _) => Self::Unreachable,
            (ClientError::Tls { fault, .. }, _) => Self::Tls(*fault),
            (ClientError::Interrupted { .. }, _) => Self::NoAnswer,
            (_, Verdict::Wait(obstacle)) => Self::Refusing(obstacle),
            (_, Verdict::Retry { .. } | Verdict::RetryFewTimes) => Self::Failing,
            // The look asks for an address that every Zammad has, so this answer is of something else.
            (_, Verdict::GiveUp(_)) => Self::Refusing(Obstacle::NotZammad),
        }
    }
}

impl ZammadState {
    /// The problem's code for `/readyz`.
    #[must_use]
    pub const fn problem(self) -> Option<&'static str> {
        Some(match self {
            Self::Good => return None,
            Self::Unreachable => "zammad-unreachable",
            Self::Tls(fault) => fault.code(),
            Self::NoAnswer => "zammad-does-not-answer",
            Self::Failing => "zammad-error",
            Self::BotInactive => "zammad-bot-inactive",
            Self::Refusing(Obstacle::Token) => "zammad-refuses-the-token",
            Self::Refusing(Obstacle::NoAccess) => "zammad-refuses-the-bot",
            Self::Refusing(Obstacle::Unreadable) => "zammad-not-zammad",
            Self::Refusing(obstacle) => obstacle.code(),
        })
    }
}
