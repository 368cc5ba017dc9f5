//! The list of fields of a link that are out of sync.

use std::collections::BTreeMap;

use store::{Link, Trouble, TroubleRow};
use sync::{FieldName, Plan, Settled};

use super::context::{Visit, VisitError, Visitor};
use crate::ticket::facts::Of;

impl Visit<'_> {
    /// Lists fields that were skipped or refused, and removes fields that are in sync again.
    pub(super) async fn update_troubles(
        &mut self,
        link: &Link,
        plan: &Plan,
        settled: &[&Settled],
    ) -> Result<(), VisitError> {
        let listed = self.visitor.store.troubles_of(link.ticket_id, &link.issue_id).await?;
        let mut now: BTreeMap<String, (&str, Option<String>)> = BTreeMap::new();
        for skipped in &plan.skipped {
            now.insert(
                skipped.field.to_string(),
                (skipped.reason.code(), skipped.detail.as_ref().map(ToString::to_string)),
            );
        }
        for (field, code, detail) in settled.iter().flat_map(|settled| &settled.refused) {
            now.insert(field.to_string(), (code, detail.clone()));
        }
        let in_sync = |field: &FieldName| {
            settled.iter().any(|settled| settled.written.contains(field)) || plan.accepted.contains_key(field)
        };
        let unmapped = sync::Reason::Unmapped.code();
        let entry = |field: &str, code: Option<&str>, detail: Option<&String>| {
            Of::from(link).trouble(field, code, detail.cloned(), self.visitor.env.now())
        };
        let mut changes = Vec::new();
        for (field, (code, detail)) in &now {
            let same = |old: &TroubleRow| old.field == **field && old.code == *code && old.detail == *detail;
            if !listed.iter().any(same) {
                changes.push(entry(field, Some(code), detail.as_ref()));
            }
        }
        for old in listed.iter().filter(|old| !now.contains_key(old.field.as_str())) {
            // Every merge finds an unmapped value again, so not finding it means that it is mapped now.
            if in_sync(&FieldName::from(old.field.clone())) || old.code == unmapped {
                changes.push(entry(&old.field, None, None));
            }
        }
        self.completion.effects.troubles.extend(changes);
        Ok(())
    }
}

/// Something about the link itself; `code` is `None` if it is resolved.
pub(super) fn of_link(visitor: &Visitor, link: &Link, code: Option<&str>) -> Trouble {
    Of::from(link).trouble("link", code, None, visitor.env.now())
}
