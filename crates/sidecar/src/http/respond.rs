//! Responses with a small JSON body.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Returns a response with the JSON body `{"status": code}` if `status` is a success, otherwise `{"error": code}`.
pub(super) fn answer(status: StatusCode, code: &'static str) -> Response {
    let name = if status.is_success() { "status" } else { "error" };
    let mut response = (status, format!("{{\"{name}\":\"{code}\"}}")).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Like [`answer`], and closes the connection: the rest of the request is not read.
pub(super) fn answer_and_close(status: StatusCode, code: &'static str) -> Response {
    let mut response = answer(status, code);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
