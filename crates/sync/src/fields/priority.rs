//! Priority ⇄ priority, by the pairs of the settings.

use schema::JiraField;
use schema::settings::FieldRule;
use serde_json::{Value, json};

use super::field::{Field, IssueWrite, Mapped};
use crate::detail::Detail;
use crate::names::FieldName;
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field<'static> {
    let settings = &policy.settings.fields.priority;
    let jira = issue.snapshot.priority_id.as_deref();
    let for_jira = settings.pairs.iter().find(|pair| pair.zammad == ticket.priority);
    let for_zammad = settings.pairs.iter().find(|pair| Some(pair.jira.as_str()) == jira);
    Field {
        name: FieldName::Priority,
        jira_id: JiraField::Priority,
        rule: policy.rule(
            &FieldName::Priority,
            FieldRule { direction: settings.direction, conflict: settings.conflict },
            false,
        ),
        zammad: Value::from(ticket.priority),
        jira: issue.snapshot.value(JiraField::Priority),
        agree: settings.pairs.iter().any(|pair| pair.zammad == ticket.priority && Some(pair.jira.as_str()) == jira),
        to_jira: match for_jira {
            Some(pair) => Mapped::To(IssueWrite::Field(json!({ "id": pair.jira }))),
            None => Mapped::unmapped(Detail::Priority(ticket.priority)),
        },
        to_zammad: match for_zammad {
            Some(pair) => Mapped::To(TicketWrite::Priority(pair.zammad)),
            None => Mapped::Unmapped(jira.map(|id| Detail::JiraPriority(id.to_owned()))),
        },
        unintended: None,
    }
}
