//! The simulator's own API under `/__sim/`, which no product code may know.

use serde_json::{Value, json};

use super::Shared;
use crate::http::{Answer, Inbound};

pub(super) fn answer(shared: &Shared, request: &Inbound) -> Answer {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["state"]) => Answer::json(200, &shared.state().dump()),
        ("GET", ["events"]) => Answer::json(200, &json!(shared.state().events)),
        ("GET", ["faults"]) => Answer::json(200, &shared.faults.dump()),
        ("POST", ["faults"]) => match shared.faults.admin_add(&request.body) {
            Ok(added) => Answer::json(200, &added),
            Err(error) => Answer::json(400, &json!({"error": error})),
        },
        ("DELETE", ["faults"]) => {
            shared.faults.clear();
            shared.outbox.release();
            Answer::json(200, &json!({}))
        }
        ("GET", ["sinks"]) => Answer::json(200, &json!(shared.state().sinks)),
        ("POST", ["sinks"]) => sink(shared, &request.body),
        ("DELETE", ["sinks"]) => {
            shared.state().sinks.clear();
            Answer::json(200, &json!({}))
        }
        ("GET", ["deliveries"]) => {
            let status = *shared.outbox.watch().borrow();
            let body = json!({"sending": status.sending, "waiting": status.waiting, "next_due": status.next_due});
            Answer::json(200, &body)
        }
        _ => Answer::json(404, &json!({"error": "no such admin path"})),
    }
}

fn sink(shared: &Shared, body: &[u8]) -> Answer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match body.get("url").and_then(Value::as_str) {
        Some(url) => {
            shared.state().sinks.push(url.to_owned());
            Answer::json(200, &json!({}))
        }
        None => Answer::json(400, &json!({"error": "url is missing"})),
    }
}
