//! The issue panel: who sees what, and what one call answers.

use schema::{MessageBody, OutOfSync, TicketSnapshot};
use serde_json::{Value, json};

use crate::support::{A, B, NOW, TestEnv, about, apply, golden, linked, message, opened, panel, request, run, send};

const EMPTY: fn() -> Value = || json!({ "now": NOW, "tickets": [], "total": 0, "asked": [] });

fn snapshot() -> TicketSnapshot {
    let MessageBody::TicketChanged(snapshot) = golden("ticket.changed") else { panic!() };
    snapshot
}

fn view(env: &TestEnv, account: &str) -> Value {
    panel(env, account, "10007", "panel.view", json!({}))
}

#[test]
fn one_call_answers_what_the_panel_shows() {
    let (env, secret) = linked();
    apply(&env, &secret, 2, message(2, 42, "hello"));
    apply(&env, &secret, 3, about(3, 42, golden("ticket.changed")));
    env.now.set(NOW + 5_000);
    let shown = view(&env, "reader-1");
    let ticket = json!({
        "ticketId": 42, "number": "50042", "url": "https://help.example/#ticket/zoom/42", "primary": true,
        "linkedAt": NOW, "waiting": 0, "refreshing": false, "at": NOW, "ageMs": 5_000, "bucket": "pending",
        "state": "pending reminder", "title": "Printer on fire", "priority": { "id": 2, "name": "2 normal" },
        "group": { "id": 1, "name": "Support::2nd" }, "owner": { "id": 4, "name": "Nicole Braun" },
        "customer": { "id": 9, "name": "Emma Taylor" }, "changed": "2026-11-24T08:15:30.123Z", "demanded": ["category"],
        "problems": [{
            "issueId": "10007", "subject": "priority", "code": "unmapped", "since": "2026-11-24T08:15:30.123Z",
            "nextTry": "2026-11-24T08:15:30.123Z",
        }],
    });
    assert_eq!(shown["tickets"], json!([ticket]));
    assert_eq!(
        shown["impact"],
        json!({
            "tickets": 1, "known": 1, "customers": 1, "waitingCustomers": 1, "oldestOpen": "2026-11-24T08:15:30.123Z",
            "highestPriority": { "id": 2, "name": "2 normal" },
        })
    );
    assert_eq!((&shown["may"], &shown["total"]), (&json!({ "edit": false }), &json!(1)));
    assert_eq!(shown["sidecar"]["connected"], true);
    assert_eq!(shown["sidecar"]["lastContact"], NOW);
    assert_eq!((&shown["sidecar"]["privacyMode"], &shown["asked"]), (&json!(false), &json!([])));
    assert_eq!(view(&env, "editor-1")["may"]["edit"], true);
    env.now.set(NOW + 720_000);
    assert_eq!(view(&env, "reader-1")["sidecar"]["connected"], false, "not heard for two listings of the queue");
    let kept = env.keys_of(A, "cache:may:");
    assert!(kept.len() == 4 && kept.iter().all(|key| !key.contains("reader")), "no account in a key: {kept:?}");
}

/// Problems of another issue of the same ticket are not this issue's.
#[test]
fn problems_are_those_of_the_issue() {
    let (env, secret) = linked();
    let other = OutOfSync { issue_id: "10008".into(), ..snapshot().sync.remove(0) };
    let changed = TicketSnapshot { sync: vec![other], ..snapshot() };
    apply(&env, &secret, 2, about(2, 42, MessageBody::TicketChanged(changed)));
    assert_eq!(view(&env, "reader-1")["tickets"][0]["problems"], json!([]));
}

/// In privacy mode the sidecar sends neither title nor names.
#[test]
fn values_that_did_not_come_are_left_out() {
    let (env, secret) = linked();
    let mut bare = snapshot();
    (bare.title, bare.state.name, bare.owner, bare.customer, bare.group.name) = (None, None, None, None, None);
    bare.sync.clear();
    apply(&env, &secret, 2, about(2, 42, MessageBody::TicketChanged(bare)));
    let ticket = view(&env, "reader-1")["tickets"][0].clone();
    for name in ["title", "state", "owner", "customer"] {
        assert_eq!(ticket[name], Value::Null, "{name}");
    }
    assert_eq!((&ticket["group"], &ticket["bucket"]), (&json!({ "id": 1, "name": null }), &json!("pending")));
}

