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
        ("POST", ["worker", "stop"]) => {
            shared.queue.stop();
            Answer::json(200, &json!({}))
        }
        ("POST", ["worker", "start"]) => start_worker(shared, &request.body),
        // An administrator restarts after a migration if the server does not restart automatically.
        ("POST", ["restart"]) => {
            shared.present().go_away();
            Answer::json(200, &json!({}))
        }
        ("POST", ["ticket_attributes"]) => attribute(shared, &request.body),
        ("POST", ["mandatory_attributes"]) => mandatory(shared, &request.body),
        ("PUT", ["users", user, "groups", group]) => access(shared, user, group, &request.body),
        ("PUT", ["groups", group]) => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let active = body.get("active").and_then(Value::as_bool).unwrap_or(true);
            found(group.parse().is_ok_and(|group| shared.state().set_group_active(group, active)))
        }
        ("PUT", ["hosts", host]) => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let mut state = shared.state();
            if body.get("resolves") == Some(&Value::Bool(false)) {
                state.unknown_hosts.insert((*host).to_owned());
            } else {
                state.unknown_hosts.remove(*host);
            }
            Answer::json(200, &json!({}))
        }
        ("POST", ["scheduler"]) => {
            shared.run_scheduler();
            Answer::json(200, &json!({}))
        }
        ("DELETE", ["tickets", id]) => found(id.parse().is_ok_and(|id| shared.state().delete_ticket(id))),
        _ => Answer::json(404, &json!({"error": "no such admin path"})),
    }
}

/// Starts the worker again: `{"waiting": "deliver"}` or `{"waiting": "drop"}`.
fn start_worker(shared: &Shared, body: &[u8]) -> Answer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let waiting = body.get("waiting").cloned().unwrap_or_else(|| "deliver".into());
    match serde_json::from_value(waiting) {
        Ok(waiting) => {
            shared.queue.resume(waiting);
            Answer::json(200, &json!({}))
        }
        Err(error) => Answer::json(400, &json!({"error": error.to_string()})),
    }
}

/// Whether what a request names was there to be changed.
fn found(found: bool) -> Answer {
    if found { Answer::json(200, &json!({})) } else { Answer::json(404, &json!({"error": "no such row"})) }
}

/// Sets a user's access to a group: `{"access": ["read"]}`; an empty list takes the user out of it.
fn access(shared: &Shared, user: &str, group: &str, body: &[u8]) -> Answer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(levels) = body.get("access").and_then(Value::as_array) else {
        return Answer::json(400, &json!({"error": "access is missing"}));
    };
    let levels: Vec<&str> = levels.iter().filter_map(Value::as_str).collect();
    let (Ok(user), Ok(group)) = (user.parse(), group.parse()) else { return found(false) };
    found(shared.state().set_group_access(user, group, &levels))
}

/// Adds a ticket attribute that must be filled in: `{"name": "category", "options": ["a", "b"]}`.
fn mandatory(shared: &Shared, body: &[u8]) -> Answer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(name) = body.get("name").and_then(Value::as_str) else {
        return Answer::json(400, &json!({"error": "name is missing"}));
    };
    let options = body.get("options").and_then(Value::as_array).into_iter().flatten();
    let options: Vec<&str> = options.filter_map(Value::as_str).collect();
    shared.state().add_mandatory_attribute(name, &options);
    Answer::json(200, &json!({}))
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
