//! `/livez`: the process responds. `/readyz`: it can receive and deliver, or reports in fixed codes why not.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::respond::answer;
use super::state::HttpState;

pub(super) async fn live() -> Response {
    answer(StatusCode::OK, "live")
}

pub(super) async fn ready(State(state): State<HttpState>) -> Response {
    let now = state.env.now();
    // A write now shows whether the store works; the store records the result for the health state.
    let _ = state.store.probe(now).await;
    let counts = state.store.counts().await.unwrap_or_default();
    let report = state.health.report(now, state.store.is_failing());
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let queue = json!({
        "inbox": counts.inbox,
        "outbox": counts.outbox,
        "dead": counts.dead,
        "oldestMs": counts.oldest.map(|oldest| now.since(oldest).max(0)),
    });
    (status, Json(json!({ "health": report, "queue": queue }))).into_response()
}
