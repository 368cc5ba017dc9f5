//! Derives the next base from the result of the writes. Only the response counts, never the request: both systems may store
//! a different value than they received, and Zammad does so silently.

use schema::{FieldOutcome, IssueSnapshot, JiraField, fingerprint};

use crate::base::{Intents, Pair};
use crate::fields::{has_tag, jira_fingerprint, zammad_value};
use crate::plan::{Plan, Reason, Settled, TicketWrite};
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

/// Returns the result of the writes to Zammad; `answer` is the ticket that Zammad returned. A value that differs from the
/// written one is accepted and reported as refused: writing it again would have the same effect, and an owner that Zammad
/// replaced by nobody must not unassign the issue.
#[must_use]
pub fn after_zammad(plan: &Plan, answer: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Settled {
    let mut settled = Settled::default();
    for (field, write) in &plan.zammad {
        let zammad = fingerprint(&zammad_value(field, answer, policy));
        let jira = jira_fingerprint(field, &issue.snapshot, policy.settings);
        settled.pairs.insert(field.clone(), Pair { zammad, jira });
        match refusal_reason(write, answer) {
            None => settled.written.push(field.clone()),
            Some(reason) => settled.refused.push((field.clone(), reason.code().into(), None)),
        }
    }
    settled
}

fn refusal_reason(write: &TicketWrite, answer: &Ticket) -> Option<Reason> {
    let stored = match write {
        TicketWrite::Title(title) => *title == answer.title,
        TicketWrite::State(id, _) => *id == answer.state,
        TicketWrite::Priority(id) => *id == answer.priority,
        TicketWrite::Owner(Some(_)) if answer.owner.is_none() => return Some(Reason::OwnerWithoutAccess),
        TicketWrite::Owner(owner) => *owner == answer.owner,
        TicketWrite::Tags { add, remove } => {
            add.iter().all(|tag| has_tag(&answer.tags, tag)) && !remove.iter().any(|tag| has_tag(&answer.tags, tag))
        }
        TicketWrite::Attribute(name, value) => {
            let now = answer.attributes.get(name);
            now == Some(value) || (value.is_null() && now.is_none_or(|now| now.as_str() == Some("")))
        }
    };
    (!stored).then_some(Reason::NotStored)
}

/// Returns the result of the writes to Jira. A stale field keeps its old pair, so the next merge compares it with Jira's
/// current value.
#[must_use]
pub fn after_jira(intents: &Intents, outcome: &FieldOutcome, policy: &Policy<'_>) -> Settled {
    let mut settled = Settled::default();
    for (field, zammad) in &intents.fields {
        let id = field.jira(policy.settings).map(JiraField::id);
        if outcome.stale.iter().any(|stale| id == Some(stale.as_str())) {
            continue;
        }
        let pair = Pair { zammad: zammad.clone(), jira: jira_fingerprint(field, &outcome.snapshot, policy.settings) };
        settled.pairs.insert(field.clone(), pair);
        match outcome.refused.iter().find(|refused| id == Some(refused.field.as_str())) {
            None => settled.written.push(field.clone()),
            Some(refused) => settled.refused.push((field.clone(), refused.code.clone(), refused.detail.clone())),
        }
    }
    settled
}

/// Returns the result of a message that Forge refused permanently: every field of it is refused, and not written again
/// until its value changes.
#[must_use]
pub fn after_refusal(intents: &Intents, known: &IssueSnapshot, code: &str, policy: &Policy<'_>) -> Settled {
    let mut settled = Settled::default();
    for (field, zammad) in &intents.fields {
        let pair = Pair { zammad: zammad.clone(), jira: jira_fingerprint(field, known, policy.settings) };
        settled.pairs.insert(field.clone(), pair);
        settled.refused.push((field.clone(), code.to_owned(), None));
    }
    settled
}
