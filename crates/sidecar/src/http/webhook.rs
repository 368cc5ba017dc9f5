//! `POST /hooks/zammad`: verified over raw bytes, reduced to ids, durable, then 202 (docs/platforms/zammad.md §6).

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use store::{Notification, Intake, StoreError};
use uuid::Uuid;
use zammad::webhook::{self, WebhookError};

use super::limits::{BodyError, LARGEST_BODY};
use super::routes::{Hook, answer, answer_and_close};

/// Above this, the JSON is looked through on a thread of its own.
const LONG: usize = 256 * 1024;

pub(super) async fn receive(State(hook): State<Hook>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    if headers.contains_key(header::CONTENT_ENCODING) {
        return answer_and_close(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-encoding");
    }
    if declared(headers).is_some_and(|length| length > LARGEST_BODY as u64) {
        return answer_and_close(StatusCode::PAYLOAD_TOO_LARGE, "too-large");
    }
    if !headers.contains_key("x-hub-signature") {
        return answer_and_close(StatusCode::UNAUTHORIZED, "unauthorized");
    }
    let held = match hook.bodies.read(body).await {
        Ok(held) => held,
        Err(BodyError::TooLarge) => return answer_and_close(StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
        Err(BodyError::NoRoom) => return busy("bodies"),
        Err(BodyError::Broken) => return answer_and_close(StatusCode::REQUEST_TIMEOUT, "timeout"),
    };
    let signatures: Vec<&[u8]> = headers.get_all("x-hub-signature").iter().map(HeaderValue::as_bytes).collect();
    let Ok(verified) = webhook::verify(&hook.token, &signatures, &held.bytes) else {
        // Anybody can send these; a line for each would fill the operator's disk.
        if hook.health.webhook_refused(hook.env.now()) {
            tracing::warn!(route = "hook", "webhooks with a wrong signature are refused; /readyz counts them");
        }
        // The whole body was read, so the connection is at a request's end and may stay.
        return answer(StatusCode::UNAUTHORIZED, "unauthorized");
    };
    let read: Result<_, WebhookError> =
        if held.bytes.len() > LONG { tokio::task::block_in_place(|| verified.parse()) } else { verified.parse() };
    let (Ok(event), Some(delivery)) = (read, delivery(headers)) else {
        tracing::warn!(route = "hook", "webhook refused: not a ticket event with a delivery id");
        return answer(StatusCode::BAD_REQUEST, "not-a-ticket-event");
    };
    drop(held);
    let notification =
        Notification { delivery, ticket_id: event.ticket_id, article_id: event.article_id, received_at: hook.env.now() };
    store_notification(&hook, notification).await
}

async fn store_notification(hook: &Hook, notification: Notification) -> Response {
    let ticket_id = notification.ticket_id;
    match hook.store.ring(notification).await {
        Ok(intake) => {
            hook.health.store(true);
            hook.wake.notify_one();
            tracing::debug!(
                ticket_id,
                outcome = if intake == Intake::Stored { "stored" } else { "duplicate" },
                "webhook taken"
            );
            answer(StatusCode::ACCEPTED, "accepted")
        }
        Err(error) => {
            hook.health.store(false);
            let code = if let StoreError::Unavailable { code, .. } = &error { code.as_str() } else { "store" };
            tracing::error!(ticket_id, code, "webhook not stored");
            busy("store")
        }
    }
}

/// Whatever is not POST. An older Zammad behind a redirecting proxy sends the whole ticket in a GET's query and takes any
/// 200 for success, so this is 405, and neither path nor query is looked at.
pub(super) async fn not_post(State(hook): State<Hook>, request: Request) -> Response {
    if request.method() == axum::http::Method::GET {
        hook.health.get_on_hook(hook.env.now());
        tracing::warn!(
            route = "hook",
            "GET on the hook path: a proxy in front of this sidecar redirects webhooks, and their content is in its log; let it pass POST through unchanged"
        );
    }
    let mut response = answer_and_close(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

fn busy(what: &'static str) -> Response {
    let mut response = answer_and_close(StatusCode::SERVICE_UNAVAILABLE, what);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Zammad's job UUID, exactly once.
fn delivery(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all("x-zammad-delivery").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    Uuid::try_parse_ascii(value.as_bytes()).ok().map(|id| id.hyphenated().to_string())
}
