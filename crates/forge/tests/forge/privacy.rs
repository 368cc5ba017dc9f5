//! Export, erasure and report of the data of people.

use forge::AccountState;
use schema::{CommandBody, ResultStatus};
use serde_json::{Value, json};

use crate::support::{
    A, B, NOW, TestEnv, apply, call_admin, linked, message, opened, request, run, send, set_settings,
};

/// An installation with data of `acc-1` (Ann) and `acc-2` (Bo) in every place that has people.
fn with_people() -> (TestEnv, envelope::Secret) {
    let (env, secret) = linked();
    set_settings(
        &env,
        json!({ "people": [{ "zammad": 7, "accountId": "acc-1" }, { "zammad": 8, "accountId": "acc-2" }] }),
    );
    for (number, account, name) in [(1, "acc-1", "Ann"), (2, "acc-2", "Bo")] {
        let other = if account == "acc-1" { "acc-2" } else { "acc-1" };
        let mention = json!({ "type": "mention", "attrs": { "id": other, "text": "@other" } });
        let body = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [mention] }] });
        let author = json!({ "accountId": account, "displayName": name });
        let id = format!("3000{number}");
        env.jira.comments.borrow_mut().push(
            json!({ "id": id, "issueId": "10007", "author": author, "created": "c", "updated": "c", "body": body }),
        );
        let event =
            json!({ "eventType": "avi:jira:commented:issue", "issue": { "id": "10007" }, "comment": { "id": id } });
        run(forge::jira_event(&env.platform(A), &event)).unwrap();
    }
    apply(&env, &secret, 2, message(2, 42, "ticket.changed"));
    let user = env.as_user(A, "acc-1");
    run(forge::admin(&user, &json!({ "functionKey": "audit.list" }))).unwrap();
    (env, secret)
}

fn export(env: &TestEnv, subject: &Value) -> Vec<Value> {
    let (mut records, mut payload) = (Vec::new(), subject.clone());
    for _ in 0..500 {
        let page = call_admin(env, "privacy.export", payload.clone());
        assert!(page.to_string().len() < 5_000_000, "the platform's limit of an answer");
        records.extend(page["records"].as_array().unwrap_or_else(|| panic!("{page}")).clone());
        payload["cursor"] = page["cursor"].clone();
        if payload["cursor"].is_null() {
            return records;
        }
    }
    panic!("the export has no end")
}

fn erase(env: &TestEnv, subject: &Value, confirm: &str) -> Value {
    let mut payload = subject.clone();
    payload["confirm"] = confirm.into();
    loop {
        let answer = call_admin(env, "privacy.erase", payload.clone());
        payload["cursor"] = answer["cursor"].clone();
        if payload["cursor"].is_null() {
            return answer;
        }
    }
}

fn kinds(records: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = records.iter().map(|record| record["kind"].as_str().unwrap()).collect();
    kinds.dedup();
    kinds
}

fn storage(env: &TestEnv, install: &str) -> String {
    format!("{:?}", env.kv.borrow().iter().filter(|((owner, _), _)| owner == install).collect::<Vec<_>>())
}

#[test]
fn export_has_all_about_one_person_and_nothing_else() {
    let (env, secret) = with_people();
    let records = export(&env, &json!({ "accountId": "acc-1" }));
    assert_eq!(kinds(&records), ["command", "refused", "settings", "settings-before"], "{records:?}");
    assert_eq!(
        records.iter().find(|record| record["kind"] == "settings").unwrap()["value"],
        json!({ "people": [{ "zammad": 7, "accountId": "acc-1" }] })
    );
    let earlier = records.iter().find(|record| record["kind"] == "settings-before").unwrap();
    assert_eq!(earlier["value"], json!({ "people": [{ "zammad": 7, "accountId": "acc-1" }] }));
    assert!(export(&env, &json!({ "accountId": "nobody" })).is_empty());
    let of_ticket = export(&env, &json!({ "ticketId": 42 }));
    assert_eq!(kinds(&of_ticket), ["audit", "cache-ticket", "command", "link-of-issue", "link-of-ticket"]);
    assert!(export(&env, &json!({ "ticketId": 4 })).is_empty(), "no ticket whose id begins with the same digits");
    let all = export(&env, &json!({ "everything": true }));
    let stored = env.keys_of(A, "").into_iter().filter(|key| !key.starts_with("nonce:"));
    let exported: Vec<String> = all.iter().map(|record| record["key"].as_str().unwrap().to_owned()).collect();
    let missing: Vec<String> = stored.filter(|key| !exported.contains(key)).collect();
    assert_eq!(missing, Vec::<String>::new());
    assert!(!json!(all).to_string().contains(secret.to_hex().as_str()), "a secret is never exported");
    for payload in [
        json!({}),
        json!({ "accountId": "a", "ticketId": 1 }),
        json!({ "accountId": "../x" }),
        json!({ "everything": true, "cursor": "x" }),
    ] {
        assert_eq!(call_admin(&env, "privacy.export", payload)["error"], "malformed");
    }
}

