//! Tags ⇄ labels: off by default; only those with the prefix take part, and only what can be a label (no blank in it).

use std::collections::BTreeSet;

use schema::settings::FieldRule;
use serde_json::{Value, json};

use super::{Carried, Field, IssueWrite};
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field {
    let settings = &policy.settings.fields.tags;
    let labels: BTreeSet<String> = issue.snapshot.labels.iter().cloned().collect();
    let (tags, wanted) = (chosen(&ticket.tags, policy), chosen(&labels, policy));
    // Labels that do not take part stay.
    let all: BTreeSet<&String> = labels.difference(&wanted).chain(&tags).collect();
    Field {
        name: "tags".into(),
        jira_id: "labels".into(),
        rule: policy.rule("tags", FieldRule { direction: settings.direction, conflict: settings.conflict }, true),
        zammad: taking_part(&ticket.tags, policy),
        jira: issue.snapshot.value("labels"),
        agree: tags == wanted,
        to_jira: Carried::As(IssueWrite::Field(json!(all))),
        to_zammad: Carried::As(TicketWrite::Tags {
            add: wanted.difference(&tags).cloned().collect(),
            remove: tags.difference(&wanted).cloned().collect(),
        }),
        unmeant: None,
    }
}

/// The tags that take part, as the base compares them.
pub(super) fn taking_part(tags: &BTreeSet<String>, policy: &Policy<'_>) -> Value {
    json!(chosen(tags, policy))
}

fn chosen(names: &BTreeSet<String>, policy: &Policy<'_>) -> BTreeSet<String> {
    let prefix = policy.settings.fields.tags.prefix.as_str();
    let is_label = |name: &&String| name.starts_with(prefix) && !name.contains(char::is_whitespace);
    names.iter().filter(is_label).cloned().collect()
}
