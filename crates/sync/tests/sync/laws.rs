//! The laws, over any two sides, any accepted base and any settings.

use proptest::prelude::*;
use schema::settings::Direction;
use schema::{FieldOutcome, Settings};
use serde_json::Value;
use sync::{
    Base, Intents, Issue, Plan, Policy, Reason, Role, Side, Ticket, TicketWrite, after_jira, after_zammad, merge,
};

use crate::support::{STATES, STATUSES, any_settings, issues, policy, tickets};

/// Both systems do what they are asked, as an ideal pair would.
pub(crate) fn carry_out(plan: &Plan, ticket: &mut Ticket, issue: &mut Issue) {
    for write in plan.zammad.values() {
        write_ticket(write, ticket);
    }
    for (field, value) in &plan.jira.fields {
        write_issue(field, value, issue);
    }
    if let Some(wanted) = &plan.jira.status {
        let reached =
            wanted.any_of.iter().find_map(|any| STATUSES.iter().find(|(id, category)| any.means(id, category)));
        if let Some((id, category)) = reached {
            (issue.snapshot.status_id, issue.snapshot.status_category) = ((*id).into(), (*category).into());
        }
    }
}

pub(crate) fn write_ticket(write: &TicketWrite, ticket: &mut Ticket) {
    match write {
        TicketWrite::Title(title) => title.clone_into(&mut ticket.title),
        TicketWrite::State(id, pending) => {
            let state = STATES.iter().find(|state| state.id == *id).unwrap();
            assert!(state.active && state.type_id != 6, "only what can be set");
            assert_eq!(pending.is_some(), [3, 4].contains(&state.type_id), "a pending state needs a time");
            (ticket.state, ticket.state_type) = (state.id, state.type_id);
        }
        TicketWrite::Priority(id) => ticket.priority = *id,
        TicketWrite::Owner(owner) => ticket.owner = *owner,
        TicketWrite::Tags { add, remove } => {
            ticket.tags.retain(|tag| !remove.contains(tag));
            ticket.tags.extend(add.iter().cloned());
        }
        TicketWrite::Attribute(name, value) => {
            ticket.attributes.insert(name.clone(), value.clone());
        }
    }
}

pub(crate) fn write_issue(field: &str, value: &Value, issue: &mut Issue) {
    let snapshot = &mut issue.snapshot;
    let account = || value["accountId"].as_str().and_then(crate::support::account);
    match field {
        "summary" => value.as_str().unwrap().clone_into(&mut snapshot.summary),
        "priority" => snapshot.priority_id = value["id"].as_str().map(str::to_owned),
        "assignee" => snapshot.assignee = account(),
        "reporter" => snapshot.reporter = account(),
        "labels" => {
            snapshot.labels =
                value.as_array().unwrap().iter().map(|label| label.as_str().unwrap().to_owned()).collect();
        }
        custom if value.is_null() => {
            snapshot.fields.remove(custom);
        }
        custom => {
            snapshot.fields.insert(custom.to_owned(), value.clone());
        }
    }
}

