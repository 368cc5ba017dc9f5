//! `/livez`: the process answers. `/readyz`: it can take and deliver work, or says in fixed words why not.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::routes::{Hook, answer};

pub(super) async fn live() -> Response {
    answer(StatusCode::OK, "live")
}

pub(super) async fn ready(State(hook): State<Hook>) -> Response {
    let now = hook.env.now();
    // A page that says "ready" must have written something just now, not remember that it once could.
    hook.health.store(hook.store.probe(now).await.is_ok());
    let counts = hook.store.counts().await.unwrap_or_default();
    let report = hook.health.report(now);
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let queue = json!({
        "inbox": counts.inbox,
        "outbox": counts.outbox,
        "dead": counts.dead,
        "oldestMs": counts.oldest.map(|oldest| now.since(oldest).max(0)),
    });
    (status, Json(json!({ "health": report, "queue": queue }))).into_response()
}