/// A snapshot lives for a day. Then the ticket is read again when somebody looks, once, and its bucket is still known.
#[test]
fn an_expired_snapshot_is_asked_for_once() {
    let (env, secret) = linked();
    apply(&env, &secret, 2, about(2, 42, golden("ticket.changed")));
    env.now.set(NOW + 86_400_000);
    let shown = view(&env, "reader-1");
    let ticket = &shown["tickets"][0];
    assert_eq!(
        (&ticket["title"], &ticket["bucket"], &ticket["refreshing"]),
        (&Value::Null, &json!("pending"), &json!(true))
    );
    assert_eq!(shown["impact"]["customers"], 1, "counts do not expire");
    let queued = env.keys_of(A, "cmd:");
    assert_eq!(queued.len(), 1);
    env.now.set(NOW + 86_460_000);
    assert_eq!(view(&env, "reader-1")["tickets"][0]["refreshing"], true);
    assert_eq!(env.keys_of(A, "cmd:"), queued, "nothing more while it waits");
    let commands = opened(&send(&env, &secret, 3, &request(A, vec![])), &secret, 3).commands;
    assert_eq!((commands[0].body.kind(), commands[0].ticket_id), ("refresh", Some(42)));
}

/// The storage reads and the Jira calls of one opened panel (docs/capacity.md).
#[test]
fn an_opened_panel_costs_little() {
    let (env, secret) = linked();
    apply(&env, &secret, 2, about(2, 42, golden("ticket.changed")));
    let cost = |issue: &str| {
        env.jira.calls.borrow_mut().clear();
        let platform = env.as_user(A, "reader-1");
        let call = json!({ "functionKey": "panel.view", "issueId": issue });
        run(forge::panel(&platform, &call)).unwrap();
        (env.jira.calls.borrow().len(), platform.reads.get(), platform.writes.get())
    };
    assert_eq!(cost("10008"), (0, 3, 0), "an issue without tickets");
    assert_eq!(cost("10007"), (2, 11, 4), "the first time: the user's rights, the points, and that somebody looks");
    assert_eq!(cost("10007"), (0, 9, 0), "nothing changed");
    env.now.set(NOW + 60_000);
    assert_eq!(cost("10007"), (0, 9, 1), "somebody looks, once a minute");
    env.now.set(NOW + 3_600_000);
    assert_eq!(cost("10007").0, 1, "whether the user may browse is asked once an hour");
    env.now.set(NOW + 86_400_000);
    assert_eq!(cost("10007").0, 2, "whether the user may edit once a day");
}

/// Whoever opens the panel of a linked issue makes the sidecar ask at short intervals.
#[test]
fn an_opened_panel_is_a_change_of_the_queue() {
    let (env, secret) = linked();
    apply(&env, &secret, 9, about(9, 42, golden("ticket.changed")));
    let age = |nonce: u8| {
        opened(&send(&env, &secret, nonce, &request(A, vec![])), &secret, nonce).queue.unwrap().changed_ms_ago
    };
    panel(&env, "reader-1", "10008", "panel.view", json!({}));
    view(&env, "stranger-1");
    assert_eq!(age(2), None, "nothing is linked there, and a stranger changes nothing");
    view(&env, "reader-1");
    env.now.set(env.now.get() + 1_500);
    assert_eq!(age(3), Some(1_500));
    view(&env, "reader-1");
    assert_eq!(age(4), Some(1_500), "once a minute");
}

/// If storage or Jira cannot be read, the answer is an error and has no data.
#[test]
fn what_cannot_be_read_is_said() {
    let (env, _) = linked();
    for status in [401, 429, 500] {
        env.jira.status.set(Some(status));
        assert_eq!(view(&env, "reader-1"), json!({ "error": "unavailable" }), "{status}");
    }
    env.jira.status.set(None);
    env.kv.borrow_mut().insert((A.into(), "link:i:10007".into()), (json!({ "installId": B, "value": [] }), None));
    assert_eq!(view(&env, "reader-1"), json!({ "error": "unavailable" }), "a record of another installation");
}

/// Titles and names are data; addresses that are no web address are left out.
#[test]
fn hostile_values_stay_text() {
    let (env, secret) = linked();
    let hostile = "<script>alert(1)</script>[x](javascript:alert(1))\u{202e}";
    let mut changed = snapshot();
    changed.title = Some(hostile.into());
    changed.state.name = Some(hostile.into());
    apply(&env, &secret, 2, about(2, 42, MessageBody::TicketChanged(changed)));
    let key = (A.to_owned(), "link:i:10007".to_owned());
    env.kv.borrow_mut().get_mut(&key).unwrap().0["value"][0]["ticketUrl"] = json!("javascript:alert(1)");
    let ticket = view(&env, "reader-1")["tickets"][0].clone();
    assert_eq!((&ticket["title"], &ticket["state"]), (&json!(hostile), &json!(hostile)));
    assert_eq!(ticket.get("url"), None);
}