#[test]
fn export_pages_stay_below_the_limit_and_have_no_expired_records() {
    let (env, _) = linked();
    for number in 0..60 {
        let key = (A.to_owned(), format!("seen:{number:03}"));
        let until = if number == 5 { NOW } else { NOW + 1 };
        env.kv.borrow_mut().insert(key, (json!({ "installId": A, "value": "x".repeat(239_000) }), Some(until)));
    }
    let records = export(&env, &json!({ "everything": true }));
    let seen: Vec<_> = records.iter().filter(|record| record["value"].to_string().len() > 200_000).collect();
    assert_eq!(seen.len(), 59);
    assert!(seen.iter().all(|record| record["key"] != "seen:005"));
}

#[test]
fn erased_person_is_in_no_record_any_more_and_others_stay() {
    let (env, secret) = with_people();
    let before = export(&env, &json!({ "accountId": "acc-2" })).len();
    let refused = call_admin(&env, "privacy.erase", json!({ "accountId": "acc-1", "confirm": "acc-2" }));
    assert_eq!(refused, json!({ "error": "not-confirmed" }));
    let erased = erase(&env, &json!({ "accountId": "acc-1" }), "acc-1");
    assert_eq!(erased["done"], true, "{erased}");
    assert_eq!(erased["erased"], json!({ "command": 2, "refused": 1, "settings": 1, "settings-before": 1 }));
    let queued = opened(&send(&env, &secret, 9, &request(A, vec![])), &secret, 9).commands;
    let erasure = queued.iter().find(|command| matches!(command.body, CommandBody::Erase(_))).unwrap();
    assert_eq!(json!(erasure.id), erased["commandId"], "the sidecar is asked to erase the person too");
    let left = export(&env, &json!({ "accountId": "acc-1" }));
    assert_eq!(left.len(), 1, "only the request to the sidecar names the person: {left:?}");
    assert!(!storage(&env, A).contains("Ann"));
    assert_eq!(export(&env, &json!({ "accountId": "acc-2" })).len(), before);
    let audit = call_admin(&env, "audit.list", json!({ "filter": { "action": "person-erased" } }));
    assert_eq!(audit["entries"][0]["accountId"], "admin-1");
    assert!(!audit.to_string().contains("acc-1"), "{audit}");
    // Earlier settings can still be taken back.
    let versions = call_admin(&env, "settings.history", Value::Null);
    let etag = &versions["versions"][0]["etag"];
    let earlier = call_admin(&env, "settings.version", json!({ "etag": etag }));
    assert_eq!(earlier["value"]["people"], json!([{ "zammad": 8, "accountId": "acc-2" }]), "{earlier}");
    // Comments of the others are delivered as they were.
    let bo = queued.iter().find(|command| json!(command).to_string().contains("\"Bo\"")).unwrap();
    assert!(!json!(bo).to_string().contains("acc-1"));
}

#[test]
fn erased_ticket_is_unlinked_and_gone() {
    let (env, secret) = with_people();
    let refused = call_admin(&env, "privacy.erase", json!({ "ticketId": 42, "confirm": "43" }));
    assert_eq!(refused, json!({ "error": "not-confirmed" }));
    env.jira.status.set(None);
    let erased = erase(&env, &json!({ "ticketId": 42 }), "42");
    assert_eq!((&erased["done"], &erased["issueIds"]), (&json!(true), &json!(["10007"])), "{erased}");
    assert!(env.jira.remote_links.borrow().is_empty());
    assert_eq!(kinds(&export(&env, &json!({ "ticketId": 42 }))), ["audit", "command"]);
    let queued = opened(&send(&env, &secret, 9, &request(A, vec![])), &secret, 9).commands;
    assert_eq!(queued.iter().map(|command| command.body.kind()).collect::<Vec<_>>(), ["link.removed"]);
    assert_eq!(apply(&env, &secret, 10, message(11, 42, "article.added")).status, ResultStatus::Rejected);
}

