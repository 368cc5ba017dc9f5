//! Every function of the admin page, called by people who may not call it and in forms that it does not accept; and what becomes
//! of refusals in the audit log.

use forge::{ADMIN_CALLS, FieldType};
use serde_json::{Value, json};

use crate::support::{A, NOW, TestEnv, call_admin, linked, opened, request, run, sealed, send};

/// A value of another type than the field has.
fn wrong(kind: FieldType) -> Value {
    match kind {
        FieldType::Text => json!({ "$ne": null }),
        FieldType::Flag => json!("yes"),
        FieldType::Number => json!("42; DROP"),
        FieldType::List => json!({ "0": "x" }),
        FieldType::Object => json!([1]),
    }
}

/// Everything that is stored, without the counts of refusals.
fn storage(env: &TestEnv) -> String {
    let kv = env.kv.borrow();
    let rest: Vec<_> = kv.iter().filter(|((_, key), _)| !key.starts_with("refused:") && key != "points").collect();
    format!("{rest:?}{:?}", env.secrets.borrow())
}

fn count(env: &TestEnv, reason: &str) -> Value {
    let key = (A.to_owned(), format!("refused:{reason}"));
    env.kv.borrow().get(&key).map_or(Value::Null, |(row, _)| row["value"].clone())
}

#[test]
fn no_function_of_the_admin_page_answers_to_anyone_but_admins() {
    for (function, _) in ADMIN_CALLS {
        let (env, _) = linked();
        let before = storage(&env);
        // The id in the payload is not the caller's.
        let forged = json!({ "accountId": "admin-1", "context": { "accountId": "admin-1" }, "everything": true, "confirm": "everything" });
        for account in [Some("user-1"), Some(""), None] {
            let platform = match account {
                Some(account) => env.as_user(A, account),
                None => env.platform(A),
            };
            let answer = run(forge::admin(
                &platform,
                &json!({ "functionKey": function, "accountId": "admin-1", "payload": forged }),
            ));
            assert_eq!(answer, Some(json!({ "error": "forbidden" })), "{function} as {account:?}");
        }
        assert_eq!(storage(&env), before, "{function}");
        assert_eq!(count(&env, "admin-forbidden")["count"], 1, "{function}");
    }
}

#[test]
fn no_function_of_the_admin_page_accepts_another_form() {
    for (function, fields) in ADMIN_CALLS {
        let (env, _) = linked();
        let before = storage(&env);
        for payload in [json!([1]), json!("text"), json!(7), json!(true)] {
            assert_eq!(call_admin(&env, function, payload), json!({ "error": "malformed" }), "{function}");
        }
        assert_eq!(call_admin(&env, function, json!({ "x": "x".repeat(400_001) })), json!({ "error": "too-large" }));
        for (field, kind) in *fields {
            let refused = call_admin(&env, function, json!({ (*field): wrong(*kind) }));
            assert_eq!(refused, json!({ "error": "invalid", "field": field, "rule": "malformed" }), "{function}");
            assert_eq!(count(&env, "admin-invalid")["accountId"], "admin-1", "{function}");
        }
        assert_eq!(storage(&env), before, "{function}");
        assert_eq!(count(&env, "admin-malformed")["count"], 1, "{function}");
        assert_eq!(count(&env, "admin-too-large")["count"], 1, "{function}");
    }
}

/// A function that is missing in the table would not be covered by the tests above.
#[test]
fn every_function_of_the_admin_page_is_in_the_table() {
    let source = include_str!("../../src/admin.rs");
    let body = source.split("match call[\"functionKey\"]").nth(1).unwrap_or_default();
    let arms =
        body.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => ").map(|(name, _)| name));
    let mut dispatched: Vec<&str> = arms.collect();
    dispatched.sort_unstable();
    let listed: Vec<&str> = ADMIN_CALLS.iter().map(|(name, _)| *name).collect();
    assert_eq!(dispatched, listed, "crates/forge/src/admin.rs and admin_calls.rs, sorted by name");
}

