//! The simulator's own API under `/__sim/`, which no product code may know.

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::{id::APP_ACCOUNT, moves, shared::Shared};
use crate::http::{Answer, Inbound};

pub(super) fn answer(shared: &Shared, request: &Inbound) -> Answer {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["state"]) => Answer::json(200, &shared.state().dump()),
        ("GET", ["events"]) => Answer::json(200, &json!(shared.state().events)),
        ("GET", ["exchanges"]) => match &shared.exchanges {
            Some(kept) => Answer::json(200, &json!(*kept.lock().unwrap_or_else(PoisonError::into_inner))),
            None => refused("started without --record"),
        },
        ("GET", ["faults"]) => Answer::json(200, &shared.faults.dump()),
        ("POST", ["faults"]) => match shared.faults.admin_add(&request.body) {
            Ok(added) => Answer::json(200, &added),
            Err(error) => refused(&error),
        },
        ("DELETE", ["faults"]) => {
            shared.faults.clear();
            shared.outbox.release();
            done()
        }
        ("GET", ["sinks"]) => Answer::json(200, &json!(shared.state().sinks)),
        ("POST", ["sinks"]) => match body.get("url").and_then(Value::as_str) {
            Some(url) => {
                shared.state().sinks.push(url.to_owned());
                done()
            }
            None => refused("url is missing"),
        },
        ("DELETE", ["sinks"]) => {
            shared.state().sinks.clear();
            done()
        }
        ("POST", ["issues", key, "move"]) => {
            let text = |name: &str| body.get(name).and_then(Value::as_str);
            let account = text("as").unwrap_or(APP_ACCOUNT);
            match moves::move_issue(shared, account, key, text("project").unwrap_or_default()) {
                Some(key) => Answer::json(200, &json!({"key": key})),
                None => refused("no such issue or project"),
            }
        }
        ("PUT", ["issues", key, "hidden"]) => switched(shared.state().hide_issue(key, is_hidden(&body))),
        ("PUT", ["projects", key, "hidden"]) => switched(shared.state().hide_project(key, is_hidden(&body))),
        ("GET", ["portal", key]) => match shared.state().portal(key) {
            Some(request) => Answer::json(200, &json!(request)),
            None => refused("no issue of a service project"),
        },
        ("GET", ["deliveries"]) => {
            let status = *shared.outbox.watch().borrow();
            let body = json!({"sending": status.sending, "waiting": status.waiting, "next_due": status.next_due});
            Answer::json(200, &body)
        }
        _ => Answer::json(404, &json!({"error": "no such admin path"})),
    }
}

fn is_hidden(body: &Value) -> bool {
    body.get("hidden").and_then(Value::as_bool).unwrap_or(true)
}

/// Whether what a request names was there to be changed.
fn switched(found: bool) -> Answer {
    if found { done() } else { refused("no such issue or project") }
}

fn done() -> Answer {
    Answer::json(200, &json!({}))
}

fn refused(why: &str) -> Answer {
    Answer::json(400, &json!({"error": why}))
}
