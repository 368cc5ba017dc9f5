//! Creation, rotation and retirement of the secret, and commands that failed, by admins only.

use envelope::Secret;
use schema::{Ack, AckStatus, Command, CommandBody, Erase};
use serde_json::{Value, json};

use crate::support::{A, NOW, TestEnv, linked, opened, request, run, send};

fn call(env: &TestEnv, account: &str, function: &str, payload: Value) -> Value {
    run(forge::admin(&env.as_user(A, account), &json!({ "functionKey": function, "payload": payload }))).unwrap()
}

fn secret(answer: &Value) -> Secret {
    Secret::parse(answer["secret"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap()
}

#[test]
fn refuses_other_users_and_unknown_functions() {
    let env = TestEnv::new();
    for account in ["user-1", ""] {
        assert_eq!(call(&env, account, "connection.create", Value::Null), json!({ "error": "forbidden" }));
    }
    assert!(env.secrets.borrow().is_empty());
    assert_eq!(call(&env, "admin-1", "connection.delete", Value::Null), json!({ "error": "unknown-function" }));
}

#[test]
fn first_secret_is_returned_once_and_replaced_on_request_only() {
    let env = TestEnv::new();
    assert_eq!(call(&env, "admin-1", "connection.rotate", Value::Null), json!({ "error": "not-connected" }));
    let made = call(&env, "admin-1", "connection.create", Value::Null);
    assert_eq!(made["installId"], A);
    assert_eq!(made["secret"].as_str().unwrap().len(), 64);
    assert_eq!(secret(&made).key_id().as_str(), made["keyId"]);
    assert_eq!(call(&env, "admin-1", "connection.create", Value::Null), json!({ "error": "already-connected" }));
    let status = call(&env, "admin-1", "connection.status", Value::Null);
    assert_eq!(status["liveKeys"], json!([made["keyId"]]));
    let shown = format!("{status}{:?}", env.kv.borrow());
    assert!(!shown.contains(made["secret"].as_str().unwrap()), "the secret is only in the secret store");
    let replaced = call(&env, "admin-1", "connection.create", json!({ "replace": true }));
    assert_ne!(replaced["keyId"], made["keyId"]);
}

/// No valid request is refused during a rotation, whichever side switches first; a retired key is refused at once
/// (docs/testing.md E11).
#[test]
fn e11_rotation_without_downtime() {
    let env = TestEnv::new();
    let current = env.connect(A);
    let status = |secret: &Secret, nonce: u8| send(&env, secret, nonce, &request(A, vec![])).status_code;
    let next = secret(&call(&env, "admin-1", "connection.rotate", Value::Null));
    assert_eq!(call(&env, "admin-1", "connection.retire", Value::Null), json!({ "error": "next-not-seen" }));
    assert_eq!((status(&current, 1), status(&next, 2), status(&current, 3)), (200, 200, 200));
    let live = opened(&send(&env, &current, 4, &request(A, vec![])), &current, 4).keys.live;
    assert_eq!(live, [current.key_id().as_str(), next.key_id().as_str()]);
    assert_eq!(call(&env, "admin-1", "connection.retire", Value::Null), json!({}));
    assert_eq!((status(&current, 5), status(&next, 6)), (401, 200));
    // A second rotation replaces `next`; there are never three keys.
    let second = secret(&call(&env, "admin-1", "connection.rotate", Value::Null));
    let third = secret(&call(&env, "admin-1", "connection.rotate", Value::Null));
    assert_eq!((status(&next, 7), status(&second, 8), status(&third, 9)), (200, 401, 200));
    env.now.set(NOW + 1);
    assert_eq!(call(&env, "admin-1", "connection.retire", json!({ "force": true })), json!({}));
    assert_eq!((status(&next, 10), status(&third, 11)), (401, 200));
}

fn commands(env: &TestEnv, secret: &Secret, nonce: u8) -> Vec<Command> {
    opened(&send(env, secret, nonce, &request(A, vec![])), secret, nonce).commands
}

/// Lets the sidecar acknowledge a command as failed.
fn fail(env: &TestEnv, secret: &Secret, nonce: u8, command: &Command) {
    let ack = Ack { command_id: command.id, status: AckStatus::Failed, code: Some("forbidden".into()), detail: None };
    let mut acking = request(A, vec![]);
    acking.acks = vec![ack];
    assert_eq!(send(env, secret, nonce, &acking).status_code, 200);
}

#[test]
fn failed_commands_are_listed_retried_and_skipped_by_admins_only() {
    let (env, secret) = linked();
    let mut node = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "secret words" }] });
    for _ in 0..20 {
        node = json!({ "type": "bulletList", "content": [{ "type": "listItem", "content": [node] }] });
    }
    for id in ["30001", "30002"] {
        let author = json!({ "accountId": "acc-1" });
        let comment = json!({ "id": id, "author": author, "created": "c", "updated": "c", "body": { "type": "doc", "content": [node] } });
        env.jira.comments.borrow_mut().push(comment);
        let event =
            json!({ "eventType": "avi:jira:commented:issue", "issue": { "id": "10007" }, "comment": { "id": id } });
        run(forge::jira_event(&env.platform(A), &event)).unwrap();
    }
    let queued = commands(&env, &secret, 2);
    fail(&env, &secret, 3, &queued[0]);
    fail(&env, &secret, 4, &queued[1]);
    for function in ["commands.failed", "commands.retry", "commands.skip"] {
        assert_eq!(call(&env, "user-1", function, Value::Null), json!({ "error": "forbidden" }));
    }
    let listed = call(&env, "admin-1", "commands.failed", json!({}));
    let row = json!({ "id": queued[0].id, "kind": "comment.added", "ticketId": 42, "issueId": "10007", "issueKey": "PROJ-7", "code": "forbidden", "failedAt": NOW });
    assert_eq!((listed["commands"].as_array().unwrap().len(), &listed["commands"][0]), (2, &row));
    assert!(!listed.to_string().contains("secret words"));

    assert_eq!(
        call(&env, "admin-1", "commands.skip", json!({ "ids": [queued[1].id] })),
        json!({ "done": [queued[1].id] })
    );
    let unknown = json!({ "ids": [queued[1].id, "x", 7] });
    assert_eq!(call(&env, "admin-1", "commands.retry", unknown), json!({ "done": [] }));
    let retried = call(&env, "admin-1", "commands.retry", json!({ "ids": [queued[0].id] }));
    assert_eq!(retried, json!({ "done": [queued[0].id] }));
    assert_eq!(call(&env, "admin-1", "commands.failed", json!({}))["commands"], json!([]));
    let again = commands(&env, &secret, 5);
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].id, queued[0].id, "the sidecar has applied the first id");
    assert_eq!(again[0].body, queued[0].body);
    // A retry that fails too is a failed command again, with another id for the next retry.
    env.now.set(NOW + 1_000);
    fail(&env, &secret, 6, &again[0]);
    call(&env, "admin-1", "commands.retry", json!({ "ids": [again[0].id] }));
    let third = commands(&env, &secret, 7);
    assert!(third.len() == 1 && third[0].id != again[0].id && third[0].id != queued[0].id);
}

