//! The list of fields of a link that are out of sync.

use std::collections::BTreeMap;

use schema::time::rfc3339;
use schema::{OutOfSync, UnixMs};
use store::{Link, StoreError, Subject, Trouble, TroubleRow};
use sync::{FieldName, Plan, Settled, cut};

use super::context::{Visit, VisitError, Visitor};
use crate::ticket::facts::{LinkKey, RESEND_MS, is_resent};

/// Longest code in a message, in characters.
const CODE: usize = 64;

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

impl Visit<'_> {
    /// The parts of a link that are out of sync after this visit, as the panel shows them: each kind of thing and reason once.
    pub(super) async fn out_of_sync(&self, link: &Link) -> Result<Vec<OutOfSync>, StoreError> {
        let rows = self.visitor.store.troubles_of(link.ticket_id, &link.issue_id).await?;
        let mut listed: BTreeMap<String, (Subject, String, UnixMs)> = BTreeMap::new();
        for row in rows {
            listed.insert(row.subject.to_string(), (row.subject, row.code, row.since));
        }
        let found = self.completion.effects.troubles.iter();
        for trouble in found.filter(|it| it.ticket_id == link.ticket_id && it.issue_id == link.issue_id) {
            let subject = trouble.subject.to_string();
            let before = listed.remove(&subject);
            if let Some(code) = &trouble.code {
                let since = before.map_or(trouble.at, |(_, _, since)| since);
                listed.insert(subject, (trouble.subject.clone(), code.clone(), since));
            }
        }
        let mut shown: BTreeMap<(String, String), OutOfSync> = BTreeMap::new();
        for (subject, code, since) in listed.into_values() {
            let (kind, code) = (kind_of(&subject), cut(&code, CODE));
            let next_try = self.next_try(&subject, &code);
            let of_kind = shown.entry((kind.clone(), code.clone())).or_insert_with(|| OutOfSync {
                issue_id: link.issue_id.clone(),
                subject: kind,
                code,
                since: rfc3339(since),
                next_try,
            });
            // Both have the same form, so the earlier one is the smaller text.
            of_kind.since = rfc3339(since).min(std::mem::take(&mut of_kind.since));
        }
        Ok(shown.into_values().collect())
    }

    /// When a comment or file is sent again that failed for a reason that may pass.
    fn next_try(&self, subject: &Subject, code: &str) -> Option<String> {
        let is_part = matches!(subject, Subject::Article { .. } | Subject::File(_));
        let next = UnixMs((self.visitor.env.now().0 / RESEND_MS + 1) * RESEND_MS);
        (is_part && is_resent(code)).then(|| rfc3339(next))
    }
}

/// A subject without ids and without the names that a customer gave to fields.
fn kind_of(subject: &Subject) -> String {
    match subject {
        Subject::Field(name) => match FieldName::from(name.clone()) {
            FieldName::Custom(_) | FieldName::Unknown(_) => "custom".to_owned(),
            known => known.to_string(),
        },
        Subject::Article { .. } => "article".to_owned(),
        Subject::File(_) => "file".to_owned(),
        Subject::Command(_) => "command".to_owned(),
        Subject::NotErased(_) => "not-erased".to_owned(),
        Subject::Issue => "issue".to_owned(),
        Subject::Link => "link".to_owned(),
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
