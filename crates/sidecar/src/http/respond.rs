//! Responses with a small JSON body.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A response whose JSON body is a fixed code.
pub(super) fn answer(status: StatusCode, code: &'static str) -> Response {
    let name = if status.is_success() { "status" } else { "error" };
    let mut response = (status, format!("{{\"{name}\":\"{code}\"}}")).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// As [`answer`], and the connection is closed: the rest of the request is not read.
pub(super) fn answer_and_close(status: StatusCode, code: &'static str) -> Response {
    let mut response = answer(status, code);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