#[test]
fn audit_log_shows_refusals_by_reason_and_a_flood_writes_once_in_ten_seconds() {
    let (env, secret) = linked();
    let user = env.as_user(A, "user-1");
    for _ in 0..1_000 {
        run(forge::admin(&user, &json!({ "functionKey": "audit.list" }))).unwrap();
        let panel = json!({ "functionKey": "links.request", "issueId": "10007/../1", "payload": {} });
        assert_eq!(run(forge::panel(&user, &panel)).unwrap()["error"], "not-an-issue");
    }
    assert_eq!(user.writes.get(), 1 + 1 + 1_000, "two counts, and the points of each question to Jira");
    let mut forged = sealed(&env, &secret, A, 9, "{}".into());
    forged.body = b"{ }".to_vec();
    assert_eq!(run(forge::web_trigger(&env.platform(A), forged)).unwrap().status_code, 401);
    let shown = call_admin(&env, "audit.list", Value::Null);
    let reasons: Vec<&str> =
        shown["refusals"].as_array().unwrap().iter().filter_map(|row| row["reason"].as_str()).collect();
    assert_eq!(reasons, ["admin-forbidden", "bad-signature", "panel-not-an-issue"]);
    assert_eq!(
        shown["refusals"][0],
        json!({ "reason": "admin-forbidden", "count": 1, "lastAt": NOW, "accountId": "user-1" })
    );
    env.now.set(NOW + 10_000);
    run(forge::admin(&user, &json!({ "functionKey": "audit.list" }))).unwrap();
    assert_eq!(count(&env, "admin-forbidden")["count"], 2);
    let export = call_admin(&env, "audit.export", json!({ "format": "csv" }));
    assert!(export["text"].as_str().unwrap().contains("bad-signature"), "{export}");
}

/// 50,000 forged requests write the counts of their reasons and nothing else; 10,000 valid ones stay within what the platform
/// allows to write in a minute.
#[test]
fn floods_stay_within_the_platforms_write_units() {
    let (env, secret) = linked();
    let before = env.kv.borrow().len();
    let other = envelope::Secret::from_random(vec![7; 32]).unwrap();
    let forgers = env.platform(A);
    for number in 0..50_000u32 {
        let mut forged = sealed(&env, &other, A, 1, String::new());
        match number % 3 {
            0 => {}
            1 => forged.headers.clear(),
            _ => forged.headers.iter_mut().for_each(|(name, value)| {
                if name.eq_ignore_ascii_case("x-connector-timestamp") {
                    *value = "1".into();
                }
            }),
        }
        assert_eq!(run(forge::web_trigger(&forgers, forged)).unwrap().status_code, 401);
    }
    assert!(forgers.writes.get() <= 2, "{} writes", forgers.writes.get());
    assert!(env.kv.borrow().len() <= before + 2);
    assert!(env.keys_of(A, "nonce:").len() <= 1, "no nonce of a forged request is stored");

    // At the sidecar's shortest pause, a second. The platform allows 4,000 writes of 10 KB in a minute.
    let valid = env.platform(A);
    for number in 0..10_000u32 {
        env.now.set(NOW + i64::from(number) * 1_000);
        let nonce = envelope::Nonce::from_random(std::array::from_fn(|at| {
            number.to_be_bytes()[at % 4] ^ u8::try_from(at).unwrap()
        }));
        let body = json!(request(A, vec![])).to_string();
        let timestamp = envelope::Timestamp::from_seconds(env.now.get() / 1_000).unwrap();
        let install = envelope::InstallId::parse(A.as_bytes()).unwrap();
        let headers = envelope::seal(&secret, install, timestamp, nonce, &body).to_pairs();
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let wire = forge::WebRequest { method: "POST".into(), headers, body: body.into_bytes() };
        assert_eq!(run(forge::web_trigger(&valid, wire)).unwrap().status_code, 200);
    }
    let writes = valid.writes.get();
    // 10,000 seconds, and every four minutes the time of the last contact.
    assert_eq!(writes, 10_000 + 41, "one small write for each request, its nonce: 60 in a minute");
    assert_eq!(opened(&send(&env, &secret, 200, &request(A, vec![])), &secret, 200).results.len(), 0);
}
