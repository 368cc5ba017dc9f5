//! Properties of every merge, for generated sides, bases and settings.

use proptest::prelude::*;
use schema::settings::Direction;
use schema::{FieldOutcome, Settings, Side};
use serde_json::Value;
use sync::{
    Base, FieldName, Intents, Issue, Plan, Policy, Reason, Role, Ticket, TicketWrite, after_jira, after_zammad, merge,
};

use crate::support::write::{write_issue, write_ticket};
use crate::support::{STATUSES, any_settings, issues, policy, tickets, with_pairs};

/// Makes the plan's writes as two systems without faults would.
fn carry_out(plan: &Plan, ticket: &mut Ticket, issue: &mut Issue) {
    for write in plan.zammad.values() {
        write_ticket(write, ticket);
    }
    for (field, value) in &plan.jira.fields {
        write_issue(field, value, issue);
    }
    if let Some(wanted) = &plan.jira.status {
        let reached =
            wanted.any_of.iter().find_map(|any| STATUSES.iter().find(|(id, category)| any.matches(id, category)));
        if let Some((id, category)) = reached {
            (issue.snapshot.status_id, issue.snapshot.status_category) = ((*id).into(), (*category).into());
        }
    }
}

/// Returns the base after the plan's writes were made; none of them may be refused.
fn settled(base: &Base, plan: &Plan, ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Base {
    let outcome = FieldOutcome { snapshot: issue.snapshot.clone(), refused: Vec::new(), stale: Vec::new() };
    let intents = Intents { message: "m".into(), fields: plan.intended.clone() };
    let (here, there) = (after_zammad(plan, ticket, issue, policy), after_jira(&intents, &outcome, policy));
    assert!(here.refused.is_empty() && there.refused.is_empty(), "{here:?} {there:?}");
    let pairs = plan.accepted.clone().into_iter().chain(here.pairs).chain(there.pairs);
    with_pairs(Base { group: Some(plan.group), ..base.clone() }, pairs)
}

fn accepted(ticket: &Ticket, issue: &Issue, settings: &Settings) -> Base {
    let policy = policy(settings);
    let plan = merge(&Base::default(), ticket, issue, &policy);
    assert!(plan.is_empty(), "a new link writes nothing");
    settled(&Base::default(), &plan, ticket, issue, &policy)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Convergence, idempotence and no echo: after the writes of a plan a second merge is empty, and it skips the same
    /// fields.
    #[test]
    fn second_merge_is_empty(
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
        let names = |plan: &Plan| plan.skipped.iter().filter(|skipped| skipped.reason == Reason::Unmapped).map(|skipped| skipped.field.clone()).collect::<Vec<_>>();
        prop_assert_eq!(names(&again), names(&plan));
    }

    /// No side is written against the direction of its field, and a follower never writes to Jira.
    #[test]
    fn writes_respect_directions(
        (was, here) in (tickets(), tickets()), (then, there) in (issues(), issues()), settings in any_settings(),
    ) {
        let base = accepted(&was, &then, &settings);
        let plan = merge(&base, &here, &there, &policy(&settings));
        let fields = &settings.fields;
        let directions = [
            (FieldName::Title, "summary", fields.title.direction), (FieldName::State, "status", fields.state.direction),
            (FieldName::Priority, "priority", fields.priority.direction), (FieldName::Owner, "assignee", fields.owner.direction),
            (FieldName::Customer, "reporter", Direction::ToJira), (FieldName::Tags, "labels", fields.tags.direction),
            (FieldName::Custom("severity".into()), "customfield_10050", fields.custom[0].direction),
        ];
        for (name, jira_id, direction) in directions {
            prop_assert!(direction.to_zammad() || !plan.zammad.contains_key(&name), "{:?} was written", name);
            prop_assert!(direction.to_jira() || !plan.jira.expected.contains_key(jira_id), "{} was written", jira_id);
        }
        let follower = Policy { role: Role::Follower, ..policy(&settings) };
        let plan = merge(&base, &here, &there, &follower);
        prop_assert!(plan.jira.is_empty());
        prop_assert!(plan.zammad.keys().all(|field| *field == FieldName::State));
    }

    /// Every write to Jira has the fingerprint of the value it replaces, and unchanged fields are not written.
    #[test]
    fn writes_only_changed_fields_and_names_the_replaced_value(
        (was, here) in (tickets(), tickets()), (then, there) in (issues(), issues()), settings in any_settings(),
    ) {
        let base = accepted(&was, &then, &settings);
        let plan = merge(&base, &here, &there, &policy(&settings));
        for (field, fingerprint) in &plan.jira.expected {
            prop_assert_eq!(&there.snapshot.fingerprint(field.as_str().into()), fingerprint);
        }
        prop_assert_eq!(plan.jira.expected.len(), plan.jira.fields.len() + usize::from(plan.jira.status.is_some()));
        if was.title == here.title { prop_assert!(!plan.jira.fields.contains_key("summary")); }
        if then.snapshot.summary == there.snapshot.summary { prop_assert!(!plan.zammad.contains_key(&FieldName::Title)); }
        let unchanged = merge(&base, &was, &then, &policy(&settings));
        prop_assert!(unchanged.is_empty() && unchanged.accepted.is_empty());
    }

    /// A value without a mapping clears nothing: it unassigns nobody and clears no priority or option.
    #[test]
    fn unmapped_values_clear_nothing(
        (was, here) in (tickets(), tickets()), (then, there) in (issues(), issues()), settings in any_settings(),
    ) {
        let base = accepted(&was, &then, &settings);
        let plan = merge(&base, &here, &there, &policy(&settings));
        if plan.jira.fields.get("assignee") == Some(&Value::Null) {
            prop_assert!(here.owner.is_none() && was.owner.is_some() && here.group == was.group);
        }
        if matches!(plan.zammad.get(&FieldName::Owner), Some(TicketWrite::Owner(None))) {
            prop_assert!(there.snapshot.assignee.is_none());
        }
        if plan.jira.fields.get("customfield_10050") == Some(&Value::Null) {
            prop_assert!(here.attributes["severity"].is_null());
        }
        if matches!(plan.zammad.get(&FieldName::Custom("severity".into())), Some(TicketWrite::Attribute(_, Value::Null))) {
            prop_assert!(there.snapshot.fields.is_empty());
        }
        for skipped in &plan.skipped {
            prop_assert!(!plan.zammad.contains_key(&skipped.field) && !plan.intended.contains_key(&skipped.field));
        }
    }

    /// Edits of different fields on both sides lead to the same result in any order.
    #[test]
    fn order_of_events_does_not_matter(was in tickets(), then in issues(), title in "[a-z]{5,9}", priority in 1u64..4) {
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
