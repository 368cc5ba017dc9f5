//! The life of an installation: installed, upgraded, without a licence, before an uninstall.

use schema::{MessageBody, ResultStatus};
use serde_json::{Value, json};

use crate::support::{
    A, B, NOW, TestEnv, about, apply, call_admin, golden, linked, message, opened, request, run, send,
};

fn event(kind: &str) -> Value {
    json!({ "eventType": kind, "id": "i", "app": { "id": "a", "version": "2.1.0" } })
}

fn actions(env: &TestEnv) -> Vec<String> {
    let shown = call_admin(env, "audit.list", Value::Null);
    shown["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn installation_waits_for_the_permissions_of_the_app() {
    let env = TestEnv::new();
    let installed = event("avi:forge:installed:app");
    for status in [401, 403, 404, 500] {
        env.jira.status.set(Some(status));
        let answer = run(forge::lifecycle(&env.platform(A), &installed)).unwrap();
        let seconds = answer["retry"]["afterSeconds"].as_u64().unwrap_or_else(|| panic!("{status}: {answer}"));
        assert!((60..=900).contains(&seconds), "{status}: {seconds}");
    }
    env.jira.status.set(None);
    assert_eq!(run(forge::lifecycle(&env.platform(A), &installed)), Some(json!({})));
    assert_eq!(actions(&env), ["app-installed"]);
    let shown = call_admin(&env, "audit.list", Value::Null);
    assert_eq!(shown["entries"][0]["detail"], json!({ "version": "2.1.0" }));
    assert_eq!(run(forge::lifecycle(&env.platform(A), &event("avi:forge:other:app"))), Some(json!({})));
    assert_eq!(actions(&env).len(), 1);
}

#[test]
fn after_an_upgrade_an_older_installation_works_on() {
    let (env, secret) = linked();
    // As an older version stored it: two records of secrets, and no etag.
    let stored = env.secrets.borrow_mut().remove(&(A.into(), "hmac".into())).unwrap();
    let current = json!({ "installId": A, "value": stored["value"]["current"] });
    env.secrets.borrow_mut().insert((A.into(), "hmac:current".into()), current);
    env.kv.borrow_mut().remove(&(A.into(), "cfg-etag".into()));
    for _ in 0..2 {
        assert_eq!(run(forge::lifecycle(&env.platform(A), &event("avi:forge:upgraded:app"))), Some(json!({})));
    }
    assert!(env.secrets.borrow().contains_key(&(A.into(), "hmac".into())));
    assert_eq!(env.keys_of(A, "cfg-etag"), ["cfg-etag"]);
    assert_eq!(apply(&env, &secret, 9, about(9, 42, golden("article.added"))).status, ResultStatus::Accepted);
}

#[test]
fn without_a_licence_nothing_is_written_and_nothing_is_lost() {
    let (env, secret) = linked();
    env.jira.editors.borrow_mut().push("editor-1".into());
    env.unlicensed.borrow_mut().insert(A.into());
    let calls = env.jira.calls.borrow().len();
    let result = apply(&env, &secret, 2, message(2, 42, "article.added"));
    assert_eq!((result.status, result.code.as_deref()), (ResultStatus::Retry, Some("licence-inactive")));
    assert_eq!(result.retry_after_ms, Some(900_000));
    assert_eq!(env.jira.calls.borrow().len(), calls, "Jira is not even asked");
    for kind in MessageBody::KINDS {
        let answer = apply(
            &env,
            &secret,
            3 + u8::try_from(MessageBody::KINDS.iter().position(|k| k == kind).unwrap()).unwrap(),
            message(50, 42, kind),
        );
        assert_ne!(answer.status, ResultStatus::Rejected, "{kind} would be lost");
    }
    // An event is queued, and its command is not delivered yet.
    let changed = json!({ "eventType": "avi:jira:updated:issue", "issue": { "id": "10007" } });
    run(forge::jira_event(&env.platform(A), &changed)).unwrap();
    assert_eq!(env.keys_of(A, "cmd:").len(), 1);
    assert!(opened(&send(&env, &secret, 100, &request(A, vec![])), &secret, 100).commands.is_empty());
    // Changes of people are refused; what they see says why.
    let editor = env.as_user(A, "editor-1");
    let panel = |function: &str| {
        let payload = json!({ "ticketId": 42, "ticketNumber": "1" });
        run(forge::panel(&editor, &json!({ "functionKey": function, "payload": payload, "issueId": "10007" }))).unwrap()
    };
    let refused = json!({ "error": "licence-inactive", "licence": "inactive" });
    assert_eq!((panel("links.request"), panel("links.remove")), (refused.clone(), refused.clone()));
    assert_eq!(panel("links.retry"), refused);
    let shown = panel("panel.view");
    assert_eq!((&shown["licence"], &shown["total"]), (&json!("inactive"), &json!(1)), "{shown}");
    for (function, allowed) in [
        ("connection.create", false),
        ("connection.rotate", false),
        ("connection.retire", false),
        ("connection.status", true),
        ("settings.get", true),
        ("settings.set", false),
        ("commands.retry", false),
        ("commands.skip", false),
        ("commands.failed", true),
        ("audit.list", true),
        ("privacy.stored", true),
    ] {
        let answer = call_admin(&env, function, json!({}));
        assert_eq!(answer["error"] != "licence-inactive", allowed, "{function}: {answer}");
        assert_eq!(answer["licence"], "inactive", "{function}");
    }
    let export = call_admin(&env, "privacy.export", json!({ "everything": true }));
    assert!(export["records"].is_array(), "duties do not depend on a licence: {export}");
    // With a licence everything goes on where it stopped.
    env.unlicensed.borrow_mut().clear();
    env.now.set(NOW + 900_000);
    let commands = opened(&send(&env, &secret, 101, &request(A, vec![])), &secret, 101).commands;
    let kinds: Vec<&str> = commands.iter().map(|command| command.body.kind()).collect();
    assert_eq!(kinds, ["issue.changed", "refresh"], "the event, and what the opened panel asks for");
    assert_eq!(apply(&env, &secret, 102, message(2, 42, "article.added")).status, ResultStatus::Accepted);
    assert_eq!(call_admin(&env, "connection.status", json!({}))["licence"], Value::Null);
}

/// A big installation: links on issues, and ten thousand records in all.
fn fill(env: &TestEnv, install: &str) {
    for ticket in 0..300u64 {
        let link = json!({ "ticketId": ticket, "ticketNumber": "1", "ticketUrl": "http://z/1", "issueId": "10007", "issueKey": "PROJ-7", "linkedAt": NOW });
        let key = (install.to_owned(), format!("link:t:{ticket}"));
        env.kv.borrow_mut().insert(key, (json!({ "installId": install, "value": [link] }), None));
        let global_id = format!("system=zammad&install={install}&ticket={ticket}");
        env.jira.remote_links.borrow_mut().insert(("10007".into(), global_id), json!({}));
    }
    for number in 0..9_700u64 {
        let key = (install.to_owned(), format!("file:1:{number}"));
        env.kv.borrow_mut().insert(key, (json!({ "installId": install, "value": [] }), Some(NOW + 1)));
    }
}

fn is_empty(env: &TestEnv, install: &str) -> bool {
    let of = |owner: &String| owner == install;
    !env.kv.borrow().keys().any(|(owner, _)| of(owner)) && !env.secrets.borrow().keys().any(|(owner, _)| of(owner))
}

#[test]
fn uninstall_leaves_nothing_behind_and_a_new_installation_starts_clean() {
    let (env, secret) = linked();
    apply(&env, &secret, 2, message(2, 42, "article.added"));
    apply(&env, &secret, 3, message(3, 42, "ticket.changed"));
    fill(&env, A);
    env.connect(B);
    let of_b: Vec<String> = env.keys_of(B, "");
    let platform = env.platform(A);
    let report = run(forge::pre_uninstall(&platform)).unwrap();
    assert!(is_empty(&env, A), "{:?}", env.keys_of(A, ""));
    assert_eq!((&report["left"], &report["remoteLinksLeft"]), (&json!([]), &json!(0)));
    assert_eq!((&report["erased"]["file"], &report["remoteLinks"]), (&json!(9_700), &json!(300)), "{report}");
    assert!(env.jira.remote_links.borrow().is_empty());
    assert_eq!(env.jira.issues.borrow()["10007"]["properties"].get("zammadlink"), None);
    // Deletions of 25 records count as one write (docs/platforms/forge.md §5.1): 4,000 are allowed in a minute.
    assert!(platform.writes.get() < 500, "{} writes", platform.writes.get());
    assert_eq!(env.keys_of(B, ""), of_b, "another installation keeps everything");
    // The sidecar of before is refused, and writes nothing.
    assert_eq!(send(&env, &secret, 4, &request(A, vec![])).status_code, 401);
    assert!(is_empty(&env, A));
    // Again installed, on the same storage.
    run(forge::lifecycle(&env.platform(A), &event("avi:forge:installed:app"))).unwrap();
    assert_eq!(actions(&env), ["app-installed"]);
    assert_eq!(call_admin(&env, "connection.status", json!({}))["liveKeys"], json!([]));
}

#[test]
fn uninstall_that_ends_early_says_what_is_left_and_can_be_continued() {
    let (env, _) = linked();
    fill(&env, A);
    for calls in [0, 1, 5, 40, 400] {
        let cut = env.platform(A);
        cut.calls_left.set(calls);
        assert_eq!(run(forge::pre_uninstall(&cut)), None, "{calls}");
    }
    run(forge::pre_uninstall(&env.platform(A))).unwrap();
    assert!(is_empty(&env, A));
    assert!(env.jira.remote_links.borrow().is_empty());
}

#[test]
fn uninstall_without_jira_still_deletes_what_is_stored() {
    let (env, _) = linked();
    fill(&env, A);
    env.jira.status.set(Some(503));
    let report = run(forge::pre_uninstall(&env.platform(A))).unwrap();
    assert!(is_empty(&env, A));
    assert_eq!((&report["remoteLinks"], &report["remoteLinksLeft"]), (&json!(0), &json!(300)), "{report}");
    assert!(env.logs.borrow().iter().any(|line| line.starts_with("uninstalled ")));
}
