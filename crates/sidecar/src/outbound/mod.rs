//! Zammad → Jira. A doorbell's way: `worker` reads the ticket → `translate` makes messages → the boundary → outbox →
//! `exchange` sends → `outcome` settles.

mod exchange;
mod outcome;
mod request;
mod source;
mod text;
mod translate;
mod worker;

pub use exchange::{Exchanger, Parts};
pub use source::Sources;
pub(crate) use translate::ticket_url;
pub use worker::Worker;

/// Which articles become comments (product.md "Sync rules").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentPolicy {
    /// All.
    All,
    /// Internal ones.
    Internal,
    /// Public ones.
    Public,
    /// None.
    None,
}

impl CommentPolicy {
    /// From its name in the configuration.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "all" => Some(Self::All),
            "internal" => Some(Self::Internal),
            "public" => Some(Self::Public),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    pub(crate) const fn admits(self, internal: bool) -> bool {
        match self {
            Self::All => true,
            Self::Internal => internal,
            Self::Public => !internal,
            Self::None => false,
        }
    }
}
