//! The lifecycle of links: created by request or with an issue, moved to another ticket, removed from either side.

use schema::{
    Erasure, IssueCreate, LinkAnswer, LinkRequest, Message, MessageBody, ResultStatus, TicketGone, TicketMerged,
};
use serde_json::json;

use crate::support::{A, TestEnv, about, apply, golden, linked, message, request, run, sealed, send, set_settings};

fn create(number: u128, ticket: u64) -> Message {
    message(number, ticket, "issue.create")
}

fn link(number: u128, ticket: u64, issue: &str) -> Message {
    let MessageBody::LinkRequested(request) = golden("link.requested") else { panic!() };
    about(number, ticket, MessageBody::LinkRequested(LinkRequest { issue: issue.into(), ..request }))
}

fn merged(number: u128, from: u64, into: u64) -> Message {
    let into_url = format!("https://help.example/#ticket/zoom/{into}");
    let body = TicketMerged { into_ticket_id: into, into_number: format!("500{into}"), into_url };
    about(number, from, MessageBody::TicketMerged(body))
}

/// The end of a ticket whose content stays in Jira.
fn keeping() -> TicketGone {
    TicketGone { reason: "deleted".into(), erase: Erasure::Keep, comments: vec![], files: vec![], more: false }
}

/// Returns the tickets of an issue, the primary first.
fn tickets(env: &TestEnv, issue: &str) -> Vec<u64> {
    let kv = env.kv.borrow();
    let row = kv.get(&(A.to_owned(), format!("link:i:{issue}")));
    let links = row.map(|(row, _)| row["value"].clone()).unwrap_or_default();
    links.as_array().into_iter().flatten().map(|link| link["ticketId"].as_u64().unwrap()).collect()
}

fn last_comment(env: &TestEnv) -> String {
    env.jira.comments.borrow().last().map(|comment| comment["body"].to_string()).unwrap_or_default()
}

#[test]
fn link_returns_the_issue_and_needs_a_project_in_scope() {
    let env = TestEnv::new();
    let secret = env.connect(A);
    let answer: LinkAnswer =
        serde_json::from_value(apply(&env, &secret, 1, link(1, 42, "PROJ-7")).data.unwrap()).unwrap();
    let snapshot = answer.snapshot.unwrap();
    assert_eq!((answer.issue_id.as_str(), snapshot.status_id.as_str(), snapshot.labels.len()), ("10007", "n1", 2));
    assert_eq!(
        (snapshot.reporter.unwrap().name.as_deref(), snapshot.priority.as_deref()),
        (Some("Rita"), Some("High"))
    );
    set_settings(&env, json!({ "scope": { "projects": ["PROJ"] } }));
    assert_eq!(apply(&env, &secret, 2, link(2, 42, "OTHER-1")).code.as_deref(), Some("project-out-of-scope"));
    assert!(tickets(&env, "10009").is_empty() && env.jira.remote_links.borrow().len() == 1);
}