#[test]
fn everything_is_erased_and_the_log_says_so() {
    let (env, secret) = with_people();
    env.connect(B);
    let of_b = env.keys_of(B, "");
    let erased = erase(&env, &json!({ "everything": true }), "everything");
    assert_eq!((&erased["done"], &erased["left"]), (&json!(true), &json!([])), "{erased}");
    let left = env.keys_of(A, "");
    assert!(left.iter().all(|key| key.starts_with("audit:") || key == "points"), "{left:?}");
    assert_eq!(call_admin(&env, "audit.list", Value::Null)["entries"][0]["action"], "everything-erased");
    assert_eq!(send(&env, &secret, 20, &request(A, vec![])).status_code, 401);
    assert_eq!(env.keys_of(B, ""), of_b);
}

#[test]
fn weekly_report_names_every_stored_account_and_follows_the_answer() {
    let (env, secret) = with_people();
    let mut filler: Vec<Value> =
        (0..200).map(|n| json!({ "zammad": 100 + n, "accountId": format!("filler-{n}") })).collect();
    filler.extend([json!({ "zammad": 7, "accountId": "acc-1" }), json!({ "zammad": 8, "accountId": "acc-2" })]);
    set_settings(&env, json!({ "people": filler }));
    env.account_states.borrow_mut().insert("acc-1".into(), AccountState::Closed);
    env.account_states.borrow_mut().insert("acc-2".into(), AccountState::Updated);
    run(forge::scheduled(&env.platform(A))).unwrap();
    let mut reported: Vec<String> = env.reported.borrow().iter().map(|(account, _)| account.clone()).collect();
    let expected = |id: &String| id.starts_with("filler-") || id.starts_with("acc-");
    assert_eq!(reported.iter().filter(|id| !expected(id)).collect::<Vec<_>>(), ["admin-1", "rep-1"]);
    assert_eq!(
        reported.len(),
        204,
        "200 in the map, two with comments, an admin in the audit log, and a reporter in an answer"
    );
    reported.sort();
    reported.dedup();
    assert_eq!(reported.len(), 204, "each once");
    assert!(["acc-1", "acc-2", "admin-1"].iter().all(|account| reported.contains(&(*account).to_owned())));
    assert!(!storage(&env, A).contains("Ann") && !storage(&env, A).contains("Bo\""), "erased, and renamed");
    assert!(storage(&env, A).contains("New Name"));
    assert!(call_admin(&env, "settings.get", Value::Null).to_string().contains("acc-2"));
    assert!(!call_admin(&env, "settings.get", Value::Null).to_string().contains("acc-1"));
    let queued = opened(&send(&env, &secret, 9, &request(A, vec![])), &secret, 9).commands;
    assert!(
        queued
            .iter()
            .any(|command| matches!(&command.body, CommandBody::Erase(erase) if erase.account_ids == ["acc-1"]))
    );
    // Again after six days, and the erased account is none.
    env.reported.borrow_mut().clear();
    env.now.set(NOW + 5 * 86_400_000);
    run(forge::scheduled(&env.platform(A))).unwrap();
    assert!(env.reported.borrow().is_empty());
    env.now.set(NOW + 6 * 86_400_000);
    run(forge::scheduled(&env.platform(A))).unwrap();
    assert!(!env.reported.borrow().is_empty());
    assert!(env.reported.borrow().iter().all(|(account, _)| account != "erased"));
}

/// The report looks at records with people only, or a function's time would not be enough for an installation with many links.
#[test]
fn report_of_a_large_installation_takes_few_listings() {
    let (env, _) = with_people();
    for number in 0..5_000 {
        let key = (A.to_owned(), format!("link:t:{number}"));
        env.kv.borrow_mut().insert(key, (json!({ "installId": A, "value": [] }), None));
    }
    let platform = env.platform(A);
    run(forge::scheduled(&platform)).unwrap();
    assert!(platform.queries.get() < 20, "{} listings", platform.queries.get());
    assert!(!env.reported.borrow().is_empty());
}

