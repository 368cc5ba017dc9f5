//! Making, rotating and retiring the secret, by admins only.

use envelope::Secret;
use serde_json::{Value, json};

use crate::memory::{A, NOW, World, opened, request, run, send};

fn call(world: &World, account: &str, function: &str, payload: Value) -> Value {
    run(forge::admin(&world.as_user(A, account), &json!({ "functionKey": function, "payload": payload }))).unwrap()
}

fn secret(answer: &Value) -> Secret {
    Secret::parse(answer["secret"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap()
}

#[test]
fn only_admins_and_only_known_functions() {
    let world = World::new();
    for account in ["user-1", ""] {
        assert_eq!(call(&world, account, "connection.create", Value::Null), json!({ "error": "forbidden" }));
    }
    assert!(world.secrets.borrow().is_empty());
    assert_eq!(call(&world, "admin-1", "connection.delete", Value::Null), json!({ "error": "unknown-function" }));
}

#[test]
fn the_first_secret_is_shown_once_and_not_replaced_by_accident() {
    let world = World::new();
    assert_eq!(call(&world, "admin-1", "connection.rotate", Value::Null), json!({ "error": "not-connected" }));
    let made = call(&world, "admin-1", "connection.create", Value::Null);
    assert_eq!(made["installId"], A);
    assert_eq!(made["secret"].as_str().unwrap().len(), 64);
    assert_eq!(secret(&made).key_id().as_str(), made["keyId"]);
    assert_eq!(call(&world, "admin-1", "connection.create", Value::Null), json!({ "error": "already-connected" }));
    let status = call(&world, "admin-1", "connection.status", Value::Null);
    assert_eq!(status["liveKeys"], json!([made["keyId"]]));
    let shown = format!("{status}{:?}", world.kv.borrow());
    assert!(!shown.contains(made["secret"].as_str().unwrap()), "the secret is nowhere but in the secret store");
    let replaced = call(&world, "admin-1", "connection.create", json!({ "replace": true }));
    assert_ne!(replaced["keyId"], made["keyId"]);
}

/// E11: nothing good is refused at any point of a rotation, whichever side moves first; a retired key is dead at once.
#[test]
fn e11_rotation_without_downtime() {
    let world = World::new();
    let current = world.connect(A);
    let status = |secret: &Secret, nonce: u8| send(&world, secret, nonce, &request(A, vec![])).status_code;
    let next = secret(&call(&world, "admin-1", "connection.rotate", Value::Null));
    assert_eq!(call(&world, "admin-1", "connection.retire", Value::Null), json!({ "error": "next-not-seen" }));
    assert_eq!((status(&current, 1), status(&next, 2), status(&current, 3)), (200, 200, 200));
    let live = opened(&send(&world, &current, 4, &request(A, vec![])), &current, 4).keys.live;
    assert_eq!(live, [current.key_id().as_str(), next.key_id().as_str()]);
    assert_eq!(call(&world, "admin-1", "connection.retire", Value::Null), json!({}));
    assert_eq!((status(&current, 5), status(&next, 6)), (401, 200));
    // Rotating twice in a row replaces `next`; there are never three keys.
    let second = secret(&call(&world, "admin-1", "connection.rotate", Value::Null));
    let third = secret(&call(&world, "admin-1", "connection.rotate", Value::Null));
    assert_eq!((status(&next, 7), status(&second, 8), status(&third, 9)), (200, 401, 200));
    world.now.set(NOW + 1);
    assert_eq!(call(&world, "admin-1", "connection.retire", json!({ "force": true })), json!({}));
    assert_eq!((status(&next, 10), status(&third, 11)), (401, 200));
}