#[test]
fn snapshot_has_configured_fields_in_jiras_form() {
    let env = TestEnv::new();
    let secret = env.connect(A);
    let custom =
        |jira: &str, zammad: &str| json!({ "zammad": zammad, "jira": jira, "kind": "text", "direction": "both" });
    set_settings(
        &env,
        json!({ "fields": { "custom": [custom("customfield_1", "a"), custom("customfield_2", "b"), custom("customfield_3", "c"), custom("customfield_4", "d")] } }),
    );
    env.jira.set("10007", "customfield_1", json!({ "id": "7", "value": "Red" }));
    let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "bulletList", "content": [{ "type": "listItem",
        "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "a text with layout" }] }] }] }] });
    env.jira.set("10007", "customfield_3", json!("x".repeat(30_000)));
    env.jira.set("10007", "customfield_4", document);
    let answer: LinkAnswer =
        serde_json::from_value(apply(&env, &secret, 1, link(1, 42, "PROJ-7")).data.unwrap()).unwrap();
    // A value that is too large or too deep is not sent as empty: that would clear Zammad's value.
    let expected = json!({ "customfield_1": { "id": "7", "value": "Red" }, "customfield_3": {}, "customfield_4": {} });
    assert_eq!(json!(answer.snapshot.unwrap().fields), expected);
    let asked = env.jira.calls.borrow().iter().find(|call| call.params.len() == 2).unwrap().params[1].clone();
    assert!(asked.ends_with(",customfield_1,customfield_2,customfield_3,customfield_4"), "{asked}");
}

#[test]
fn issue_is_created_once_linked_and_returned() {
    let env = TestEnv::new();
    let secret = env.connect(A);
    let result = apply(&env, &secret, 1, create(1, 42));
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    let answer: LinkAnswer = serde_json::from_value(result.data.clone().unwrap()).unwrap();
    assert_eq!(answer.snapshot.unwrap().summary, "Printer on fire");
    assert_eq!(tickets(&env, &answer.issue_id), [42]);
    assert_eq!(env.jira.remote_links.borrow().len(), 1);
    let again = apply(&env, &secret, 2, create(1, 42));
    assert_eq!((again.status, again.data), (ResultStatus::Duplicate, result.data));
    assert_eq!(env.jira.issues.borrow().len(), 4);
}

#[test]
fn refusal_of_a_new_issue_names_the_missing_fields() {
    let env = TestEnv::new();
    let secret = env.connect(A);
    env.jira.create_needs.borrow_mut().push("customfield_2".into());
    let refused = apply(&env, &secret, 1, create(1, 42));
    assert_eq!(
        (refused.code.as_deref(), refused.data),
        (Some("jira-refused"), Some(json!({ "fields": ["customfield_2"] })))
    );
    set_settings(&env, json!({ "scope": { "projects": ["OTHER"] } }));
    assert_eq!(apply(&env, &secret, 2, create(1, 42)).code.as_deref(), Some("project-out-of-scope"));
    let numbered = |project: &str| {
        let MessageBody::IssueCreate(request) = golden("issue.create") else { panic!() };
        about(2, 42, MessageBody::IssueCreate(IssueCreate { project: project.into(), ..request }))
    };
    assert_eq!(
        apply(&env, &secret, 3, numbered("100")).code.as_deref(),
        Some("project-out-of-scope"),
        "also by project id"
    );
    for (nonce, project) in [(4, "999"), (5, "P-1"), (6, "../x")] {
        assert_eq!(apply(&env, &secret, nonce, numbered(project)).code.as_deref(), Some("not-a-project"));
    }
    assert_eq!(env.jira.issues.borrow().len(), 3);
}

/// Stops the invocation at every call, before and after the call is carried out, and checks the result after retries.
fn check_stop_at_every_call(
    message: impl Fn() -> Message,
    setup: impl Fn() -> (TestEnv, envelope::Secret),
    check: impl Fn(&TestEnv, &str),
) {
    let wire = |env: &TestEnv, secret: &envelope::Secret, nonce| {
        sealed(env, secret, A, nonce, json!(request(A, vec![message()])).to_string())
    };
    let (env, secret) = setup();
    let counting = env.platform(A);
    run(forge::web_trigger(&counting, wire(&env, &secret, 102))).unwrap();
    check(&env, "not stopped");
    for (calls_left, after) in
        (1..=counting.calls.get()).flat_map(|calls_left| [(calls_left, false), (calls_left, true)])
    {
        let (env, secret) = setup();
        let mut stopped = env.platform(A);
        stopped.calls_left.set(calls_left);
        stopped.stop_after_call = after;
        assert!(run(forge::web_trigger(&stopped, wire(&env, &secret, 102))).is_none());
        for nonce in 103..106 {
            run(forge::web_trigger(&env.platform(A), wire(&env, &secret, nonce))).unwrap();
            env.now.set(env.now.get() + 61_000);
        }
        check(&env, &format!("stopped at call {calls_left}, after: {after}"));
    }
}

#[test]
fn stop_at_any_call_creates_one_issue() {
    let setup = || {
        let env = TestEnv::new();
        let secret = env.connect(A);
        (env, secret)
    };
    check_stop_at_every_call(
        || create(1, 42),
        setup,
        |env, when| {
            assert_eq!(env.jira.issues.borrow().len(), 4, "{when}");
            assert_eq!(env.keys_of(A, "link:").len(), 2, "{when}");
        },
    );
}

#[test]
fn stop_at_any_call_moves_a_link_once() {
    check_stop_at_every_call(
        || merged(2, 42, 43),
        linked,
        |env, when| {
            assert_eq!(tickets(env, "10007"), [43], "{when}");
            assert_eq!(env.keys_of(A, "link:"), ["link:i:10007", "link:t:43"], "{when}");
            assert_eq!(env.jira.comments.borrow().len(), 1, "{when}");
            let links = env.jira.remote_links.borrow();
            let shown: Vec<_> = links.values().map(|link| link["object"]["url"].as_str().unwrap()).collect();
            assert_eq!(shown, ["https://help.example/#ticket/zoom/43"], "{when}");
        },
    );
}

#[test]
fn merged_ticket_passes_its_position_to_a_target_that_is_not_yet_linked() {
    let (env, secret) = linked();
    apply(&env, &secret, 2, link(2, 44, "PROJ-7"));
    apply(&env, &secret, 3, link(3, 44, "PROJ-8"));
    let result = apply(&env, &secret, 4, merged(4, 42, 43));
    assert_eq!(result.data.unwrap()["issues"], json!([{ "issueId": "10007" }]));
    assert_eq!(tickets(&env, "10007"), [43, 44], "the primary stays the primary");
    assert!(
        last_comment(&env).contains("Zammad #50042 was merged into ") && last_comment(&env).contains("Zammad #50043")
    );
    apply(&env, &secret, 5, merged(5, 44, 43));
    assert_eq!((tickets(&env, "10007"), tickets(&env, "10008")), (vec![43], vec![43]));
    assert_eq!(env.jira.remote_links.borrow().len(), 2);
    assert_eq!(apply(&env, &secret, 6, merged(6, 99, 43)).status, ResultStatus::Accepted, "a ticket without links");
    assert_eq!(apply(&env, &secret, 7, merged(7, 43, 43)).code.as_deref(), Some("not-a-target"));
}

#[test]
fn removed_ticket_removes_its_links_with_a_comment() {
    let (env, secret) = linked();
    let gone = about(2, 42, MessageBody::TicketGone(TicketGone { reason: "deleted".into(), ..keeping() }));
    assert_eq!(apply(&env, &secret, 2, gone).status, ResultStatus::Accepted);
    assert!(last_comment(&env).contains("was deleted. The link has ended."));
    assert!(env.keys_of(A, "link:").is_empty() && env.jira.remote_links.borrow().is_empty());
}

/// A permission may come back; the link is removed in the end even if Jira refuses the comment.
#[test]
fn refusal_of_jira_does_not_keep_a_link() {
    let (env, secret) = linked();
    *env.jira.fault.borrow_mut() = Some(("/rest/api/3/issue/".into(), 403));
    let gone = about(2, 42, MessageBody::TicketGone(TicketGone { reason: "no-access".into(), ..keeping() }));
    let waiting = apply(&env, &secret, 2, gone.clone());
    assert_eq!((waiting.status, waiting.code.as_deref()), (ResultStatus::Retry, Some("jira-forbidden")));
    assert_eq!(env.keys_of(A, "link:").len(), 2);
    env.now.set(env.now.get() + 86_400_000);
    assert_eq!(apply(&env, &secret, 3, gone).status, ResultStatus::Accepted);
    assert!(env.keys_of(A, "link:").is_empty());
}

#[test]
fn writes_one_audit_entry_per_exchange() {
    let (env, secret) = linked();
    let audited = |env: &TestEnv| {
        let kv = env.kv.borrow();
        kv.iter()
            .filter(|((_, key), _)| key.starts_with("audit:"))
            .map(|(_, (row, _))| row["value"].clone())
            .collect::<Vec<_>>()
    };
    let before = audited(&env).len();
    let two = request(
        A,
        vec![message(2, 42, "article.added"), message(3, 42, "ticket.changed"), message(4, 42, "article.added")],
    );
    send(&env, &secret, 2, &two);
    let entries = audited(&env);
    assert_eq!(entries.len(), before + 1);
    let entry = entries.iter().find(|entry| entry["detail"].as_array().is_some_and(|list| list.len() == 2)).unwrap();
    let first = &entry["detail"][0];
    assert_eq!(
        (&entry["action"], &first["kind"], &first["ticketId"]),
        (&json!("applied"), &json!("article.added"), &json!(42))
    );
    assert_eq!(first["issueIds"], json!(["10007"]));
    assert!(!entry.to_string().contains("ümläut"));
    send(&env, &secret, 3, &two);
    assert_eq!(audited(&env).len(), before + 1, "duplicates are not audited");
}
