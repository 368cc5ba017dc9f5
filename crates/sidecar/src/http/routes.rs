//! Every route with its body limit. Nothing here redirects, and an unknown path is 404 whatever its slashes and case.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use redaction::Sensitive;
use store::Store;
use tokio::sync::Notify;

use super::limits::Bodies;
use super::{health, webhook};
use crate::env::Env;
use crate::health::Health;

/// What the routes need.
#[derive(Clone)]
pub struct Hook {
    /// Verifies Zammad's signature.
    pub token: Sensitive<String>,
    /// Where doorbells go.
    pub store: Arc<dyn Store>,
    /// Rung when one was stored.
    pub wake: Arc<Notify>,
    /// What the health pages show.
    pub health: Arc<Health>,
    /// Clock and randomness.
    pub env: Env,
    /// The memory that bodies share.
    pub bodies: Bodies,
}

/// The routes.
///
/// | path | methods | body |
/// |---|---|---|
/// | `/hooks/zammad` | POST | 16 MiB, 32 MiB together |
/// | `/livez`, `/readyz` | GET | none read |
pub fn router(hook: Hook) -> Router {
    Router::new()
        .route("/hooks/zammad", post(webhook::receive).fallback(webhook::not_post))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(async || answer(StatusCode::NOT_FOUND, "not-found"))
        .method_not_allowed_fallback(async || answer(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"))
        .layer(from_fn(with_headers))
        .with_state(hook)
}

/// A small JSON answer with a fixed word.
pub(super) fn answer(status: StatusCode, code: &'static str) -> Response {
    let name = if status.is_success() { "status" } else { "error" };
    let mut response = (status, format!("{{\"{name}\":\"{code}\"}}")).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer after which the connection ends: what is left of the request is not read.
pub(super) fn answer_and_close(status: StatusCode, code: &'static str) -> Response {
    let mut response = answer(status, code);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn with_headers(request: Request, next: Next) -> Response {
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if chunked {
        // The framing of a chunked request is not followed (see `framing`), so nothing may come behind it, on any route.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
