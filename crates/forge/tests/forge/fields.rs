//! `field.apply`: what is written, what is refused, what is stale.

use std::collections::BTreeMap;

use schema::settings::StatusSelector;
use schema::{FieldApply, FieldOutcome, Message, MessageBody, ResultStatus, StatusWanted, print};
use serde_json::{Value, json};

use crate::jira::way;
use crate::memory::{World, about, apply, linked, set_settings};

/// A plan that was made against these values, in the form of a snapshot.
fn plan(fields: &[(&str, Value, Value)], status: Option<(&str, Vec<StatusSelector>)>) -> FieldApply {
    let mut expected: BTreeMap<String, String> =
        fields.iter().map(|(name, before, _)| ((*name).to_owned(), print(before))).collect();
    let status = status.map(|(before, any_of)| {
        expected.insert("status".into(), print(&json!(before)));
        StatusWanted { any_of }
    });
    let fields = fields.iter().map(|(name, _, after)| ((*name).to_owned(), after.clone())).collect();
    FieldApply { issue_id: "10007".into(), fields, status, expected }
}

fn done() -> Vec<StatusSelector> {
    vec![StatusSelector::of_category("done")]
}

pub(crate) fn message(number: u128, plan: FieldApply) -> Message {
    about(number, 42, MessageBody::FieldApply(plan))
}

