//! What was really written, and the base that follows from it. The answer counts, never the request: both systems store
//! other values than they were given, and one says nothing about it.

use schema::{FieldOutcome, IssueSnapshot, Settings, print};

use crate::base::{Intents, Pair};
use crate::fields::zammad_value;
use crate::plan::{Plan, Reason, Settled, TicketWrite};
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};

/// The Jira field of a base's field.
pub(crate) fn jira_id<'a>(field: &'a str, settings: &'a Settings) -> &'a str {
    match field {
        "title" => "summary",
        "state" => "status",
        "owner" => "assignee",
        "customer" => "reporter",
        "tags" => "labels",
        other => {
            let attribute = other.strip_prefix("custom:").unwrap_or(other);
            let rules = &settings.fields.custom;
            rules.iter().find(|rule| rule.zammad == attribute).map_or(other, |rule| rule.jira.as_str())
        }
    }
}

/// After Zammad was written: `answer` is the ticket as Zammad gave it back. A value that is not as asked for is accepted
/// and told: asking again would only be refused again, and an owner that Zammad turned into nobody is no unassignment.
#[must_use]
pub fn after_zammad(plan: &Plan, answer: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Settled {
    let mut settled = Settled::default();
    for (field, write) in &plan.zammad {
        let zammad = print(&zammad_value(field, answer, policy));
        let jira = issue.snapshot.print(jira_id(field, policy.settings));
        settled.pairs.insert(field.clone(), Pair { zammad, jira });
        match refusal(write, answer) {
            None => settled.written.push(field.clone()),
            Some(reason) => settled.refused.push((field.clone(), reason.code().into(), None)),
        }
    }
    settled
}

fn refusal(write: &TicketWrite, answer: &Ticket) -> Option<Reason> {
    let stored = match write {
        TicketWrite::Title(title) => *title == answer.title,
        TicketWrite::State(id, _) => *id == answer.state,
        TicketWrite::Priority(id) => *id == answer.priority,
        TicketWrite::Owner(Some(_)) if answer.owner.is_none() => return Some(Reason::OwnerWithoutAccess),
        TicketWrite::Owner(owner) => *owner == answer.owner,
        TicketWrite::Tags { add, remove } => add.is_subset(&answer.tags) && remove.is_disjoint(&answer.tags),
        TicketWrite::Attribute(name, value) => {
            let now = answer.attributes.get(name);
            now == Some(value) || (value.is_null() && now.is_none_or(|now| now.as_str() == Some("")))
        }
    };
    (!stored).then_some(Reason::NotStored)
}

/// After Jira was written. A stale field keeps its old pair: it is planned anew against what Jira holds now.
#[must_use]
pub fn after_jira(intents: &Intents, outcome: &FieldOutcome, policy: &Policy<'_>) -> Settled {
    let mut settled = Settled::default();
    for (field, zammad) in &intents.fields {
        let id = jira_id(field, policy.settings);
        if outcome.stale.iter().any(|stale| stale == id) {
            continue;
        }
        let pair = Pair { zammad: zammad.clone(), jira: outcome.snapshot.print(id) };
        settled.pairs.insert(field.clone(), pair);
        match outcome.refused.iter().find(|refused| refused.field == id) {
            None => settled.written.push(field.clone()),
            Some(refused) => settled.refused.push((field.clone(), refused.code.clone(), refused.detail.clone())),
        }
    }
    settled
}

/// After Jira refused the whole message for good: every field of it is listed, and not asked for again until it changes.
#[must_use]
pub fn after_refusal(intents: &Intents, known: &IssueSnapshot, code: &str, policy: &Policy<'_>) -> Settled {
    let mut settled = Settled::default();
    for (field, zammad) in &intents.fields {
        let pair = Pair { zammad: zammad.clone(), jira: known.print(jira_id(field, policy.settings)) };
        settled.pairs.insert(field.clone(), pair);
        settled.refused.push((field.clone(), code.to_owned(), None));
    }
    settled
}
