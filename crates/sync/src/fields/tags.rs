//! Tags ⇄ labels: off by default. Only names with the configured prefix and without whitespace sync, since a label may not
//! contain whitespace.

use std::collections::BTreeSet;

use schema::settings::FieldRule;
use serde_json::{Value, json};

use super::field::{Field, IssueWrite, Mapped};
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field {
    let settings = &policy.settings.fields.tags;
    let labels: BTreeSet<String> = issue.snapshot.labels.iter().cloned().collect();
    let (tags, wanted) = (with_prefix(&ticket.tags, policy), with_prefix(&labels, policy));
    // Labels that do not sync stay on the issue.
    let all: BTreeSet<&String> = labels.difference(&wanted).chain(&tags).collect();
    Field {
        name: "tags".into(),
        jira_id: "labels".into(),
        rule: policy.rule("tags", FieldRule { direction: settings.direction, conflict: settings.conflict }, true),
        zammad: synced(&ticket.tags, policy),
        jira: issue.snapshot.value("labels"),
        agree: tags == wanted,
        to_jira: Mapped::To(IssueWrite::Field(json!(all))),
        to_zammad: Mapped::To(TicketWrite::Tags {
            add: wanted.difference(&tags).cloned().collect(),
            remove: tags.difference(&wanted).cloned().collect(),
        }),
        unintended: None,
    }
}

/// Returns the tags that sync, in the form that the base compares.
pub(super) fn synced(tags: &BTreeSet<String>, policy: &Policy<'_>) -> Value {
    json!(with_prefix(tags, policy))
}

fn with_prefix(names: &BTreeSet<String>, policy: &Policy<'_>) -> BTreeSet<String> {
    let prefix = policy.settings.fields.tags.prefix.as_str();
    let is_label = |name: &&String| name.starts_with(prefix) && !name.contains(char::is_whitespace);
    names.iter().filter(is_label).cloned().collect()
}
