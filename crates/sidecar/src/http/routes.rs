//! Every route with its body limit. Paths match exactly and are never redirected; any other path is 404.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};

use super::respond::answer;
use super::state::HttpState;
use super::{health, webhook};

/// Creates the router.
///
/// | path | methods | body |
/// |---|---|---|
/// | `/hooks/zammad` | POST | 16 MiB, 32 MiB together |
/// | `/livez`, `/readyz` | GET | not read |
pub fn router(state: HttpState) -> Router {
    Router::new()
        .route("/hooks/zammad", post(webhook::receive).fallback(webhook::not_post))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(async || answer(StatusCode::NOT_FOUND, "not-found"))
        .method_not_allowed_fallback(async || answer(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"))
        .layer(from_fn(with_headers))
        .with_state(state)
}

async fn with_headers(request: Request, next: Next) -> Response {
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if chunked {
        // `framing` does not follow chunked bodies, so no further request may follow on this connection.
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
