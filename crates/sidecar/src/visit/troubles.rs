//! The list of fields of a link that are out of sync.

use std::collections::BTreeMap;

use store::{Link, Subject, Trouble, TroubleRow};
use sync::{FieldName, Plan, Settled};

use super::context::{Visit, VisitError, Visitor};
use crate::ticket::facts::LinkKey;

impl Visit<'_> {
    /// Lists fields that were skipped or refused, and removes fields that are in sync again.
    pub(super) async fn update_troubles(
        &mut self,
        link: &Link,
        plan: &Plan,
        settled: &[&Settled],
    ) -> Result<(), VisitError> {
        let rows = self.visitor.store.troubles_of(link.ticket_id, &link.issue_id).await?;
        let listed: Vec<(&String, &TroubleRow)> = rows.iter().filter_map(field_of).collect();
        let mut now: BTreeMap<String, (&str, Option<String>)> = BTreeMap::new();
        for skipped in &plan.skipped {
            now.insert(
                skipped.field.to_string(),
                (skipped.reason.code(), skipped.detail.as_ref().map(ToString::to_string)),
            );
        }
        for (field, code, detail) in settled.iter().flat_map(|settled| &settled.refused) {
            // Both sides may agree again since the refused write was sent.
            if !plan.accepted.contains_key(field) {
                now.insert(field.to_string(), (code, detail.clone()));
            }
        }
        let in_sync = |field: &FieldName| {
            settled.iter().any(|settled| settled.written.contains(field)) || plan.accepted.contains_key(field)
        };
        let unmapped = sync::Reason::Unmapped.code();
        let entry = |field: &str, code: Option<&str>, detail: Option<&String>| {
            LinkKey::from(link).trouble(Subject::Field(field.to_owned()), code, detail.cloned(), self.visitor.env.now())
        };
        let mut changes = Vec::new();
        for (field, (code, detail)) in &now {
            let same =
                |(name, old): &(&String, &TroubleRow)| *name == field && old.code == *code && old.detail == *detail;
            if !listed.iter().any(same) {
                changes.push(entry(field, Some(code), detail.as_ref()));
            }
        }
        for (name, old) in listed.iter().filter(|(name, _)| !now.contains_key(*name)) {
            // Every merge finds an unmapped value again, so not finding it means that it is mapped now.
            if in_sync(&FieldName::from((*name).clone())) || old.code == unmapped {
                changes.push(entry(name, None, None));
            }
        }
        self.completion.effects.troubles.extend(changes);
        Ok(())
    }
}

/// The name of the field that a row is about; `None` if it is about something else.
fn field_of(row: &TroubleRow) -> Option<(&String, &TroubleRow)> {
    if let Subject::Field(name) = &row.subject { Some((name, row)) } else { None }
}

/// Something about the link itself; `code` is `None` if it is resolved.
pub(super) fn of_link(visitor: &Visitor, link: &Link, code: Option<&str>) -> Trouble {
    LinkKey::from(link).trouble(Subject::Link, code, None, visitor.env.now())
}

#[cfg(test)]
#[path = "troubles_tests.rs"]
mod tests;
