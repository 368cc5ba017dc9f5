//! Parameter values, read as Rails and Ruby read them.

use base64::Engine as _;
use serde_json::Value;

/// A value as text, as Ruby's `to_s` would show it.
pub(in crate::zammad_sim) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A number, given as number or as digits.
pub(in crate::zammad_sim) fn as_id(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// `true`, `"true"` and `1` are on.
pub(in crate::zammad_sim) fn is_true(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || matches!(as_text(value).as_str(), "true" | "1")
}

/// The first `length` characters of a text.
pub(in crate::zammad_sim) fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

/// Strict base64 with padding; line breaks are allowed.
pub(in crate::zammad_sim) fn strict_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// A whole number, given as number or as digits.
pub(in crate::zammad_sim) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A parameter as text, where nothing is an empty text.
pub(in crate::zammad_sim) fn text_or_empty(value: Option<&Value>) -> String {
    value.map(as_text).unwrap_or_default()
}
