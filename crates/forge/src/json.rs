//! JSON made in place.

use serde::Serialize;
use serde_json::{Map, Value};

/// As `serde_json`'s macro of this name, but that what stands inside an object is an expression, so a nested object is
/// another `json!`. Its expansion is a call and not a page of code: that is a tenth of the wasm module.
macro_rules! json {
    ({ $($name:literal: $value:expr),* $(,)? }) => {
        $crate::json::object(&mut [$(($name, $crate::json::value(&$value))),*])
    };
    ($value:expr) => { $crate::json::value(&$value) };
}
pub(crate) use json;

/// What a value is in JSON. Our own types have text keys only, so that this cannot fail.
#[inline(never)]
pub(crate) fn value(value: &(impl Serialize + ?Sized)) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// What stands under a name, taken out; null if there is nothing. Unlike indexing to change, it adds nothing and cannot panic.
pub(crate) fn take(value: &mut Value, name: &str) -> Value {
    value.get_mut(name).map(Value::take).unwrap_or_default()
}

/// An object; takes the values out of the list.
#[inline(never)]
pub(crate) fn object(fields: &mut [(&'static str, Value)]) -> Value {
    let mut object = Map::new();
    for (name, value) in fields {
        object.insert((*name).to_owned(), value.take());
    }
    Value::Object(object)
}
