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
    assert_eq!(refused["logs"][0]["event"], "admin-refused");
    // The refusal is counted: the record is read and written.
    let mut counted = refused;
    for op in ["kv.get", "kv.set"] {
        assert_eq!(counted["effects"][0]["op"], op);
        assert_eq!(counted["effects"][0]["key"], "refused:admin-forbidden");
        counted = step(&mut invocation, &answers(&counted["effects"], A));
    }
    assert_eq!(counted["done"], json!({ "error": "forbidden" }));
    assert!(Invocation::begin("other", "{\"context\":{\"installId\":\"x\"}}", None).is_err());
    assert!(Invocation::begin("admin", "nonsense", None).is_err());
}

/// The platform names no licence in development and staging, and for apps that are free (docs/platforms/forge.md §2.1).
#[test]
fn licence_counts_as_active_unless_the_platform_says_otherwise() {
    for (licence, inactive) in [
        (Value::Null, false),
        (json!({}), false),
        (json!({ "active": true }), false),
        (json!({ "isActive": true }), false),
        (json!({ "active": false }), true),
        (json!({ "isActive": false }), true),
        (json!({ "active": "no" }), false),
    ] {
        let context = json!({ "installId": A, "accountId": "admin-1", "licence": licence });
        let input = json!({ "context": context, "payload": { "functionKey": "connection.status" } });
        let mut invocation = Invocation::begin("admin", &input.to_string(), None).unwrap();
        let mut out = step(&mut invocation, &json!([]));
        while out.get("done").is_none() {
            out = step(&mut invocation, &answers(&out["effects"], A));
        }
        assert_eq!(out["done"]["licence"] == "inactive", inactive, "{licence}");
    }
}

/// The platform returns what it has not deleted, and rows whose lifetime is over.
#[test]
fn effects_of_the_clean_up_and_the_report() {
    let input = json!({ "context": { "installId": A }, "payload": {} }).to_string();
    let mut clean = Invocation::begin("pre_uninstall", &input, None).unwrap();
    let mut out = step(&mut clean, &json!([]));
    let mut deleted = Vec::new();
    while out.get("done").is_none() {
        let answer = |effect: &Value| {
            let ok = match effect["op"].as_str().unwrap() {
                "kv.query" if effect["prefix"] == "file:" => {
                    json!({ "items": [{ "key": "file:1:1", "value": 1 }, { "key": "file:1:2", "value": 1 }] })
                }
                "kv.query" => json!({ "items": [] }),
                "kv.deleteMany" => {
                    deleted.push(effect["keys"].clone());
                    json!(["file:1:2"])
                }
                "secret.get" | "kv.get" => Value::Null,
                other => panic!("{other}"),
            };
            json!({ "id": effect["id"], "ok": ok })
        };
        let answers: Vec<Value> = out["effects"].as_array().unwrap().iter().map(answer).collect();
        out = step(&mut clean, &json!(answers));
    }
    assert_eq!(deleted[0], json!(["file:1:1", "file:1:2"]));
    assert_eq!(out["done"]["left"], json!(["file"]), "{out}");
    assert_eq!(out["logs"][0]["event"], "uninstalled");

    let mut daily = Invocation::begin("scheduled", &input, None).unwrap();
    let mut out = step(&mut daily, &json!([]));
    let mut reported = Value::Null;
    while out.get("done").is_none() {
        let row = |id: &str, until: &str| json!({ "key": "audit:x", "value": { "installId": A, "value": { "at": NOW, "accountId": id } }, "expireTime": until });
        let answer = |effect: &Value| {
            let ok = match effect["op"].as_str().unwrap() {
                "kv.query" if effect["prefix"] == "audit:" => {
                    json!({ "items": [row("acc-1", "2099-01-01T00:00:00Z")] })
                }
                "kv.query" if effect["prefix"] == "seen:" => json!({ "items": [row("acc-2", "2020-01-01T00:00:00Z")] }),
                "kv.query" => json!({ "items": [] }),
                "privacy.report" => {
                    reported = effect["accounts"].clone();
                    json!([])
                }
                "kv.get" => Value::Null,
                "kv.set" => json!(true),
                other => panic!("{other}"),
            };
            json!({ "id": effect["id"], "ok": ok })
        };
        let answers: Vec<Value> = out["effects"].as_array().unwrap().iter().map(answer).collect();
        out = step(&mut daily, &json!(answers));
    }
    assert_eq!(reported, json!([{ "accountId": "acc-1", "updatedAt": "2026-09-21T14:13:20Z" }]));
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
