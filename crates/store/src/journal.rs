//! The history of writes, the list of fields that are out of sync, and the findings of the daily comparison.

use async_trait::async_trait;
use schema::UnixMs;

use crate::{Change, StoreError, Subject};

/// Something of a link that is out of sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubleRow {
    /// The link's ticket.
    pub ticket_id: u64,
    /// The link's issue.
    pub issue_id: String,
    /// The subject.
    pub subject: Subject,
    /// The latest reason code.
    pub code: String,
    /// Details, see [`crate::Trouble::detail`].
    pub detail: Option<String>,
    /// Out of sync since this time; the reason may have changed meanwhile.
    pub since: UnixMs,
    /// When it was last found out of sync.
    pub at: UnixMs,
}

/// Links that a comparison found changed although no notification had been received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DriftFindings {
    /// Links that differed: something was written.
    pub differed: u64,
    /// How many of them have no field out of sync now.
    pub repaired: u64,
}

/// History and troubles.
#[async_trait]
pub trait Journal: Send + Sync {
    /// At most `limit` fields that are out of sync, longest first.
    async fn troubles(&self, limit: usize) -> Result<Vec<TroubleRow>, StoreError>;

    /// The fields of one link that are out of sync, by name.
    async fn troubles_of(&self, ticket_id: u64, issue_id: &str) -> Result<Vec<TroubleRow>, StoreError>;

    /// At most `limit` values written for a ticket's links, newest first.
    async fn changes(&self, ticket_id: u64, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// Links changed since `since` by a visit whose first request was a [`crate::RecheckCause::Drift`] or
    /// [`crate::RecheckCause::IssueRead`]: written by that visit, or carried by a message that it made. Only visits ended
    /// by [`crate::Inbox::complete`] count.
    async fn drift_findings(&self, since: UnixMs) -> Result<DriftFindings, StoreError>;

    /// Deletes history older than `before`. Returns how many entries.
    async fn prune_changes(&self, before: UnixMs) -> Result<u64, StoreError>;
}
