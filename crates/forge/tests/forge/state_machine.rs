//! The interface of the wasm module: effects and their results. Two invocations of two installations run step by step in
//! turns.

use forge::Invocation;
use schema::UnixMs;
use serde_json::{Value, json};

use crate::support::{A, B, NOW};

fn begin(install: &str) -> Invocation {
    let input = json!({ "context": { "installId": install, "accountId": "admin-1" }, "payload": { "functionKey": "connection.status" } });
    Invocation::begin("admin", &input.to_string(), None).unwrap()
}

fn step(invocation: &mut Invocation, answers: &Value) -> Value {
    serde_json::from_str(&invocation.step(UnixMs(NOW), &answers.to_string())).unwrap()
}

/// Returns the results of effects, for an installation that is not connected.
fn answers(effects: &Value, install: &str) -> Value {
    let answer = |effect: &Value| {
        let ok = match effect["op"].as_str().unwrap() {
            "jira" => json!({ "status": 200, "body": { "permissions": { "ADMINISTER": { "havePermission": true } } } }),
            "webtrigger.url" => json!(format!("https://forge.example/{install}")),
            "secret.get" | "kv.get" => Value::Null,
            // The count of Jira's points.
            "kv.set" => json!(true),
            op => panic!("unexpected effect {op}"),
        };
        json!({ "id": effect["id"], "ok": ok })
    };
    effects.as_array().unwrap().iter().map(answer).collect()
}

#[test]
fn interleaved_invocations_never_mix() {
    let mut running = [(A, begin(A), json!([]), None), (B, begin(B), json!([]), None)];
    for _ in 0..20 {
        for (install, invocation, pending, done) in &mut running {
            if done.is_none() {
                let out = step(invocation, pending);
                *done = out.get("done").cloned();
                *pending = answers(out.get("effects").unwrap_or(&json!([])), install);
            }
        }
    }
    for (install, _, _, done) in running {
        let done = done.unwrap();
        assert_eq!(done["installId"], install);
        assert_eq!(done["webTriggerUrl"], format!("https://forge.example/{install}"));
    }
}

#[test]
fn platform_error_becomes_a_code() {
    let mut invocation = begin(A);
    let first = step(&mut invocation, &json!([]));
    let id = &first["effects"][0]["id"];
    let refused = step(&mut invocation, &json!([{ "id": id, "err": { "code": "NEEDS_AUTHENTICATION_ERR" } }]));
    assert_eq!(refused["done"], json!({ "error": "forbidden" }));
    assert_eq!(refused["logs"][0]["event"], "admin-refused");
    assert!(Invocation::begin("other", "{\"context\":{\"installId\":\"x\"}}", None).is_err());
    assert!(Invocation::begin("admin", "nonsense", None).is_err());
}

/// The platform has a list of values per header (docs/platforms/forge.md §4.1). Every value is kept, and a value that is not a
/// text becomes one that no header accepts.
#[test]
fn header_lists_are_flattened_not_joined() {
    let request = forge::WebRequest::read(
        &json!({ "method": "POST", "headers": { "X-A": ["1", "2"], "x-b": "3", "x-c": [7] } }),
        vec![],
    );
    let pairs: Vec<_> = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("X-A", "1"), ("X-A", "2"), ("x-b", "3"), ("x-c", "\u{0}")]);
}
