//! Customer → reporter: off by default, one way, and only for customers who have an account.

use serde_json::{Value, json};

use super::{Carried, Field, IssueWrite, account_of};
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field {
    let account = account_of(ticket.customer, policy);
    let reporter = issue.snapshot.reporter.as_ref().map(|author| author.account_id.as_str());
    Field {
        name: "customer".into(),
        jira_id: "reporter".into(),
        rule: policy.rule("customer", policy.settings.fields.customer, false),
        zammad: Value::from(ticket.customer),
        jira: issue.snapshot.value("reporter"),
        agree: account.is_some() && account == reporter,
        to_jira: match account {
            Some(account) => Carried::As(IssueWrite::Field(json!({ "accountId": account }))),
            None => Carried::Nowhere(Some(format!("user {}", ticket.customer))),
        },
        to_zammad: Carried::Nowhere(None),
        unmeant: None,
    }
}
