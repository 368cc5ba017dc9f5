//! All fields of a link.

use crate::base::Base;
use crate::fields::{self, Carried, Field, IssueWrite};
use crate::plan::{Conflict, Left, Plan, Reason, Side};
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};
use crate::three_way::{Decision, decide};

/// What shall be done so that both sides hold the same under the policy. A second merge, after the plan was carried out and
/// its outcome put into the base, plans nothing.
#[must_use]
pub fn merge(base: &Base, ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Plan {
    let mut plan = Plan { group: ticket.group, ..Plan::default() };
    // The two systems' own clocks; where they say the same, the helpdesk has the word.
    let newer = if issue.changed_at > ticket.changed_at { Side::Jira } else { Side::Zammad };
    for field in fields::all(ticket, issue, base.group, policy) {
        let now = field.pair();
        let before = base.pairs.get(&field.name);
        let changed_here = before.is_some_and(|before| before.zammad != now.zammad);
        if let Some(reason) = field.unmeant.filter(|_| changed_here && !field.agree && field.rule.direction.to_jira()) {
            plan.left.push(Left { field: field.name.clone(), reason, detail: None });
            plan.accepted.insert(field.name, now);
            continue;
        }
        // An issue made for the ticket keeps what Jira gave it where the ticket has nothing to say.
        if before.is_some_and(|before| before.zammad.is_empty()) && field.zammad.is_null() {
            plan.accepted.insert(field.name, now);
            continue;
        }
        match decide(field.rule, before, &now, field.agree, newer) {
            Decision::Settled => {}
            Decision::Accept => {
                plan.accepted.insert(field.name, now);
            }
            Decision::Write { side, conflict } => write(&mut plan, field, side, conflict),
        }
    }
    plan
}

fn write(plan: &mut Plan, field: Field, side: Side, conflict: bool) {
    let now = field.pair();
    let nowhere = match (side, field.to_jira, field.to_zammad) {
        (Side::Jira, Carried::As(value), _) => {
            plan.jira.expected.insert(field.jira_id.clone(), now.jira);
            match value {
                IssueWrite::Field(value) => {
                    plan.jira.fields.insert(field.jira_id, value);
                }
                IssueWrite::Status(wanted) => plan.jira.status = Some(wanted),
            }
            plan.intended.insert(field.name.clone(), now.zammad);
            None
        }
        (Side::Zammad, _, Carried::As(value)) => {
            plan.zammad.insert(field.name.clone(), value);
            None
        }
        (Side::Jira, Carried::Nowhere(detail), _) | (Side::Zammad, _, Carried::Nowhere(detail)) => Some(detail),
    };
    if let Some(detail) = nowhere {
        plan.left.push(Left { field: field.name, reason: Reason::Unmapped, detail });
    } else if conflict {
        let winner = if side == Side::Jira { Side::Zammad } else { Side::Jira };
        plan.conflicts.push(Conflict { field: field.name, winner, zammad: field.zammad, jira: field.jira });
    }
}
