//! How often an exchange waits for the platform: calls that are made at the same time are one round.

use forge::{Invocation, Platform as _, SetOptions};
use schema::{Ack, AckStatus, UnixMs};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, id, linked, opened, request, run, sealed, send};

/// Performs one effect of the core in storage.
fn perform(env: &TestEnv, effect: &Value) -> Value {
    let platform = env.platform(A);
    let key = effect["key"].as_str().unwrap_or_default();
    let ok = match effect["op"].as_str().unwrap() {
        "kv.get" => run(platform.kv_get(key)).unwrap().unwrap().map(|entry| json!({ "value": entry.value })),
        "kv.set" => {
            let ttl_seconds = effect["ttlSeconds"].as_u64().and_then(|seconds| seconds.try_into().ok());
            let options = SetOptions { ttl_seconds, fail_if_exists: effect["failIfExists"] == true };
            run(platform.kv_set(key, effect["value"].clone(), options)).unwrap().unwrap();
            Some(json!(true))
        }
        "kv.delete" => {
            run(platform.kv_delete(key)).unwrap().unwrap();
            Some(json!(true))
        }
        "kv.query" => {
            let cursor = effect["cursor"].as_str().map(str::to_owned);
            let page = run(platform.kv_query(effect["prefix"].as_str().unwrap(), 100, cursor)).unwrap().unwrap();
            let items: Vec<Value> =
                page.items.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            Some(json!({ "items": items, "cursor": page.cursor }))
        }
        "secret.get" => run(platform.secret_get(key)).unwrap().unwrap(),
        op => panic!("unexpected effect {op}"),
    };
    json!({ "id": effect["id"], "ok": ok })
}

/// Returns the number of rounds of an exchange.
fn rounds(env: &TestEnv, secret: &envelope::Secret, nonce: u8, request: &schema::Request) -> usize {
    let wire = sealed(env, secret, A, nonce, json!(request).to_string());
    let headers: serde_json::Map<String, Value> =
        wire.headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    let input = json!({ "context": { "installId": A }, "payload": { "method": "POST", "headers": headers } });
    let mut invocation = Invocation::begin("web_trigger", &input.to_string(), Some(wire.body)).unwrap();
    let (mut answers, mut rounds) = (json!([]), 0);
    loop {
        let step: Value = serde_json::from_str(&invocation.step(UnixMs(env.now.get()), &answers.to_string())).unwrap();
        if let Some(done) = step.get("done") {
            assert_eq!(done["statusCode"], 200, "{done}");
            return rounds;
        }
        rounds += 1;
        answers = step["effects"].as_array().unwrap().iter().map(|effect| perform(env, effect)).collect();
    }
}

#[test]
fn an_empty_exchange_waits_twice() {
    let (env, secret) = linked();
    // The first one of a sidecar reads settings and queue.
    assert_eq!(rounds(&env, &secret, 2, &request(A, vec![])), 3);
    let known = |empty_mark: Option<String>, etag: &str| schema::Request {
        poll: schema::Poll { empty_mark, ..schema::Poll::default() },
        config_etag: Some(etag.to_owned()),
        ..request(A, vec![])
    };
    let reply = opened(&send(&env, &secret, 3, &known(None, "0")), &secret, 3);
    let mark = reply.queue.unwrap().empty_mark;
    assert!(mark.is_some());
    // The keys with the two small records; the nonce.
    assert_eq!(rounds(&env, &secret, 4, &known(mark.clone(), "0")), 2);
    assert_eq!(rounds(&env, &secret, 5, &known(mark, "7")), 3, "other settings");
}

#[test]
fn acknowledgements_are_applied_at_the_same_time() {
    let (env, secret) = linked();
    let ack = |number| Ack { command_id: id(number), status: AckStatus::Done, code: None, detail: None };
    let acks = schema::Request { acks: (0..25).map(ack).collect(), ..request(A, vec![]) };
    assert_eq!(rounds(&env, &secret, 2, &acks), 4);
}
