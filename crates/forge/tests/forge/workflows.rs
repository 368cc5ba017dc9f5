//! Generated workflows: the number of transitions is limited, no status is entered twice, and reachable statuses are reached.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use schema::settings::StatusSelector;
use schema::{FieldApply, FieldOutcome, ResultStatus, TargetStatus, fingerprint};
use serde_json::json;

use crate::fields::message;
use crate::support::jira::{TransitionRule, rule};
use crate::support::{A, TestEnv, apply, linked, set_settings};

const STATUSES: [&str; 7] = ["n1", "n2", "i1", "i2", "i3", "d1", "d2"];

/// Workflows of transitions, some with an obstacle: a configured field, a field that is not configured, or a condition.
fn workflows() -> impl Strategy<Value = Vec<TransitionRule>> {
    let one = (0..STATUSES.len(), 0..STATUSES.len(), 0u8..10).prop_map(|(from, to, obstacle)| {
        let plain = rule(STATUSES[from], STATUSES[to]);
        match obstacle {
            0 => TransitionRule { needs: vec!["resolution".into()], ..plain },
            1 => TransitionRule { needs: vec!["customfield_9".into()], ..plain },
            2 => TransitionRule { hidden: true, ..plain },
            _ => plain,
        }
    });
    prop::collection::vec(one, 0..16)
}

/// Returns the number of transitions of the shortest usable path from `n1`.
fn shortest(rules: &[TransitionRule], goal: &str) -> Option<usize> {
    let usable = |rule: &&TransitionRule| !rule.hidden && rule.needs.iter().all(|field| field == "resolution");
    let mut seen = BTreeSet::from(["n1"]);
    let mut open = VecDeque::from([("n1", 0)]);
    while let Some((at, steps)) = open.pop_front() {
        if at == goal {
            return Some(steps);
        }
        for rule in rules.iter().filter(usable).filter(|rule| rule.from == at) {
            if seen.insert(&rule.to) {
                open.push_back((&rule.to, steps + 1));
            }
        }
    }
    None
}

fn apply_status(env: &TestEnv, secret: &envelope::Secret, nonce: u8, goal: &str) -> FieldOutcome {
    let before = env.jira.field("10007", "status")["id"].clone();
    let status = Some(TargetStatus { any_of: vec![StatusSelector::of_id(goal)] });
    let expected = BTreeMap::from([("status".to_owned(), fingerprint(&before))]);
    let plan = FieldApply { issue_id: "10007".into(), fields: BTreeMap::new(), status, expected };
    let result = apply(env, secret, nonce, message(u128::from(nonce), plan));
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reaches_every_reachable_status_in_few_transitions(rules in workflows(), goal in 1..STATUSES.len()) {
        let goal = STATUSES[goal];
        let (env, secret) = linked();
        set_settings(&env, json!({ "fields": { "state": { "transitionFields": { "resolution": { "id": "1" } } } } }));
        *env.jira.transition_rules.borrow_mut() = rules.clone();
        env.jira.statuses.borrow_mut().extend(STATUSES.map(str::to_owned));

        // The cache is empty.
        let outcome = apply_status(&env, &secret, 2, goal);
        let steps = env.jira.transitions.get();
        prop_assert!(steps <= 4, "{steps} transitions");
        prop_assert!(steps < STATUSES.len() as u32, "a status was entered twice");
        let there = outcome.snapshot.status_id == goal;
        prop_assert_eq!(there, outcome.refused.is_empty(), "{:?}", outcome.refused);
        prop_assert!(!there || shortest(&rules, goal).is_some());
        if shortest(&rules, goal) == Some(1) {
            prop_assert!(there && steps == 1, "a direct transition needs no cache");
        }

        // Now the cache has the transitions from every status.
        for status in STATUSES {
            env.jira.set("10007", "status", crate::support::jira::status(status));
            let plan = FieldApply {
                issue_id: "10007".into(),
                fields: BTreeMap::new(),
                status: Some(TargetStatus { any_of: vec![StatusSelector::of_id("nowhere")] }),
                expected: BTreeMap::from([("status".to_owned(), fingerprint(&json!(status)))]),
            };
            let number = 100 + STATUSES.iter().position(|known| *known == status).unwrap() as u8;
            apply(&env, &secret, number, message(u128::from(number), plan));
        }
        prop_assert!(env.keys_of(A, "cache:wf:").len() <= 1);
        env.jira.set("10007", "status", crate::support::jira::status("n1"));
        env.jira.transitions.set(0);
        let outcome = apply_status(&env, &secret, 3, goal);
        let steps = env.jira.transitions.get();
        prop_assert!(steps <= 4);
        if let Some(least) = shortest(&rules, goal).filter(|least| *least <= 4) {
            prop_assert_eq!((outcome.snapshot.status_id.as_str(), steps as usize), (goal, least), "{:?}", outcome.refused);
        }
    }
}
