//! `POST /hooks/zammad`: verify the signature over the raw bytes, keep only ids, store them durably, then answer 202
//! (docs/platforms/zammad.md §6).

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use store::{Intake, Notification, StoreError};
use tokio::time::Instant;
use uuid::Uuid;
use zammad::webhook::{self, WebhookError};

use super::bodies::{BodyError, LARGEST_BODY};
use super::respond::{answer, answer_and_close};
use super::server::Sender;
use super::state::HttpState;
use crate::telemetry::once_a_minute::OnceAMinute;

/// Bodies of more bytes than this are parsed as a blocking task, so that they do not delay other requests.
const LARGE_JSON: usize = 256 * 1024;

static WRONG_SIGNATURE: OnceAMinute = OnceAMinute::new();
static NO_EVENT: OnceAMinute = OnceAMinute::new();
static TWO_TICKETS: OnceAMinute = OnceAMinute::new();
static GET: OnceAMinute = OnceAMinute::new();

pub(super) async fn receive(State(state): State<HttpState>, request: Request) -> Response {
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
    let sender = parts.extensions.get::<Sender>().map(|sender| sender.0);
    let held = match state.bodies.read(body, sender).await {
        Ok(held) => held,
        Err(BodyError::TooLarge) => return answer_and_close(StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
        Err(BodyError::NoRoom) => return busy("bodies"),
        Err(BodyError::Broken) => return answer_and_close(StatusCode::REQUEST_TIMEOUT, "timeout"),
    };
    let signatures: Vec<&[u8]> = headers.get_all("x-hub-signature").iter().map(HeaderValue::as_bytes).collect();
    let Ok(verified) = webhook::verify(&state.token, &signatures, &held.bytes) else {
        state.health.webhook_refused();
        if WRONG_SIGNATURE.is_due(Instant::now()) {
            // Operator: if no webhook of Zammad arrives, set the token that `connector webhook-token` prints in Zammad.
            tracing::warn!(route = "hook", "webhooks with a wrong signature rejected; /readyz counts them");
        }
        // The whole body was read, so the connection can be reused.
        return answer(StatusCode::UNAUTHORIZED, "unauthorized");
    };
    state.bodies.verified(sender);
    let read: Result<_, WebhookError> =
        if held.bytes.len() > LARGE_JSON { tokio::task::block_in_place(|| verified.parse()) } else { verified.parse() };
    let (Ok(event), Some(delivery)) = (read, delivery(headers)) else {
        state.health.webhook_unreadable();
        if NO_EVENT.is_due(Instant::now()) {
            // Operator: in Zammad, use the default payload for the webhook, and tickets as the trigger's object.
            tracing::warn!(route = "hook", "webhook rejected: not a ticket event with a delivery id");
        }
        return answer(StatusCode::BAD_REQUEST, "not-a-ticket-event");
    };
    drop(held);
    if state.deliveries.is_of_another_ticket(&delivery, event.ticket_id).await && TWO_TICKETS.is_due(Instant::now()) {
        // Operator: something between Zammad and here repeats headers, or somebody repeats webhooks with another body. Nothing is lost.
        tracing::warn!(
            route = "hook",
            ticket_id = event.ticket_id,
            "one delivery id came with two tickets; both are stored"
        );
    }
    let notification = Notification {
        // With the ticket: the same id with another ticket is another event.
        delivery: format!("{delivery}:{}", event.ticket_id),
        ticket_id: event.ticket_id,
        article_id: event.article_id,
        received_at: state.env.now(),
    };
    store_notification(&state, notification).await
}

async fn store_notification(state: &HttpState, notification: Notification) -> Response {
    let ticket_id = notification.ticket_id;
    match state.store.receive(notification).await {
        Ok(intake) => {
            state.inbox_ready.notify_one();
            state.health.webhook_stored(state.env.now());
            tracing::debug!(
                ticket_id,
                outcome = if intake == Intake::Stored { "stored" } else { "duplicate" },
                "webhook received"
            );
            answer(StatusCode::ACCEPTED, "accepted")
        }
        Err(error) => {
            let code = if let StoreError::Unavailable { code, .. } = &error { code.as_str() } else { "store" };
            // Operator: check free space and permissions of DATA_DIR; Zammad repeats the webhook.
            tracing::error!(ticket_id, code, "webhook not stored");
            busy("store")
        }
    }
}

/// Answers every other method with 405. An older Zammad behind a redirecting proxy sends the whole ticket in the query of a
/// GET and takes any 200 for success; neither path nor query is read or logged.
pub(super) async fn not_post(State(state): State<HttpState>, request: Request) -> Response {
    if request.method() == axum::http::Method::GET {
        state.health.get_on_hook(state.env.now());
        if GET.is_due(Instant::now()) {
            // Operator: let the proxy pass POST through unchanged; its log may contain ticket content.
            tracing::warn!(
                route = "hook",
                "GET on the webhook path: a proxy in front of this sidecar redirects webhooks"
            );
        }
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

/// Returns the delivery id, a UUID; `None` unless the header occurs exactly once and is valid.
fn delivery(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all("x-zammad-delivery").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    Uuid::try_parse_ascii(value.as_bytes()).ok().map(|id| id.hyphenated().to_string())
}
