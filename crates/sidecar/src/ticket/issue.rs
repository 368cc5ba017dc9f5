//! The last received snapshot of an issue, kept with the link until a newer one arrives.

use redaction::Privacy;
use schema::time::parse_rfc3339;
use schema::{IssueSnapshot, UnixMs};
use serde::{Deserialize, Serialize};
use store::{FactKind, LinkFact, LinkFacts, Store, StoreError, Subject};
use sync::Issue;

use super::facts::LinkKey;

/// The issue can be read: messages that wait because it could not are due at once.
///
/// # Errors
/// The store fails.
pub(crate) async fn readable_again(store: &dyn Store, of: LinkKey<'_>, now: UnixMs) -> Result<(), StoreError> {
    let listed = store.troubles_of(of.ticket_id, of.issue_id).await?;
    if listed.iter().any(|row| row.subject == Subject::Issue) {
        store.retry_all_messages(now).await?;
    }
    Ok(())
}

/// The stored form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KnownIssue {
    snapshot: IssueSnapshot,
    changed_at: UnixMs,
}

impl KnownIssue {
    /// The stored snapshot. `None` if there is none, or an older version stored another form; it is then requested again.
    pub(crate) fn of(facts: &LinkFacts) -> Option<Issue> {
        let known: Self = facts.get(&FactKind::Issue)?;
        Some(Issue { snapshot: known.snapshot, changed_at: known.changed_at })
    }

    /// The fact to store for a received snapshot, or `None` if a newer one is known: events arrive in any order.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn received(
        store: &dyn Store,
        privacy: Privacy,
        of: LinkKey<'_>,
        mut snapshot: IssueSnapshot,
    ) -> Result<Option<LinkFact>, StoreError> {
        let changed_at = parse_rfc3339(&snapshot.updated_at).unwrap_or_default();
        let known = Self::of(&store.link_facts(of.ticket_id, of.issue_id).await?);
        if known.is_some_and(|known| known.changed_at > changed_at) {
            return Ok(None);
        }
        if privacy == Privacy::On {
            // Texts do not sync in privacy mode, so none are stored.
            snapshot.summary = String::new();
        }
        Ok(Some(of.set(FactKind::Issue, &Self { snapshot, changed_at })))
    }
}

#[cfg(test)]
#[path = "issue_tests.rs"]
mod tests;