#[test]
fn erasure_of_people_is_queued_once_and_by_admins_only() {
    let (env, secret) = linked();
    let accounts = json!({ "accountIds": ["acc-1", "acc-2"] });
    assert_eq!(call(&env, "user-1", "erasure.request", accounts.clone()), json!({ "error": "forbidden" }));
    for (account_ids, rule) in [
        (json!([]), "empty"),
        (json!([""]), "empty"),
        (json!(null), "malformed"),
        (json!(["acc-1", 7]), "malformed"),
        (json!(["x".repeat(129)]), "too-long"),
        (json!(vec!["acc-1"; 201]), "too-many"),
    ] {
        let refused = call(&env, "admin-1", "erasure.request", json!({ "accountIds": account_ids }));
        assert_eq!(refused, json!({ "error": "invalid", "field": "accountIds", "rule": rule }));
    }
    assert!(env.keys_of(A, "cmd:").is_empty());
    let answer = call(&env, "admin-1", "erasure.request", accounts);
    let queued = commands(&env, &secret, 2);
    assert_eq!((queued.len(), &json!(queued[0].id)), (1, &answer["commandId"]));
    let erase = Erase { account_ids: vec!["acc-1".into(), "acc-2".into()] };
    assert_eq!((queued[0].ticket_id, &queued[0].body), (None, &CommandBody::Erase(erase)));
    let audited = |(owner, key): &(String, String)| owner == A && key.starts_with("audit:");
    let kv = env.kv.borrow();
    let entries: Vec<&Value> = kv.iter().filter(|(key, _)| audited(key)).map(|(_, (row, _))| &row["value"]).collect();
    let entry = entries.iter().find(|entry| entry["action"] == "erasure-requested").unwrap();
    assert_eq!((&entry["detail"]["accounts"], &entry["accountId"]), (&json!(2), &json!("admin-1")));
    assert!(!format!("{entries:?}").contains("acc-1"));
}
