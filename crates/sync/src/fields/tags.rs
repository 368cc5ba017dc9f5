//! Tags ⇄ labels: off by default. Only names with the configured prefix sync.
//!
//! A tag may contain blanks and, from Zammad 7.2 on, is unique regardless of case; a label is neither. Two names are the same
//! if they differ in case only, or in `_` in place of blanks: a changed spelling is no change.

use std::collections::{BTreeMap, BTreeSet};

use schema::JiraField;
use schema::settings::FieldRule;
use serde_json::{Value, json};

use super::field::{Field, IssueWrite, Mapped};
use crate::names::FieldName;
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field<'static> {
    let settings = &policy.settings.fields.tags;
    let labels: BTreeSet<String> = issue.snapshot.labels.iter().cloned().collect();
    let (tags, wanted) = (with_prefix(&ticket.tags, policy), with_prefix(&labels, policy));
    // Labels that do not sync stay on the issue, and those that do keep their spelling.
    let own: BTreeSet<&String> = labels.iter().filter(|label| !wanted.contains_key(&key(label))).collect();
    // The snapshot has the synced labels first. If even they are not complete, a missing label was not removed.
    let is_cut_off = issue.snapshot.labels_truncated && own.is_empty();
    let synced_labels = tags.iter().map(|(key, tag)| wanted.get(key).cloned().unwrap_or_else(|| as_label(tag)));
    let all: BTreeSet<String> = own.into_iter().cloned().chain(synced_labels).collect();
    // Every spelling that the ticket has of a removed name.
    let is_removed = |tag: &&String| !is_cut_off && tags.contains_key(&key(tag)) && !wanted.contains_key(&key(tag));
    Field {
        name: FieldName::Tags,
        jira_id: JiraField::Labels,
        rule: policy.rule(
            &FieldName::Tags,
            FieldRule { direction: settings.direction, conflict: settings.conflict },
            true,
        ),
        zammad: synced(&ticket.tags, policy),
        jira: issue.snapshot.value(JiraField::Labels),
        agree: tags.keys().eq(wanted.keys()),
        to_jira: Mapped::To(IssueWrite::Field(json!(all))),
        to_zammad: Mapped::To(TicketWrite::Tags {
            add: wanted.iter().filter(|(key, _)| !tags.contains_key(*key)).map(|(_, label)| label.clone()).collect(),
            remove: ticket.tags.iter().filter(is_removed).cloned().collect(),
        }),
        unintended: None,
    }
}

/// Returns the tags that sync, in the form that the base compares.
pub(super) fn synced(tags: &BTreeSet<String>, policy: &Policy<'_>) -> Value {
    json!(with_prefix(tags, policy).into_keys().collect::<Vec<_>>())
}

/// Whether the ticket has the tag, in whatever spelling.
#[must_use]
pub fn has_tag(tags: &BTreeSet<String>, wanted: &str) -> bool {
    let wanted = key(wanted);
    tags.iter().any(|tag| key(tag) == wanted)
}

/// The names with the prefix: their spelling by their [`key`].
fn with_prefix(names: &BTreeSet<String>, policy: &Policy<'_>) -> BTreeMap<String, String> {
    let prefix = key(&policy.settings.fields.tags.prefix);
    names.iter().map(|name| (key(name), name.clone())).filter(|(key, _)| key.starts_with(&prefix)).collect()
}

/// The same for all spellings of a name.
fn key(name: &str) -> String {
    as_label(name).to_lowercase()
}

fn as_label(tag: &str) -> String {
    tag.split_whitespace().collect::<Vec<_>>().join("_")
}
