//! What is known of an issue: its snapshot as it was last heard, kept with the link until a newer one comes.

use redaction::Privacy;
use schema::{IssueSnapshot, UnixMs};
use serde::{Deserialize, Serialize};
use store::{Base, Store, StoreError};
use sync::Issue;

use crate::env::instant;

/// A stored snapshot.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KnownIssue {
    snapshot: IssueSnapshot,
    changed_at: UnixMs,
}

impl KnownIssue {
    /// As it was stored; `None` if an older version stored another form, which is then asked for anew.
    pub(crate) fn read(json: &str) -> Option<Issue> {
        let known: Self = serde_json::from_str(json).ok()?;
        Some(Issue { snapshot: known.snapshot, changed_at: known.changed_at })
    }

    /// The base to store for what was just heard, or `None` if something newer is known: events come in any order.
    pub(crate) async fn heard(
        store: &dyn Store,
        privacy: Privacy,
        (ticket_id, issue_id): (u64, &str),
        mut snapshot: IssueSnapshot,
    ) -> Result<Option<Base>, StoreError> {
        let changed_at = instant(&snapshot.updated_at).unwrap_or_default();
        let known = store.bases(ticket_id, issue_id).await?.remove("issue").and_then(|json| Self::read(&json));
        if known.is_some_and(|known| known.changed_at > changed_at) {
            return Ok(None);
        }
        if privacy == Privacy::On {
            // No words sync in privacy mode, so none are kept.
            snapshot.summary = String::new();
        }
        Ok(Some(Base {
            ticket_id,
            issue_id: issue_id.to_owned(),
            field: "issue".into(),
            value: serde_json::to_string(&Self { snapshot, changed_at }).ok(),
        }))
    }
}