/// The base after the plan was carried out, and what was refused.
fn settled(base: &Base, plan: &Plan, ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Base {
    let outcome = FieldOutcome { snapshot: issue.snapshot.clone(), refused: Vec::new(), stale: Vec::new() };
    let intents = Intents { message: "m".into(), fields: plan.intended.clone() };
    let (here, there) = (after_zammad(plan, ticket, issue, policy), after_jira(&intents, &outcome, policy));
    assert!(here.refused.is_empty() && there.refused.is_empty(), "{here:?} {there:?}");
    Base { group: Some(plan.group), ..base.clone() }.with(plan.accepted.clone()).with(here.pairs).with(there.pairs)
}

fn accepted(ticket: &Ticket, issue: &Issue, settings: &Settings) -> Base {
    let policy = policy(settings);
    let plan = merge(&Base::default(), ticket, issue, &policy);
    assert!(plan.is_empty(), "a new link writes nothing");
    settled(&Base::default(), &plan, ticket, issue, &policy)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Convergence, idempotence and no echo at once: after a plan was carried out a second merge plans nothing, and what
    /// is left alone now was left alone before.
    #[test]
    fn a_second_merge_is_empty(
        (was, here) in (tickets(), tickets()), (then, there) in (issues(), issues()), settings in any_settings(),
    ) {
        let base = accepted(&was, &then, &settings);
        let policy = policy(&settings);
        let (mut ticket, mut issue) = (here, there);
        let plan = merge(&base, &ticket, &issue, &policy);
        carry_out(&plan, &mut ticket, &mut issue);
        let base = settled(&base, &plan, &ticket, &issue, &policy);
        let again = merge(&base, &ticket, &issue, &policy);
        prop_assert!(again.is_empty(), "{again:?} after {plan:?}");
        let names = |plan: &Plan| plan.left.iter().filter(|left| left.reason == Reason::Unmapped).map(|left| left.field.clone()).collect::<Vec<_>>();
        prop_assert_eq!(names(&again), names(&plan));
    }

    /// No side is written against its field's direction, and a follower never writes.
    #[test]
    fn directions_are_kept(
        (was, here) in (tickets(), tickets()), (then, there) in (issues(), issues()), settings in any_settings(),
    ) {
        let base = accepted(&was, &then, &settings);
        let plan = merge(&base, &here, &there, &policy(&settings));
        let fields = &settings.fields;
        let directions = [
            ("title", "summary", fields.title.direction), ("state", "status", fields.state.direction),
            ("priority", "priority", fields.priority.direction), ("owner", "assignee", fields.owner.direction),
            ("customer", "reporter", Direction::ToJira), ("tags", "labels", fields.tags.direction),
            ("custom:severity", "customfield_10050", fields.custom[0].direction),
        ];
        for (name, jira_id, direction) in directions {
            prop_assert!(direction.to_zammad() || !plan.zammad.contains_key(name), "{} was written", name);
            prop_assert!(direction.to_jira() || !plan.jira.expected.contains_key(jira_id), "{} was written", jira_id);
        }
        let follower = Policy { role: Role::Follower, ..policy(&settings) };
        let plan = merge(&base, &here, &there, &follower);
        prop_assert!(plan.jira.is_empty());
        prop_assert!(plan.zammad.keys().all(|field| field == "state"));
    }

    /// Every value written to Jira names what it was planned against, and nothing is written that did not change.
    #[test]
    fn only_what_changed_is_written_and_only_over_what_was_known(
        (was, here) in (tickets(), tickets()), (then, there) in (issues(), issues()), settings in any_settings(),
    ) {
        let base = accepted(&was, &then, &settings);
        let plan = merge(&base, &here, &there, &policy(&settings));
        for (field, print) in &plan.jira.expected {
            prop_assert_eq!(&there.snapshot.print(field), print);
        }
        prop_assert_eq!(plan.jira.expected.len(), plan.jira.fields.len() + usize::from(plan.jira.status.is_some()));
        if was.title == here.title { prop_assert!(!plan.jira.fields.contains_key("summary")); }
        if then.snapshot.summary == there.snapshot.summary { prop_assert!(!plan.zammad.contains_key("title")); }
        let unchanged = merge(&base, &was, &then, &policy(&settings));
        prop_assert!(unchanged.is_empty() && unchanged.accepted.is_empty());
    }

    /// What has no counterpart blanks nothing: nobody is unassigned, no priority or option is cleared because of it.
    #[test]
    fn unmapped_values_blank_nothing(
        (was, here) in (tickets(), tickets()), (then, there) in (issues(), issues()), settings in any_settings(),
    ) {
        let base = accepted(&was, &then, &settings);
        let plan = merge(&base, &here, &there, &policy(&settings));
        if plan.jira.fields.get("assignee") == Some(&Value::Null) {
            prop_assert!(here.owner.is_none() && was.owner.is_some() && here.group == was.group);
        }
        if matches!(plan.zammad.get("owner"), Some(TicketWrite::Owner(None))) {
            prop_assert!(there.snapshot.assignee.is_none());
        }
        if plan.jira.fields.get("customfield_10050") == Some(&Value::Null) {
            prop_assert!(here.attributes["severity"].is_null());
        }
        if matches!(plan.zammad.get("custom:severity"), Some(TicketWrite::Attribute(_, Value::Null))) {
            prop_assert!(there.snapshot.fields.is_empty());
        }
        for left in &plan.left {
            prop_assert!(!plan.zammad.contains_key(&left.field) && !plan.intended.contains_key(&left.field));
        }
    }

    /// Events carry no truth, so their order has none either: edits of different fields on both sides end the same
    /// whichever was merged first, and in one merge.
    #[test]
    fn the_order_of_events_does_not_matter(was in tickets(), then in issues(), title in "[a-z]{5,9}", priority in 1u64..4) {
        let settings = crate::support::settings();
        let policy = policy(&settings);
        let first = accepted(&was, &then, &settings);
        let run = |order: &[Side]| {
            let (mut base, mut ticket, mut issue) = (first.clone(), was.clone(), then.clone());
            for side in order {
                match side {
                    Side::Zammad => ticket.title = title.clone(),
                    Side::Jira => issue.snapshot.priority_id = Some(priority.to_string()),
                }
                let plan = merge(&base, &ticket, &issue, &policy);
                carry_out(&plan, &mut ticket, &mut issue);
                base = settled(&base, &plan, &ticket, &issue, &policy);
            }
            (ticket, issue, base)
        };
        prop_assert_eq!(run(&[Side::Zammad, Side::Jira]), run(&[Side::Jira, Side::Zammad]));
    }
}
