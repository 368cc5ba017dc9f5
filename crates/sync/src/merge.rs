//! Merges all fields of a link into one plan.

use schema::Side;

use crate::base::Base;
use crate::fields;
use crate::fields::field::{Field, IssueWrite, Mapped};
use crate::plan::{Conflict, Plan, Reason, Skipped};
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};
use crate::three_way::{Decision, decide};

/// Returns the writes after which both sides agree under the policy. After the writes are made and their result is in the
/// base, a second merge returns an empty plan.
#[must_use]
pub fn merge(base: &Base, ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Plan {
    let mut plan = Plan { group: ticket.group, ..Plan::default() };
    // Compares the two systems' own times; Zammad wins a tie.
    let newer = if issue.changed_at > ticket.changed_at { Side::Jira } else { Side::Zammad };
    for field in fields::all(base, ticket, issue, policy) {
        let now = field.pair();
        let before = base.pairs.get(&field.name);
        let changed_in_zammad = before.is_some_and(|before| before.zammad != now.zammad);
        if let Some(reason) =
            field.unintended.filter(|_| changed_in_zammad && !field.agree && field.rule.direction.to_jira())
        {
            plan.skipped.push(Skipped { field: field.name.clone(), reason, detail: None });
            plan.accepted.insert(field.name, now);
            continue;
        }
        // An issue that was created for the ticket keeps Jira's default where the ticket has no value.
        if before.is_some_and(|before| before.zammad.is_empty()) && field.zammad.is_null() {
            plan.accepted.insert(field.name, now);
            continue;
        }
        match decide(field.rule, before, &now, field.agree, newer) {
            Decision::Unchanged => {}
            Decision::Accept => {
                plan.accepted.insert(field.name, now);
            }
            Decision::Write { .. } if policy.resting.contains(&field.name) => {
                let reason = Reason::BackAndForth;
                plan.skipped.push(Skipped { field: field.name, reason, detail: None });
            }
            Decision::Write { side, conflict } => write(&mut plan, field, issue, side, conflict),
        }
    }
    plan
}

fn write(plan: &mut Plan, field: Field<'_>, issue: &Issue, side: Side, conflict: bool) {
    let now = field.pair();
    let unmapped = match (side, field.to_jira, field.to_zammad) {
        (Side::Jira, Mapped::To(value), _) => {
            let id = field.jira_id.id().to_owned();
            plan.jira.expected.insert(id.clone(), issue.snapshot.fingerprint(field.jira_id));
            match value {
                IssueWrite::Field(value) => {
                    plan.jira.fields.insert(id, value);
                }
                IssueWrite::Status(wanted) => plan.jira.status = Some(wanted),
            }
            plan.intended.insert(field.name.clone(), now.zammad);
            None
        }
        (Side::Zammad, _, Mapped::To(value)) => {
            plan.zammad.insert(field.name.clone(), value);
            None
        }
        (Side::Jira, Mapped::Unmapped(value), _) | (Side::Zammad, _, Mapped::Unmapped(value)) => Some(value),
    };
    if let Some(detail) = unmapped {
        plan.skipped.push(Skipped { field: field.name, reason: Reason::Unmapped, detail });
    } else if conflict {
        let winner = if side == Side::Jira { Side::Zammad } else { Side::Jira };
        plan.conflicts.push(Conflict { field: field.name, winner, zammad: field.zammad, jira: field.jira });
    }
}