#[test]
fn failed_report_is_repeated_the_next_day() {
    let (env, _) = with_people();
    env.account_states.borrow_mut().insert("acc-2".into(), AccountState::Updated);
    *env.jira.fault.borrow_mut() = Some(("GET /rest/api/3/user?".into(), 503));
    assert_eq!(run(forge::scheduled(&env.platform(A))), Some(json!({ "statusCode": 204 })));
    assert!(env.logs.borrow().iter().any(|line| line.starts_with("daily-work-failed")));
    *env.jira.fault.borrow_mut() = None;
    env.reported.borrow_mut().clear();
    env.now.set(NOW + 86_400_000);
    run(forge::scheduled(&env.platform(A))).unwrap();
    assert!(!env.reported.borrow().is_empty());
    assert!(storage(&env, A).contains("New Name"));
}

/// Runs an erasure that is stopped at each of its calls in turn, and repeats it as an admin would.
fn stopped_everywhere(subject: &Value, confirm: &str, check: impl Fn(&TestEnv, &envelope::Secret)) {
    let mut payload = subject.clone();
    payload["confirm"] = confirm.into();
    let call = json!({ "functionKey": "privacy.erase", "payload": payload });
    let mut stops = 0;
    loop {
        let (env, secret) = with_people();
        for stop_after_call in [false, true] {
            let mut cut = env.as_user(A, "admin-1");
            cut.stop_after_call = stop_after_call;
            cut.calls_left.set(stops);
            if run(forge::admin(&cut, &call)).is_some() {
                assert!(stops > 10, "only {stops} calls");
                return;
            }
        }
        erase(&env, subject, confirm);
        check(&env, &secret);
        stops += 1;
    }
}

#[test]
fn erasure_of_a_person_may_stop_anywhere() {
    stopped_everywhere(&json!({ "accountId": "acc-1" }), "acc-1", |env, secret| {
        assert!(!storage(env, A).contains("Ann"));
        let queued = opened(&send(env, secret, 9, &request(A, vec![])), secret, 9).commands;
        let erasures = queued.iter().filter(|command| matches!(command.body, CommandBody::Erase(_))).count();
        assert!(erasures >= 1, "{queued:?}");
        assert_eq!(queued.len(), 2 + erasures, "no comment is lost");
    });
}

#[test]
fn erasure_of_a_ticket_may_stop_anywhere() {
    stopped_everywhere(&json!({ "ticketId": 42 }), "42", |env, secret| {
        assert!(env.jira.remote_links.borrow().is_empty());
        assert_eq!(kinds(&export(env, &json!({ "ticketId": 42 }))), ["audit", "command"]);
        let queued = opened(&send(env, secret, 9, &request(A, vec![])), secret, 9).commands;
        assert!(!queued.is_empty(), "the sidecar is told");
        assert!(queued.iter().all(|command| command.body.kind() == "link.removed"), "{queued:?}");
    });
}

/// Storage that fails is an error that people can repeat; nothing is half done.
#[test]
fn storage_that_fails_is_said_and_changes_nothing() {
    let (env, _) = with_people();
    let before = storage(&env, A);
    for function in ["audit.list", "audit.export", "privacy.export", "privacy.erase"] {
        let payload = match function {
            "audit.list" => json!({}),
            "audit.export" => json!({ "format": "csv" }),
            _ => json!({ "accountId": "acc-1", "confirm": "acc-1" }),
        };
        let mut failing = env.as_user(A, "admin-1");
        failing.fails_queries = true;
        let answer = run(forge::admin(&failing, &json!({ "functionKey": function, "payload": payload })));
        assert_eq!(answer, Some(json!({ "error": "unavailable" })), "{function}");
    }
    let mut failing = env.platform(B);
    failing.fails_queries = true;
    let report = run(forge::pre_uninstall(&failing)).unwrap();
    assert!(report["left"].as_array().unwrap().contains(&json!("audit")), "{report}");
    let without_points = |text: &str| text.split("points").next().unwrap().to_owned();
    assert_eq!(without_points(&storage(&env, A)), without_points(&before));
}
