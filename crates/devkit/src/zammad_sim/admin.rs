//! The simulator's own API under `/__sim/`, which no product code may know.

use serde_json::{Value, json};

use super::{model::attribute::Column, shared::Shared};
use crate::http::{Answer, Inbound};

pub(super) fn answer(shared: &Shared, request: &Inbound) -> Answer {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["state"]) => Answer::json(200, &shared.state().dump()),
        ("GET", ["faults"]) => Answer::json(200, &shared.faults.dump()),
        ("POST", ["faults"]) => match shared.faults.admin_add(&request.body) {
            Ok(added) => Answer::json(200, &added),
            Err(error) => Answer::json(400, &json!({"error": error})),
        },
        ("DELETE", ["faults"]) => {
            shared.faults.clear();
            shared.queue.release();
            Answer::json(200, &json!({}))
        }
        ("GET", ["deliveries"]) => {
            let status = *shared.queue.watch().borrow();
            let body = json!({"sending": status.sending, "waiting": status.waiting, "next_due": status.next_due});
            Answer::json(200, &body)
        }
        // An administrator restarts after a migration if the server does not restart automatically.
        ("POST", ["restart"]) => {
            shared.present().go_away();
            Answer::json(200, &json!({}))
        }
        ("POST", ["ticket_attributes"]) => attribute(shared, &request.body),
        _ => Answer::json(404, &json!({"error": "no such admin path"})),
    }
}

/// Adds a custom ticket attribute, as an executed migration would: old tickets have no value.
fn attribute(shared: &Shared, body: &[u8]) -> Answer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(name) = body.get("name").and_then(Value::as_str) else {
        return Answer::json(400, &json!({"error": "name is missing"}));
    };
    let default = body.get("default").cloned().unwrap_or(Value::Null);
    shared.state().add_column(name, Column::text(default));
    Answer::json(200, &json!({}))
}
