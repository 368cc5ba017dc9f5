//! Small things to remember: the admin's settings, how far something has got, who may be whom.

use async_trait::async_trait;
use schema::UnixMs;

use crate::StoreError;

/// What makes two accounts look like one person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The same address.
    Email,
    /// The same name.
    Name,
}

/// A pair that somebody may confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Zammad's user id.
    pub zammad_user: u64,
    /// Atlassian account id.
    pub account_id: String,
    /// Why.
    pub how: Likeness,
    /// When it was last seen.
    pub at: UnixMs,
}

/// Settings, watermarks, suggestions.
#[async_trait]
pub trait Memos: Send + Sync {
    /// The admin's settings as Forge last gave them: etag, JSON.
    async fn settings(&self) -> Result<Option<(String, String)>, StoreError>;

    /// How far `name` has got.
    async fn watermark(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Adds pairs; one that is known is seen again. An equal address stays the reason where an equal name comes later.
    async fn suggest(&self, suggestions: Vec<Suggestion>) -> Result<(), StoreError>;

    /// Pairs to confirm, by Zammad's user, those with an equal address first.
    async fn suggestions(&self, limit: usize) -> Result<Vec<Suggestion>, StoreError>;
}
