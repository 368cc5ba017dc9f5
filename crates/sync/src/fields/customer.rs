//! Customer → reporter: off by default, to Jira only, and only for customers in the identity map.

use schema::JiraField;
use serde_json::{Value, json};

use super::field::{Field, IssueWrite, Mapped};
use super::people::account_of;
use crate::detail::UnmappedPerson;
use crate::names::FieldName;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field<'static> {
    let account = account_of(ticket.customer, policy);
    let reporter = issue.snapshot.reporter.as_ref().map(|author| author.account_id.as_str());
    Field {
        name: FieldName::Customer,
        jira_id: JiraField::Reporter,
        rule: policy.rule(&FieldName::Customer, policy.settings.fields.customer, false),
        zammad: Value::from(ticket.customer),
        jira: issue.snapshot.value(JiraField::Reporter),
        agree: account.is_some() && account == reporter,
        to_jira: match account {
            Some(account) => Mapped::To(IssueWrite::Field(json!({ "accountId": account }))),
            None => Mapped::unmapped(UnmappedPerson::ZammadUser(ticket.customer)),
        },
        to_zammad: Mapped::Unmapped(None),
        unintended: None,
    }
}
