//! The form of the calls of the admin page: each function with the fields of its payload. A call of another form is refused
//! before anything is done.

use serde_json::Value;

use crate::json::json;
use crate::licence;
use crate::platform::Platform;

/// Maximum bytes of a payload: the settings have up to 235,000.
const MAX_PAYLOAD: usize = 400_000;

/// The type of a field; one that is missing or null is accepted, and the function decides about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A text.
    Text,
    /// true or false.
    Flag,
    /// A whole number.
    Number,
    /// A list.
    List,
    /// An object.
    Object,
}

use FieldType::{Flag, List, Number, Object, Text};

/// Every function of the admin page, with its fields. The value of `settings.set` is read by a parser of its own.
pub const ADMIN_CALLS: &[(&str, &[(&str, FieldType)])] = &[
    ("audit.export", &[("format", Text), ("cursor", Text)]),
    ("audit.list", &[("filter", Object), ("cursor", Text)]),
    ("commands.failed", &[("cursor", Text)]),
    ("commands.retry", &[("ids", List)]),
    ("commands.skip", &[("ids", List)]),
    ("connection.create", &[("replace", Flag)]),
    ("connection.disconnect", &[("force", Flag)]),
    ("connection.retire", &[("force", Flag)]),
    ("connection.rotate", &[]),
    ("connection.status", &[("ask", Flag)]),
    ("erasure.request", &[("accountIds", List)]),
    ("people.read", &[("csv", Text)]),
    (
        "privacy.erase",
        &[("accountId", Text), ("ticketId", Number), ("everything", Flag), ("confirm", Text), ("cursor", Text)],
    ),
    ("privacy.export", &[("accountId", Text), ("ticketId", Number), ("everything", Flag), ("cursor", Text)]),
    ("privacy.stored", &[]),
    ("settings.choices", &[]),
    ("settings.get", &[]),
    ("settings.history", &[]),
    ("settings.preflight", &[("project", Text)]),
    ("settings.set", &[("ifEtag", Text)]),
    ("settings.version", &[("etag", Text)]),
];

impl FieldType {
    fn has(self, value: &Value) -> bool {
        match self {
            Text => value.is_string(),
            Flag => value.is_boolean(),
            Number => value.is_u64(),
            List => value.is_array(),
            Object => value.is_object(),
        }
    }
}

/// Returns the answer to a call that is refused without a look at its content, or `None`.
pub(crate) fn refusal(platform: &impl Platform, call: &Value) -> Option<Value> {
    let payload = &call["payload"];
    if payload.to_string().len() > MAX_PAYLOAD {
        return Some(json!({ "error": "too-large" }));
    }
    if !payload.is_null() && !payload.is_object() {
        return Some(json!({ "error": "malformed" }));
    }
    let name = call["functionKey"].as_str().unwrap_or_default();
    if let Some((_, fields)) = ADMIN_CALLS.iter().find(|(known, _)| *known == name) {
        let wrong = fields.iter().find(|(field, kind)| !payload[*field].is_null() && !kind.has(&payload[*field]));
        if let Some((field, _)) = wrong {
            return Some(json!({ "error": "invalid", "field": field, "rule": "malformed" }));
        }
    }
    licence::refuses_call(platform, call).then(|| json!({ "error": licence::INACTIVE }))
}
