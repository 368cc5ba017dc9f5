//! What we wrote, what is out of sync, and what nobody had told us of.

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Change, StoreError};

/// A field that is out of sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubleRow {
    /// The link's ticket.
    pub ticket_id: u64,
    /// The link's issue.
    pub issue_id: String,
    /// The field.
    pub field: String,
    /// Why, as last found.
    pub code: String,
    /// More, see [`crate::Trouble::detail`].
    pub detail: Option<String>,
    /// Out of sync since then, whatever the reasons were.
    pub since: UnixMs,
    /// When it was last found.
    pub at: UnixMs,
}

/// Links that our own doorbells found changed, where nobody had rung before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Links that differed: something was written.
    pub differed: u64,
    /// Of these, without any field in trouble now.
    pub repaired: u64,
}

/// History and troubles.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Fields that are out of sync, longest first.
    async fn troubles(&self, limit: usize) -> Result<Vec<TroubleRow>, StoreError>;

    /// Fields of one link that are out of sync, by name.
    async fn troubles_of(&self, ticket_id: u64, issue_id: &str) -> Result<Vec<TroubleRow>, StoreError>;

    /// What was written for a ticket's links, newest first.
    async fn changes(&self, ticket_id: u64, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// Links with a change since `since` that came of a reading which a [`crate::Ring`] asked for first, by a key that
    /// starts with one of `keys`: written by that reading, or carried by a message that it made. Only what
    /// [`crate::Inbox::complete`] stores counts: there it is known who rang first.
    async fn found(&self, keys: &[&str], since: UnixMs) -> Result<Found, StoreError>;

    /// Forgets changes older than `before`; returns how many.
    async fn forget_changes(&self, before: UnixMs) -> Result<u64, StoreError>;
}
