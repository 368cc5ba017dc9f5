//! Builds JSON with a small amount of compiled code, and has helpers for parsed JSON.

use serde::Serialize;
use serde_json::{Map, Value};

/// Like `serde_json`'s macro of this name, except that the values of an object are expressions, so a nested object needs
/// another `json!`. It expands to a call instead of inline code, which saves a tenth of the wasm module.
macro_rules! json {
    ({ $($name:literal: $value:expr),* $(,)? }) => {
        $crate::json::object(&mut [$(($name, $crate::json::value(&$value))),*])
    };
    ($value:expr) => { $crate::json::value(&$value) };
}
pub(crate) use json;

/// Converts a value to JSON. The types of this app have text keys only, so this cannot fail.
#[inline(never)]
pub(crate) fn value(value: &(impl Serialize + ?Sized)) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Takes the value of a field out of an object; null if there is none. Unlike `value[name].take()`, it does not add the field
/// and cannot panic.
pub(crate) fn take(value: &mut Value, name: &str) -> Value {
    value.get_mut(name).map(Value::take).unwrap_or_default()
}

/// Builds an object; takes the values out of the list.
#[inline(never)]
pub(crate) fn object(fields: &mut [(&'static str, Value)]) -> Value {
    let mut object = Map::new();
    for (name, value) in fields {
        object.insert((*name).to_owned(), value.take());
    }
    Value::Object(object)
}

/// Whether objects and lists are nested more than `levels` deep.
pub(crate) fn is_deeper(value: &Value, levels: usize) -> bool {
    let inner = |value: &Value| is_deeper(value, levels - 1);
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(inner),
        Value::Object(fields) => levels == 0 || fields.values().any(inner),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_levels() {
        for (text, levels) in [("1", 0), ("[]", 1), (r#"{"a":1}"#, 1), (r#"[1,{"a":[2]},[]]"#, 3)] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(!is_deeper(&value, levels), "{text}");
            assert!(levels == 0 || is_deeper(&value, levels - 1), "{text}");
        }
    }
}