/// Every function of the panel, called by everybody who may not: refused without any data of the ticket, and nothing changes.
#[test]
fn whoever_may_not_gets_and_changes_nothing() {
    let (env, secret) = linked();
    apply(&env, &secret, 2, about(2, 42, golden("ticket.changed")));
    let functions = ["panel.view", "links.sharing", "links.request", "links.remove", "links.retry", "no.such", ""];
    let issue = json!("10007");
    let good = || json!({ "ticketNumber": "50077", "ticketId": 42 });
    let with = |name: &str, value: Value| {
        let mut payload = good();
        payload[name] = value;
        payload
    };
    let callers: Vec<(&str, Option<&str>, Value, Value)> = vec![
        ("a user who may not browse", Some("stranger-1"), issue.clone(), good()),
        ("an admin who may not browse", Some("admin-1"), issue.clone(), good()),
        ("anonymous", None, issue.clone(), good()),
        ("a forged account", Some("stranger-1"), issue.clone(), with("accountId", json!("editor-1"))),
        ("a forged account, anonymous", None, issue.clone(), with("accountId", json!("editor-1"))),
        ("another issue in the payload", Some("editor-1"), json!("10008"), with("issueId", issue.clone())),
        ("an issue that does not exist", Some("editor-1"), json!("99999"), good()),
        ("a path as issue", Some("editor-1"), json!("../10007"), good()),
        ("a path as issue, encoded", Some("editor-1"), json!("10008%2f..%2f10007"), good()),
        ("a key of storage as issue", Some("editor-1"), json!("10008:1"), good()),
        ("a very long issue", Some("editor-1"), json!("1".repeat(20)), good()),
        ("a number as issue", Some("editor-1"), json!(10007), good()),
        ("no issue", Some("editor-1"), Value::Null, good()),
        ("an issue in the payload only", Some("editor-1"), Value::Null, with("issueId", issue.clone())),
        ("a large payload", Some("editor-1"), issue.clone(), with("note", json!("x".repeat(5_000)))),
        ("a list as payload", Some("editor-1"), issue.clone(), json!([good()])),
        ("a text as payload", Some("editor-1"), issue.clone(), json!("ticketId")),
        ("a number as payload", Some("editor-1"), issue.clone(), json!(42)),
    ];
    let stored = || {
        let is_count = |key: &String| key == "points" || key.starts_with("refused:");
        let kv = env.kv.borrow();
        let rows = kv.iter().filter(|((_, key), _)| !is_count(key));
        rows.map(|(key, (value, _))| (key.clone(), value.clone())).collect::<Vec<_>>()
    };
    let before = stored();
    for function in functions {
        for (who, account, issue, payload) in &callers {
            let platform = account.map_or_else(|| env.platform(A), |account| env.as_user(A, account));
            let call = json!({ "functionKey": function, "payload": payload, "issueId": issue });
            let answer = run(forge::panel(&platform, &call)).unwrap();
            let is_empty = function == "panel.view" && answer == EMPTY();
            let is_refusal = answer.as_object().unwrap().len() == 1 && answer["error"].is_string();
            assert!(is_empty || is_refusal, "{function} of {who}: {answer}");
            assert_eq!(stored(), before, "{function} of {who}");
        }
    }
    assert_eq!(view(&env, "stranger-1"), panel(&env, "stranger-1", "10008", "panel.view", json!({})), "told apart");
    assert_eq!(env.jira.remote_links.borrow().len(), 1);
}

/// A user who may browse, but not edit, reads and has the ticket read again, and changes no link.
#[test]
fn a_reader_changes_no_link() {
    let (env, _) = linked();
    for function in ["links.sharing", "links.request", "links.remove"] {
        let payload = json!({ "ticketNumber": "50077", "ticketId": 42 });
        assert_eq!(panel(&env, "reader-1", "10007", function, payload), json!({ "error": "forbidden" }), "{function}");
    }
    assert_eq!(panel(&env, "reader-1", "10007", "links.retry", json!({ "ticketId": 42 })), json!({}));
    assert_eq!(env.keys_of(A, "link:").len(), 2);
}

/// One warm process serves two installations at the same addresses.
#[test]
fn another_installation_sees_nothing() {
    let (env, secret) = linked();
    apply(&env, &secret, 2, about(2, 42, golden("ticket.changed")));
    view(&env, "reader-1");
    let call = json!({ "functionKey": "panel.view", "issueId": "10007" });
    assert_eq!(run(forge::panel(&env.as_user(B, "reader-1"), &call)).unwrap(), EMPTY());
}
