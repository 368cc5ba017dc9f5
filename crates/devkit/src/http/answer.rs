//! The response of a simulator, or a broken connection.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, StatusCode};
use serde_json::Value;

use crate::faults::FaultKind;

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Status code.
    pub status: u16,
    /// Header lines, in order.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes.
    pub body: Bytes,
}

/// The outcome of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is answered.
    Answer(Answer),
    /// The connection is closed without an answer.
    Reset,
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

impl Answer {
    /// An answer of this content type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    /// An HTML page.
    pub fn html(status: u16, body: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", body)
    }

    /// Without content, nor a type of it.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// To another page, after a form was sent.
    pub fn see_other(target: &str) -> Self {
        Self::empty(303).with("location", target)
    }

    /// The response, rewritten by these faults.
    pub fn rewritten(mut self, faults: &[FaultKind]) -> Self {
        for fault in faults {
            if let FaultKind::Rewrite { from, to } = fault {
                self.body = String::from_utf8_lossy(&self.body).replace(from, to).into();
            }
        }
        self
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The JSON of a successful response; the text of any other as an error.
    pub fn into_json(self) -> Result<Value, String> {
        if self.status >= 300 {
            return Err(format!("{}: {}", self.status, String::from_utf8_lossy(&self.body)));
        }
        Ok(serde_json::from_slice(&self.body).unwrap_or(Value::Null))
    }

    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            // A value that cannot be a header (a line break in a recorded text) is left out rather than split.
            if let Ok(value) = hyper::header::HeaderValue::from_bytes(value.as_bytes()) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
