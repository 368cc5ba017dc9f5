//! Priority, by a table of pairs.

use schema::settings::FieldRule;
use serde_json::{Value, json};

use super::{Carried, Field, IssueWrite};
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field {
    let settings = &policy.settings.fields.priority;
    let jira = issue.snapshot.priority_id.as_deref();
    let for_jira = settings.pairs.iter().find(|pair| pair.zammad == ticket.priority);
    let for_zammad = settings.pairs.iter().find(|pair| Some(pair.jira.as_str()) == jira);
    Field {
        name: "priority".into(),
        jira_id: "priority".into(),
        rule: policy.rule("priority", FieldRule { direction: settings.direction, conflict: settings.conflict }, false),
        zammad: Value::from(ticket.priority),
        jira: issue.snapshot.value("priority"),
        agree: settings.pairs.iter().any(|pair| pair.zammad == ticket.priority && Some(pair.jira.as_str()) == jira),
        to_jira: match for_jira {
            Some(pair) => Carried::As(IssueWrite::Field(json!({ "id": pair.jira }))),
            None => Carried::Nowhere(Some(format!("priority {}", ticket.priority))),
        },
        to_zammad: match for_zammad {
            Some(pair) => Carried::As(TicketWrite::Priority(pair.zammad)),
            None => Carried::Nowhere(jira.map(|id| format!("priority {id}"))),
        },
        unmeant: None,
    }
}
