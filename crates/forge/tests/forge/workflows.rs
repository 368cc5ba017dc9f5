//! Any workflow at all: a walk is short, enters no status twice, and finds what can be found.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use schema::settings::StatusSelector;
use schema::{FieldApply, FieldOutcome, ResultStatus, StatusWanted, print};
use serde_json::json;

use crate::fields::message;
use crate::jira::{Way, way};
use crate::memory::{A, World, apply, linked, set_settings};

const STATUSES: [&str; 7] = ["n1", "n2", "i1", "i2", "i3", "d1", "d2"];

/// From, to, what is in the way: nothing mostly, a field that is configured, one that is not, a condition.
fn workflows() -> impl Strategy<Value = Vec<Way>> {
    let one = (0..STATUSES.len(), 0..STATUSES.len(), 0u8..10).prop_map(|(from, to, obstacle)| {
        let way = way(STATUSES[from], STATUSES[to]);
        match obstacle {
            0 => Way { needs: vec!["resolution".into()], ..way },
            1 => Way { needs: vec!["customfield_9".into()], ..way },
            2 => Way { hidden: true, ..way },
            _ => way,
        }
    });
    prop::collection::vec(one, 0..16)
}

/// Steps of the shortest way from `n1` that can be gone, if there is one.
fn shortest(ways: &[Way], goal: &str) -> Option<usize> {
    let usable = |way: &&Way| !way.hidden && way.needs.iter().all(|field| field == "resolution");
    let mut seen = BTreeSet::from(["n1"]);
    let mut open = VecDeque::from([("n1", 0)]);
    while let Some((at, steps)) = open.pop_front() {
        if at == goal {
            return Some(steps);
        }
        for way in ways.iter().filter(usable).filter(|way| way.from == at) {
            if seen.insert(&way.to) {
                open.push_back((&way.to, steps + 1));
            }
        }
    }
    None
}

fn walk(world: &World, secret: &envelope::Secret, nonce: u8, goal: &str) -> FieldOutcome {
    let before = world.jira.field("10007", "status")["id"].clone();
    let status = Some(StatusWanted { any_of: vec![StatusSelector { id: Some(goal.into()), category: None }] });
    let expected = BTreeMap::from([("status".to_owned(), print(&before))]);
    let plan = FieldApply { issue_id: "10007".into(), fields: BTreeMap::new(), status, expected };
    let result = apply(world, secret, nonce, message(u128::from(nonce), plan));
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_walk_is_short_and_finds_what_can_be_found(ways in workflows(), goal in 1..STATUSES.len()) {
        let goal = STATUSES[goal];
        let (world, secret) = linked();
        set_settings(&world, json!({ "fields": { "state": { "transitionFields": { "resolution": { "id": "1" } } } } }));
        *world.jira.ways.borrow_mut() = ways.clone();
        world.jira.statuses.borrow_mut().extend(STATUSES.map(str::to_owned));

        // Nothing is known yet.
        let outcome = walk(&world, &secret, 2, goal);
        let steps = world.jira.transitions.get();
        prop_assert!(steps <= 4, "{steps} transitions");
        prop_assert!(steps < STATUSES.len() as u32, "a status was entered twice");
        let there = outcome.snapshot.status_id == goal;
        prop_assert_eq!(there, outcome.refused.is_empty(), "{:?}", outcome.refused);
        prop_assert!(!there || shortest(&ways, goal).is_some());
        if shortest(&ways, goal) == Some(1) {
            prop_assert!(there && steps == 1, "one step is seen without knowing anything");
        }

        // Now from every status what leads away from it was seen once.
        for status in STATUSES {
            world.jira.set("10007", "status", crate::jira::status(status));
            let plan = FieldApply {
                issue_id: "10007".into(),
                fields: BTreeMap::new(),
                status: Some(StatusWanted { any_of: vec![StatusSelector { id: Some("nowhere".into()), category: None }] }),
                expected: BTreeMap::from([("status".to_owned(), print(&json!(status)))]),
            };
            let number = 100 + STATUSES.iter().position(|known| *known == status).unwrap() as u8;
            apply(&world, &secret, number, message(u128::from(number), plan));
        }
        prop_assert!(world.keys_of(A, "cache:wf:").len() <= 1);
        world.jira.set("10007", "status", crate::jira::status("n1"));
        world.jira.transitions.set(0);
        let outcome = walk(&world, &secret, 3, goal);
        let steps = world.jira.transitions.get();
        prop_assert!(steps <= 4);
        if let Some(least) = shortest(&ways, goal).filter(|least| *least <= 4) {
            prop_assert_eq!((outcome.snapshot.status_id.as_str(), steps as usize), (goal, least), "{:?}", outcome.refused);
        }
    }
}
