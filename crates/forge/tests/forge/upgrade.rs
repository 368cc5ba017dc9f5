//! Records of an older version: secrets in two records, no record of the queue's last change, no etag beside the settings. They
//! are read as they are, moved by the first request with messages, and an interruption at any call loses nothing.

use schema::{Message, ResultStatus};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, apply, message, opened, request, run, sealed, send, set_settings};

type Secrets = (envelope::Secret, envelope::Secret);

/// An installation with two live secrets, as an older version stored it.
fn old_installation() -> (TestEnv, Secrets) {
    let env = TestEnv::new();
    let current = env.connect(A);
    set_settings(&env, json!({ "comments": { "toJira": "public" } }));
    apply(&env, &current, 1, message(1, 42, "link.requested"));
    let made = run(forge::admin(&env.as_user(A, "admin-1"), &json!({ "functionKey": "connection.rotate" }))).unwrap();
    let next = envelope::Secret::parse(made["secret"].as_str().unwrap()).unwrap();
    let slot = |key: &str| (A.to_owned(), key.to_owned());
    let mut secrets = env.secrets.borrow_mut();
    let stored = secrets.remove(&slot("hmac")).unwrap();
    for name in ["current", "next"] {
        let value = json!({ "installId": A, "value": stored["value"][name] });
        secrets.insert(slot(&format!("hmac:{name}")), value);
    }
    drop(secrets);
    env.kv.borrow_mut().retain(|(_, key), _| !matches!(key.as_str(), "mail" | "cfg-etag" | "points"));
    (env, (current, next))
}

fn secret_names(env: &TestEnv) -> Vec<String> {
    env.secrets.borrow().keys().map(|(_, name)| name.clone()).collect()
}

fn article(number: u128) -> Vec<Message> {
    vec![message(number, 42, "article.added")]
}

#[test]
fn the_first_request_with_messages_moves_the_records() {
    let (env, (current, next)) = old_installation();
    let reply = opened(&send(&env, &current, 2, &request(A, vec![])), &current, 2);
    assert!(reply.config.value.is_some() && reply.queue.is_some());
    assert_eq!(secret_names(&env), ["hmac:current", "hmac:next"], "a poll writes nothing but its nonce");
    let reply = opened(&send(&env, &current, 3, &request(A, article(3))), &current, 3);
    assert_eq!(reply.results[0].status, ResultStatus::Accepted);
    assert_eq!(secret_names(&env), ["hmac"]);
    assert_eq!(env.keys_of(A, "cfg-etag"), ["cfg-etag"]);
    for (nonce, secret) in [(4, &current), (5, &next)] {
        let reply = opened(&send(&env, secret, nonce, &request(A, vec![])), secret, nonce);
        assert_eq!((reply.keys.live.len(), reply.config.etag.as_str()), (2, "1"));
    }
}

#[test]
fn an_admin_changes_secrets_of_an_older_version() {
    let admin = |env: &TestEnv, key: &str| {
        run(forge::admin(&env.as_user(A, "admin-1"), &json!({ "functionKey": key, "payload": { "force": true } })))
            .unwrap()
    };
    let (env, (current, next)) = old_installation();
    assert_eq!(admin(&env, "connection.create"), json!({ "error": "already-connected" }));
    assert_eq!(admin(&env, "connection.status")["liveKeys"].as_array().unwrap().len(), 2);
    assert_eq!(admin(&env, "connection.retire"), json!({}));
    assert_eq!(secret_names(&env), ["hmac"]);
    assert_eq!(send(&env, &current, 2, &request(A, vec![])).status_code, 401);
    assert_eq!(send(&env, &next, 3, &request(A, vec![])).status_code, 200);

    let (env, (current, _)) = old_installation();
    let made = admin(&env, "connection.rotate");
    let newest = envelope::Secret::parse(made["secret"].as_str().unwrap()).unwrap();
    assert_eq!(secret_names(&env), ["hmac"]);
    for (nonce, secret) in [(2, &current), (3, &newest)] {
        assert_eq!(send(&env, secret, nonce, &request(A, vec![])).status_code, 200);
    }
}

/// Stops the moving request before and after each of its calls.
#[test]
fn an_interruption_at_any_call_loses_no_secret_and_opens_no_nonce_again() {
    let wire = |env: &TestEnv, secret: &envelope::Secret, nonce: u8, messages: Vec<Message>| {
        sealed(env, secret, A, nonce, json!(request(A, messages)).to_string())
    };
    let (env, (current, _)) = old_installation();
    let counting = env.platform(A);
    run(forge::web_trigger(&counting, wire(&env, &current, 2, article(3)))).unwrap();
    let calls = counting.calls.get();
    assert!(calls > 15, "{calls}");
    for (left, after) in (1..=calls).flat_map(|left| [(left, false), (left, true)]) {
        let (env, (current, next)) = old_installation();
        let mut stopped = env.platform(A);
        stopped.calls_left.set(left);
        stopped.stop_after_call = after;
        assert!(run(forge::web_trigger(&stopped, wire(&env, &current, 2, article(3)))).is_none());
        // The first one made the link.
        let claimed = env.keys_of(A, "nonce:").len() > 1;
        let repeated = run(forge::web_trigger(&env.platform(A), wire(&env, &current, 2, vec![]))).unwrap();
        assert_eq!(repeated.status_code, if claimed { 401 } else { 200 }, "stopped at {left}");
        for (nonce, secret) in [(3, &current), (4, &next), (5, &current)] {
            env.now.set(env.now.get() + 61_000);
            let reply = opened(&send(&env, secret, nonce, &request(A, article(3))), secret, nonce);
            assert_eq!(reply.keys.live.len(), 2, "stopped at {left}");
        }
        assert_eq!(env.jira.comments.borrow().len(), 1, "stopped at {left}");
        // The older ones may stay, unread, until the next change of a secret.
        assert!(secret_names(&env).iter().any(|name| name == "hmac"), "stopped at {left}");
        let etag = env.kv.borrow()[&(A.to_owned(), "cfg-etag".to_owned())].0["value"].clone();
        assert_eq!(etag, Value::from("1"));
        let again = run(forge::web_trigger(&env.platform(A), wire(&env, &current, 5, vec![]))).unwrap();
        assert_eq!(again.status_code, 401, "the nonce of the last request, stopped at {left}");
    }
}

/// A command that an older version queued has no record of the queue's change; it is found since a sidecar names no mark at first.
#[test]
fn commands_of_an_older_version_are_delivered() {
    let (env, (current, _)) = old_installation();
    env.jira.set("10007", "summary", json!("New"));
    let event = json!({ "eventType": "avi:jira:updated:issue", "issue": { "id": "10007" } });
    run(forge::jira_event(&env.platform(A), &event)).unwrap();
    env.kv.borrow_mut().retain(|(_, key), _| key != "mail");
    let reply = opened(&send(&env, &current, 2, &request(A, vec![])), &current, 2);
    assert_eq!(reply.commands.len(), 1);
    assert_eq!(reply.queue.unwrap().empty_mark, None);
}