fn outcome(world: &World, secret: &envelope::Secret, nonce: u8, plan: FieldApply) -> FieldOutcome {
    let result = apply(world, secret, nonce, message(u128::from(nonce), plan));
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

fn refused(outcome: &FieldOutcome) -> Vec<(&str, &str, Option<&str>)> {
    outcome.refused.iter().map(|one| (one.field.as_str(), one.code.as_str(), one.detail.as_deref())).collect()
}

const TITLE: &str = "Printer on fire";

#[test]
fn what_the_plan_knew_is_written_in_one_request_and_the_issue_comes_back() {
    let (world, secret) = linked();
    world.jira.calls.borrow_mut().clear();
    let plan = plan(
        &[
            ("summary", json!(TITLE), json!("Printer out")),
            ("priority", json!("2"), json!({ "id": "4" })),
            ("assignee", json!(null), json!({ "accountId": "acc-1" })),
            ("labels", json!(["a", "b"]), json!(["a", "c"])),
        ],
        None,
    );
    let outcome = outcome(&world, &secret, 2, plan);
    assert_eq!((outcome.refused.len(), outcome.stale.len()), (0, 0));
    let snapshot = outcome.snapshot;
    assert_eq!((snapshot.summary.as_str(), snapshot.priority_id.as_deref()), ("Printer out", Some("4")));
    assert_eq!(snapshot.assignee.unwrap().account_id, "acc-1");
    let calls: Vec<_> = world.jira.calls.borrow().iter().map(|call| call.method).collect();
    assert_eq!(calls, ["GET", "PUT"]);
}

#[test]
fn a_value_that_the_plan_did_not_know_is_stale_and_one_that_is_there_already_is_neither() {
    let (world, secret) = linked();
    let plan = plan(
        &[
            ("summary", json!("Another title"), json!("Mine")),
            ("priority", json!("5"), json!({ "id": "2" })),
            ("assignee", json!(null), json!({ "accountId": "acc-1" })),
        ],
        Some(("i1", done())),
    );
    let outcome = outcome(&world, &secret, 2, plan);
    assert_eq!(outcome.stale, ["summary", "status"]);
    assert_eq!((outcome.snapshot.summary.as_str(), outcome.snapshot.status_id.as_str()), (TITLE, "n1"));
    assert_eq!(world.jira.field("10007", "assignee")["accountId"], "acc-1");
    assert_eq!(world.jira.transitions.get(), 0);
}

#[test]
fn what_jira_refuses_is_told_with_a_reason_and_the_rest_is_written() {
    let (world, secret) = linked();
    world.jira.off_screen.borrow_mut().insert("customfield_2".into());
    let plan = plan(
        &[
            ("summary", json!(TITLE), json!("Printer out")),
            ("priority", json!("2"), json!({ "id": "77" })),
            ("assignee", json!(null), json!({ "accountId": "nobody" })),
            ("labels", json!(["a", "b"]), json!("bad")),
            ("customfield_1", json!(null), json!({ "id": "8" })),
            ("customfield_2", json!(null), json!("x")),
        ],
        None,
    );
    let mut outcome = outcome(&world, &secret, 2, plan);
    outcome.refused.sort_by(|a, b| a.field.cmp(&b.field));
    let reasons = [
        ("assignee", "no-permission", None),
        ("customfield_1", "option-missing", None),
        ("customfield_2", "not-on-screen", None),
        ("labels", "jira-refused", None),
        ("priority", "option-missing", None),
    ];
    assert_eq!(refused(&outcome), reasons);
    assert_eq!(outcome.snapshot.summary, "Printer out");
    let kept = format!("{:?}{outcome:?}", world.kv.borrow());
    assert!(!kept.contains("words that nobody"), "Jira's words are nobody's business");
}

#[test]
fn without_permission_everything_is_refused_and_a_limit_is_waited_for() {
    let (world, secret) = linked();
    let wanted = || plan(&[("summary", json!(TITLE), json!("Printer out"))], None);
    *world.jira.fault.borrow_mut() = Some(("PUT /rest/api/3/issue/".into(), 403));
    assert_eq!(refused(&outcome(&world, &secret, 2, wanted())), [("summary", "no-permission", None)]);
    *world.jira.fault.borrow_mut() = None;
    world.jira.status.set(Some(429));
    let limited = apply(&world, &secret, 3, message(3, wanted()));
    assert_eq!((limited.code.as_deref(), limited.retry_after_ms), (Some("jira-limited"), Some(7_000)));
    world.jira.status.set(None);
    assert_eq!(outcome(&world, &secret, 4, wanted()).snapshot.summary, "Printer out");
}

#[test]
fn only_linked_issues_in_scope_are_written() {
    let (world, secret) = linked();
    let other = FieldApply { issue_id: "10008".into(), ..plan(&[("summary", json!(TITLE), json!("x"))], None) };
    assert_eq!(apply(&world, &secret, 2, message(2, other)).code.as_deref(), Some("not-linked"));
    set_settings(&world, json!({ "scope": { "projects": ["OTHER"] } }));
    let here = plan(&[("summary", json!(TITLE), json!("x"))], None);
    assert_eq!(apply(&world, &secret, 3, message(3, here)).code.as_deref(), Some("project-out-of-scope"));
    assert_eq!(world.jira.field("10007", "summary"), TITLE);
}

#[test]
fn a_status_is_reached_step_by_step_and_the_way_is_remembered() {
    let (world, secret) = linked();
    let count = |world: &World, part: &str| {
        let calls = world.jira.calls.borrow();
        calls.iter().filter(|call| call.strings.concat().contains(part)).count()
    };
    let first = outcome(&world, &secret, 2, plan(&[], Some(("n1", done()))));
    assert_eq!((first.snapshot.status_id.as_str(), first.refused.len()), ("d1", 0));
    assert_eq!(world.jira.transitions.get(), 2);
    assert_eq!(world.keys_of(crate::memory::A, "cache:wf:").len(), 1);
    assert_eq!(count(&world, "/statuses"), 0);
    // A status by its id that is known from the first walk needs no further question.
    let back = vec![StatusSelector { id: Some("i1".into()), category: None }];
    let second = outcome(&world, &secret, 3, plan(&[], Some(("d1", back))));
    assert_eq!((second.snapshot.status_id.as_str(), count(&world, "/statuses")), ("i1", 0));
    // Already there: nothing is asked.
    let before = count(&world, "/transitions");
    outcome(&world, &secret, 4, plan(&[], Some(("i1", vec![StatusSelector::of_category("indeterminate")]))));
    assert_eq!(count(&world, "/transitions"), before);
}

#[test]
fn what_is_in_the_way_is_named() {
    let (world, secret) = linked();
    *world.jira.ways.borrow_mut() = vec![crate::jira::Way { needs: vec!["resolution".into()], ..way("n1", "d1") }];
    let by_field = outcome(&world, &secret, 2, plan(&[], Some(("n1", done()))));
    assert_eq!(refused(&by_field), [("status", "field-required", Some("resolution"))]);
    let filled = json!({ "fields": { "state": { "transitionFields": { "resolution": { "id": "10000" } } } } });
    set_settings(&world, filled);
    assert_eq!(outcome(&world, &secret, 3, plan(&[], Some(("n1", done())))).snapshot.status_id, "d1");

    let (world, secret) = linked();
    *world.jira.ways.borrow_mut() =
        vec![way("n1", "i1"), crate::jira::Way { hidden: true, ..way("i1", "d1") }, way("i1", "n1")];
    let hidden = outcome(&world, &secret, 2, plan(&[], Some(("n1", done()))));
    assert_eq!(refused(&hidden), [("status", "no-path", Some("Status i1: To n1"))]);
    assert_eq!(hidden.snapshot.status_id, "i1", "where it ended");

    let (world, secret) = linked();
    *world.jira.ways.borrow_mut() = vec![crate::jira::Way { refused: true, ..way("n1", "d1") }];
    let validator = outcome(&world, &secret, 2, plan(&[], Some(("n1", done()))));
    assert_eq!(refused(&validator), [("status", "jira-refused", Some("To d1"))]);
    let unknown = vec![StatusSelector { id: Some("99".into()), category: None }];
    let nowhere = outcome(&world, &secret, 3, plan(&[], Some(("n1", unknown))));
    assert_eq!((refused(&nowhere)[0].1, world.jira.transitions.get()), ("no-path", 0), "nothing moves on a guess");
    *world.jira.fault.borrow_mut() = Some(("POST /rest/api/3/issue/{}/transitions".into(), 403));
    let forbidden = outcome(&world, &secret, 4, plan(&[], Some(("n1", done()))));
    assert_eq!(refused(&forbidden), [("status", "no-permission", Some("Status n1"))]);
}
