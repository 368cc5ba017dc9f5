//! The admin's settings, the progress of background tasks, and suggested pairs of users.

use async_trait::async_trait;
use schema::UnixMs;

use crate::{StoreError, StoredSettings};

/// The value that is equal in two user accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// The e-mail address.
    Email,
    /// The display name.
    Name,
}

/// Two accounts that may belong to one person. An admin confirms or ignores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Zammad's user id.
    pub zammad_user: u64,
    /// Atlassian account id.
    pub account_id: String,
    /// Why it is suggested.
    pub matched_by: MatchedBy,
    /// When it was last found.
    pub at: UnixMs,
}

/// Settings, watermarks, suggestions.
#[async_trait]
pub trait Metadata: Send + Sync {
    /// The admin's settings as last received from Forge.
    async fn settings(&self) -> Result<Option<StoredSettings>, StoreError>;

    /// The stored progress of the task `name`.
    async fn watermark(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// The watermarks whose name starts with `prefix`: name and value, by name.
    async fn watermarks(&self, prefix: &str) -> Result<Vec<(String, String)>, StoreError>;

    /// Adds suggestions; the time of a known one is updated. An equal address stays the reason if an equal name is found
    /// later.
    async fn suggest(&self, suggestions: Vec<Suggestion>) -> Result<(), StoreError>;

    /// Deletes the suggestions of these Atlassian accounts, and their names in stored snapshots of issues. Returns how many
    /// suggestions and names.
    async fn forget_accounts(&self, account_ids: &[String]) -> Result<u64, StoreError>;

    /// At most `limit` suggestions, by Zammad's user; those with an equal address first.
    async fn suggestions(&self, limit: usize) -> Result<Vec<Suggestion>, StoreError>;
}
