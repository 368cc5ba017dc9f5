//! Creation, rotation and retirement of the secret, by admins only.

use envelope::Secret;
use serde_json::{Value, json};

use crate::support::{A, NOW, TestEnv, opened, request, run, send};

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
