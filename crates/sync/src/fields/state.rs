//! State ⇄ status, by the pairs of the settings.

use schema::TargetStatus;
use schema::settings::FieldRule;
use serde_json::Value;

use super::field::{Field, IssueWrite, Mapped};
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

/// State types that require a `pending_time`: pending reminder and pending action.
const PENDING: [u64; 2] = [3, 4];
/// State type merged: set by merging two tickets only; Zammad refuses every other write of it (docs/platforms/zammad.md §2).
const MERGED: u64 = 6;

pub(super) fn field(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field {
    let settings = &policy.settings.fields.state;
    let (status, category) = (issue.snapshot.status_id.as_str(), issue.snapshot.status_category.as_str());
    let of_ticket = || settings.pairs.iter().filter(|pair| pair.zammad.matches(ticket.state, ticket.state_type));
    Field {
        name: "state".into(),
        jira_id: "status".into(),
        rule: policy.rule("state", FieldRule { direction: settings.direction, conflict: settings.conflict }, false),
        zammad: Value::from(ticket.state),
        jira: issue.snapshot.value("status"),
        agree: of_ticket().any(|pair| pair.jira.matches(status, category)),
        to_jira: {
            let any_of: Vec<_> = of_ticket().map(|pair| pair.jira.clone()).collect();
            if any_of.is_empty() {
                Mapped::unmapped(format!("state {}", ticket.state))
            } else {
                Mapped::To(IssueWrite::Status(TargetStatus { any_of }))
            }
        },
        to_zammad: match state_for(status, category, policy) {
            Some((id, type_id)) => {
                let minutes = i64::from(settings.pending_minutes);
                let until = PENDING.contains(&type_id).then(|| policy.now.plus(minutes * 60_000));
                Mapped::To(TicketWrite::State(id, until))
            }
            None => Mapped::unmapped(format!("status {status}")),
        },
        unintended: None,
    }
}

/// Returns id and type of the state to set for a status: of the first pair with this status, the state with the pair's id
/// or the first active one of its type.
fn state_for(status: &str, category: &str, policy: &Policy<'_>) -> Option<(u64, u64)> {
    let pairs = policy.settings.fields.state.pairs.iter().filter(|pair| pair.jira.matches(status, category));
    pairs
        .flat_map(|pair| {
            policy
                .states
                .iter()
                .filter(|state| state.active && state.type_id != MERGED)
                .filter(|state| pair.zammad.matches(state.id, state.type_id))
        })
        .map(|state| (state.id, state.type_id))
        .next()
}
