//! `field.apply`: fields that are written, refused or stale.

use std::collections::BTreeMap;

use schema::settings::StatusSelector;
use schema::{
    FieldApply, FieldOutcome, FixVersion, Message, MessageBody, NamedText, ResultStatus, TargetStatus, fingerprint,
};
use serde_json::{Value, json};

use crate::support::jira::rule;
use crate::support::{TestEnv, about, apply, linked, set_settings};

/// Returns a plan for these values; the expected ones are in the form of a snapshot.
fn plan(fields: &[(&str, Value, Value)], status: Option<(&str, Vec<StatusSelector>)>) -> FieldApply {
    let mut expected: BTreeMap<String, String> =
        fields.iter().map(|(name, before, _)| ((*name).to_owned(), fingerprint(before))).collect();
    let status = status.map(|(before, any_of)| {
        expected.insert("status".into(), fingerprint(&json!(before)));
        TargetStatus { any_of }
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

fn outcome(env: &TestEnv, secret: &envelope::Secret, nonce: u8, plan: FieldApply) -> FieldOutcome {
    let result = apply(env, secret, nonce, message(u128::from(nonce), plan));
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

fn refused(outcome: &FieldOutcome) -> Vec<(&str, &str, Option<&str>)> {
    outcome.refused.iter().map(|one| (one.field.as_str(), one.code.as_str(), one.detail.as_deref())).collect()
}

const TITLE: &str = "Printer on fire";

#[test]
fn writes_expected_fields_in_one_request_and_returns_the_issue() {
    let (env, secret) = linked();
    env.jira.calls.borrow_mut().clear();
    let plan = plan(
        &[
            ("summary", json!(TITLE), json!("Printer out")),
            ("priority", json!("2"), json!({ "id": "4" })),
            ("assignee", json!(null), json!({ "accountId": "acc-1" })),
            ("labels", json!(["a", "b"]), json!(["a", "c"])),
        ],
        None,
    );
    let outcome = outcome(&env, &secret, 2, plan);
    assert_eq!((outcome.refused.len(), outcome.stale.len()), (0, 0));
    let snapshot = outcome.snapshot;
    assert_eq!((snapshot.summary.as_str(), snapshot.priority_id.as_deref()), ("Printer out", Some("4")));
    assert_eq!(snapshot.assignee.unwrap().account_id, "acc-1");
    let calls: Vec<_> = env.jira.calls.borrow().iter().map(|call| call.method).collect();
    assert_eq!(calls, ["GET", "PUT"]);
}

#[test]
fn unexpected_value_is_stale_and_an_equal_one_is_not_written() {
    let (env, secret) = linked();
    let plan = plan(
        &[
            ("summary", json!("Another title"), json!("Mine")),
            ("priority", json!("5"), json!({ "id": "2" })),
            ("assignee", json!(null), json!({ "accountId": "acc-1" })),
        ],
        Some(("i1", done())),
    );
    let outcome = outcome(&env, &secret, 2, plan);
    assert_eq!(outcome.stale, ["summary", "status"]);
    assert_eq!((outcome.snapshot.summary.as_str(), outcome.snapshot.status_id.as_str()), (TITLE, "n1"));
    assert_eq!(env.jira.field("10007", "assignee")["accountId"], "acc-1");
    assert_eq!(env.jira.transitions.get(), 0);
}

#[test]
fn refused_fields_have_a_reason_and_the_others_are_written() {
    let (env, secret) = linked();
    env.jira.off_screen.borrow_mut().insert("customfield_2".into());
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
    let mut outcome = outcome(&env, &secret, 2, plan);
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
    let kept = format!("{:?}{outcome:?}", env.kv.borrow());
    assert!(!kept.contains("error text of Jira"), "Jira's error text is not used");
}

/// A snapshot has at most 200 labels, and an issue may have more.
#[test]
fn write_of_labels_keeps_those_that_the_snapshot_does_not_have() {
    let (env, secret) = linked();
    set_settings(&env, json!({ "fields": { "tags": { "direction": "both", "prefix": "zz-" } } }));
    let many: Vec<String> = (0..250).map(|number| format!("label-{number:03}")).chain(["zz-old".to_owned()]).collect();
    env.jira.set("10007", "labels", json!(many));
    let before = outcome(&env, &secret, 2, plan(&[], None)).snapshot;
    assert_eq!((before.labels.len(), before.labels_truncated), (200, true));
    assert!(before.labels.contains(&"zz-old".to_owned()), "labels that sync come first");
    let mut wanted: Vec<String> = before.labels.iter().filter(|label| *label != "zz-old").cloned().collect();
    wanted.push("zz-new".to_owned());
    let stale = plan(&[("labels", json!(["another"]), json!(wanted))], None);
    assert_eq!(outcome(&env, &secret, 3, stale).stale, ["labels"]);
    let written = outcome(&env, &secret, 4, plan(&[("labels", before.value("labels".into()), json!(wanted))], None));
    assert!(written.refused.is_empty() && written.snapshot.labels.contains(&"zz-new".to_owned()), "{written:?}");
    let labels = env.jira.field("10007", "labels");
    let labels = labels.as_array().unwrap();
    assert_eq!(labels.len(), 251);
    assert!(labels.contains(&json!("label-249")) && !labels.contains(&json!("zz-old")));
}

#[test]
fn snapshot_has_resolution_and_fix_versions() {
    let (env, secret) = linked();
    let unresolved = outcome(&env, &secret, 2, plan(&[], None)).snapshot;
    assert!(unresolved.resolution.is_none() && unresolved.fix_versions.is_empty() && !unresolved.labels_truncated);
    env.jira.set("10007", "resolution", json!({ "id": "10001", "name": "Won't Do" }));
    let versions = json!([{ "id": "10200", "name": "4.2", "released": true, "releaseDate": "2026-12-24" }, { "id": "10201", "name": "5" }]);
    env.jira.set("10007", "fixVersions", versions);
    let snapshot = outcome(&env, &secret, 3, plan(&[], None)).snapshot;
    assert_eq!(snapshot.resolution, Some(NamedText { id: "10001".into(), name: "Won't Do".into() }));
    let version = |id: &str, name: &str, released, date: Option<&str>| FixVersion {
        id: id.into(),
        name: name.into(),
        released,
        release_date: date.map(str::to_owned),
    };
    let expected = [version("10200", "4.2", true, Some("2026-12-24")), version("10201", "5", false, None)];
    assert_eq!(snapshot.fix_versions, expected);
    let calls = env.jira.calls.borrow();
    assert!(calls.iter().any(|call| call.params.len() == 2 && call.params[1].contains("resolution,fixVersions")));
}

#[test]
fn missing_permission_waits_and_a_rate_limit_retries() {
    let (env, secret) = linked();
    let wanted = || plan(&[("summary", json!(TITLE), json!("Printer out"))], None);
    for fault in ["PUT /rest/api/3/issue/", "POST /rest/api/3/issue/{}/transitions"] {
        *env.jira.fault.borrow_mut() = Some((fault.into(), 403));
        let wanted = if fault.starts_with("PUT") { wanted() } else { plan(&[], Some(("n1", done()))) };
        let nonce = if fault.starts_with("PUT") { 5 } else { 6 };
        let waiting = apply(&env, &secret, nonce, message(u128::from(nonce), wanted));
        assert_eq!((waiting.status, waiting.code.as_deref()), (ResultStatus::Retry, Some("jira-forbidden")), "{fault}");
    }
    *env.jira.fault.borrow_mut() = None;
    env.jira.status.set(Some(429));
    let limited = apply(&env, &secret, 3, message(3, wanted()));
    assert_eq!((limited.code.as_deref(), limited.retry_after_ms), (Some("jira-limited"), Some(7_000)));
    env.jira.status.set(None);
    assert_eq!(outcome(&env, &secret, 4, wanted()).snapshot.summary, "Printer out");
    *env.jira.fault.borrow_mut() = Some(("PUT /rest/api/3/issue/".into(), 403));
    env.now.set(env.now.get() + 86_400_000);
    let late = message(7, plan(&[("summary", json!("Printer out"), json!(TITLE))], None));
    let late = apply(&env, &secret, 7, late);
    assert_eq!((late.status, late.code.as_deref()), (ResultStatus::Retry, Some("jira-forbidden")), "after a day");
    assert_eq!(late.retry_after_ms, Some(900_000));
}

#[test]
fn missing_permission_for_a_part_is_answered_if_another_part_was_written() {
    let (env, secret) = linked();
    let wanted = |before: &str| plan(&[("summary", json!(TITLE), json!("Printer out"))], Some((before, done())));
    *env.jira.fault.borrow_mut() = Some(("PUT /rest/api/3/issue/".into(), 403));
    let moved = outcome(&env, &secret, 2, wanted("n1"));
    assert_eq!((refused(&moved), moved.snapshot.status_id.as_str()), (vec![("summary", "no-permission", None)], "d1"));
    let (env, secret) = linked();
    for (nonce, method) in [(2, "POST"), (3, "GET")] {
        env.jira.set("10007", "summary", json!(TITLE));
        *env.jira.fault.borrow_mut() = Some((format!("{method} /rest/api/3/issue/{{}}/transitions"), 403));
        let written = outcome(&env, &secret, nonce, wanted("n1"));
        let [(field, code, _)] = refused(&written)[..] else { panic!("{written:?}") };
        assert_eq!((field, code, written.snapshot.summary.as_str()), ("status", "no-permission", "Printer out"));
    }
}

#[test]
fn writes_only_linked_issues_in_scope() {
    let (env, secret) = linked();
    let other = FieldApply { issue_id: "10008".into(), ..plan(&[("summary", json!(TITLE), json!("x"))], None) };
    assert_eq!(apply(&env, &secret, 2, message(2, other)).code.as_deref(), Some("not-linked"));
    set_settings(&env, json!({ "scope": { "projects": ["OTHER"] } }));
    let here = plan(&[("summary", json!(TITLE), json!("x"))], None);
    assert_eq!(apply(&env, &secret, 3, message(3, here)).code.as_deref(), Some("project-out-of-scope"));
    assert_eq!(env.jira.field("10007", "summary"), TITLE);
}

#[test]
fn reaches_a_status_by_several_transitions_and_caches_them() {
    let (env, secret) = linked();
    let count = |env: &TestEnv, part: &str| {
        let calls = env.jira.calls.borrow();
        calls.iter().filter(|call| call.strings.concat().contains(part)).count()
    };
    let first = outcome(&env, &secret, 2, plan(&[], Some(("n1", done()))));
    assert_eq!((first.snapshot.status_id.as_str(), first.refused.len()), ("d1", 0));
    assert_eq!(env.jira.transitions.get(), 2);
    assert_eq!(env.keys_of(crate::support::A, "cache:wf:").len(), 1);
    assert_eq!(count(&env, "/statuses"), 0);
    // A status id that is known from the first message needs no further request.
    let back = vec![StatusSelector::of_id("i1")];
    let second = outcome(&env, &secret, 3, plan(&[], Some(("d1", back))));
    assert_eq!((second.snapshot.status_id.as_str(), count(&env, "/statuses")), ("i1", 0));
    // The issue already has the status: no request is made.
    let before = count(&env, "/transitions");
    outcome(&env, &secret, 4, plan(&[], Some(("i1", vec![StatusSelector::of_category("indeterminate")]))));
    assert_eq!(count(&env, "/transitions"), before);
}

#[test]
fn refusal_names_the_obstacle() {
    let (env, secret) = linked();
    *env.jira.transition_rules.borrow_mut() =
        vec![crate::support::jira::TransitionRule { needs: vec!["resolution".into()], ..rule("n1", "d1") }];
    let by_field = outcome(&env, &secret, 2, plan(&[], Some(("n1", done()))));
    assert_eq!(refused(&by_field), [("status", "field-required", Some("resolution"))]);
    let filled = json!({ "fields": { "state": { "transitionFields": { "resolution": { "id": "10000" } } } } });
    set_settings(&env, filled);
    assert_eq!(outcome(&env, &secret, 3, plan(&[], Some(("n1", done())))).snapshot.status_id, "d1");

    let (env, secret) = linked();
    *env.jira.transition_rules.borrow_mut() = vec![
        rule("n1", "i1"),
        crate::support::jira::TransitionRule { hidden: true, ..rule("i1", "d1") },
        rule("i1", "n1"),
    ];
    let hidden = outcome(&env, &secret, 2, plan(&[], Some(("n1", done()))));
    assert_eq!(refused(&hidden), [("status", "no-path", Some("Status i1: To n1"))]);
    assert_eq!(hidden.snapshot.status_id, "i1", "the last status that was reached");

    let (env, secret) = linked();
    *env.jira.transition_rules.borrow_mut() =
        vec![crate::support::jira::TransitionRule { refused: true, ..rule("n1", "d1") }];
    let validator = outcome(&env, &secret, 2, plan(&[], Some(("n1", done()))));
    assert_eq!(refused(&validator), [("status", "jira-refused", Some("To d1"))]);
    let unknown = vec![StatusSelector::of_id("99")];
    let nowhere = outcome(&env, &secret, 3, plan(&[], Some(("n1", unknown))));
    assert_eq!(
        (refused(&nowhere)[0].1, env.jira.transitions.get()),
        ("no-path", 0),
        "no transition towards an unknown status"
    );
}

/// The resolution of the requested status replaces the configured one, also where the transition does not require any.
#[test]
fn transition_sets_the_resolution_of_the_requested_status() {
    let wont_do = || vec![StatusSelector { resolution: Some("10001".into()), ..StatusSelector::of_category("done") }];
    let resolution = |env: &TestEnv| env.jira.field("10007", "resolution")["id"].clone();
    let rules = |needs: &[&str], takes: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        vec![crate::support::jira::TransitionRule { needs: names(needs), takes: names(takes), ..rule("n1", "d1") }]
    };
    for (needs, takes) in [(&["resolution"][..], &[][..]), (&[], &["resolution"])] {
        let (env, secret) = linked();
        *env.jira.transition_rules.borrow_mut() = rules(needs, takes);
        let filled = json!({ "fields": { "state": { "transitionFields": { "resolution": { "id": "10000" } } } } });
        set_settings(&env, filled);
        let moved = outcome(&env, &secret, 2, plan(&[], Some(("n1", wont_do()))));
        assert_eq!((moved.snapshot.status_id.as_str(), moved.refused.len()), ("d1", 0));
        assert_eq!((resolution(&env), moved.snapshot.resolution.unwrap().id), (json!("10001"), "10001".to_owned()));
    }
    let (env, secret) = linked();
    *env.jira.transition_rules.borrow_mut() = rules(&[], &[]);
    let moved = outcome(&env, &secret, 2, plan(&[], Some(("n1", wont_do()))));
    assert_eq!(moved.snapshot.status_id, "d1", "the status is reached without it");
    assert_eq!(refused(&moved), [("status", "not-on-screen", Some("resolution"))]);
}

/// A workflow may ask for the resolution before the last step.
#[test]
fn transition_on_the_way_gets_the_resolution_that_it_requires() {
    let (env, secret) = linked();
    *env.jira.transition_rules.borrow_mut() = vec![
        crate::support::jira::TransitionRule { needs: vec!["resolution".into()], ..rule("n1", "i1") },
        rule("i1", "d1"),
    ];
    let wanted = vec![StatusSelector { resolution: Some("10001".into()), ..StatusSelector::of_id("d1") }];
    env.jira.statuses.borrow_mut().insert("d1".into());
    let moved = outcome(&env, &secret, 2, plan(&[], Some(("n1", wanted))));
    assert_eq!(moved.snapshot.status_id, "d1");
    assert_eq!(env.jira.field("10007", "resolution")["id"], "10001");
}
