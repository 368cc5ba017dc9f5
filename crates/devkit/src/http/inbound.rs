//! A request as a value.

use bytes::Bytes;
use hyper::{HeaderMap, Method, header::HeaderValue};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// A request, read completely.
#[derive(Clone, Debug)]
pub(crate) struct Inbound {
    /// The verb.
    pub method: Method,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// The query, as it came.
    pub query: String,
    /// Header lines.
    pub headers: HeaderMap,
    /// The bytes.
    pub body: Bytes,
}

impl Inbound {
    /// A request with a JSON body that was never on any wire.
    pub fn json(method: &str, path: &str, body: &Value) -> Self {
        let mut headers = HeaderMap::new();
        for name in ["content-type", "accept"] {
            headers.insert(name, HeaderValue::from_static("application/json"));
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method: Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: Bytes::from(body.to_string()),
        }
    }

    /// The path's parts, decoded; a trailing slash counts for nothing.
    pub fn segments(&self) -> Vec<String> {
        let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        self.path.trim_matches('/').split('/').filter(|part| !part.is_empty()).map(decode).collect()
    }

    /// A header's first value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The query's values by name; `name[]` makes a list.
    pub fn query_values(&self) -> Map<String, Value> {
        parse_form(self.query.as_bytes())
    }

    /// One value of the query.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query_values().get(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// The body as the values of a sent form.
    pub fn form_values(&self) -> Map<String, Value> {
        parse_form(&self.body)
    }
}

/// Values of a query or of a sent form by name; `name[]` makes a list.
fn parse_form(bytes: &[u8]) -> Map<String, Value> {
    let mut values = Map::new();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        if let Some(list) = name.strip_suffix("[]") {
            if let Value::Array(items) = values.entry(list).or_insert_with(|| Value::Array(Vec::new())) {
                items.push(Value::String(value.into_owned()));
            }
        } else {
            values.insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }
    values
}
