//! The privacy boundary: the only way to make a value that may be signed and sent to Forge.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::table::{FIELDS, Privacy, REQUEST_FIELDS, Rule, datum};

/// A value without anything that may not leave the network. Only [`cross`] makes one, so a function that takes a `Boundary`
/// cannot get an unchecked value.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary<T>(T);

impl<T> Boundary<T> {
    /// Returns the value, which may leave the network.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.0
    }
}

/// A value may not cross the boundary, and nothing of it is sent. The text contains no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundaryError {
    /// A message of a kind that has no row in the table.
    #[error("no privacy rule for kind {0}")]
    UnknownKind(String),
    /// The value is neither a message nor a request, or lacks a required part after the rules were applied.
    #[error("not a message or request that can cross: {0}")]
    Shape(String),
}

/// Applies the privacy table to a message (`kind` + `data`) or to a whole request (`messages`, …). Each field is kept,
/// changed or removed as its row says; a field without a row is removed. Idempotent, so a stored message is checked again
/// when it is sent, with the privacy mode of that time.
///
/// # Errors
/// [`BoundaryError`].
pub fn cross<T: Serialize + DeserializeOwned>(draft: &T, privacy: Privacy) -> Result<Boundary<T>, BoundaryError> {
    let shape = |error: serde_json::Error| BoundaryError::Shape(field_of(&error));
    let mut value = serde_json::to_value(draft).map_err(shape)?;
    let object = value.as_object_mut().ok_or_else(|| BoundaryError::Shape("not an object".into()))?;
    if object.contains_key("kind") {
        cross_message(object, privacy)?;
    } else if let Some(messages) = object.remove("messages") {
        let Value::Array(mut messages) = messages else { return Err(BoundaryError::Shape("messages".into())) };
        for message in &mut messages {
            cross_message(message.as_object_mut().ok_or_else(|| BoundaryError::Shape("messages".into()))?, privacy)?;
        }
        walk(object, "", &|_| false, &mut |path, _| REQUEST_FIELDS.contains(&path));
        object.insert("messages".into(), Value::Array(messages));
    } else {
        return Err(BoundaryError::Shape("neither kind nor messages".into()));
    }
    serde_json::from_value(value).map(Boundary).map_err(shape)
}

fn cross_message(message: &mut Map<String, Value>, privacy: Privacy) -> Result<(), BoundaryError> {
    let kind = message.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !FIELDS.iter().any(|(name, _)| *name == kind) {
        return Err(BoundaryError::UnknownKind(kind));
    }
    message.retain(|name, _| ["id", "ticketId", "kind", "data"].contains(&name.as_str()));
    let Some(Value::Object(data)) = message.get_mut("data") else { return Err(BoundaryError::Shape(kind)) };
    let number = data.get("ticketNumber").and_then(Value::as_str).unwrap_or_default().to_owned();
    let file_dropped = data.contains_key("bytes");
    let whole = |path: &str| datum(&kind, path).is_some();
    walk(data, "", &whole, &mut |path, value| match datum(&kind, path).map(|datum| datum.rule(privacy)) {
        Some(Rule::Pass) => true,
        Some(Rule::Never) | None => false,
        Some(Rule::ExtensionOnly) => {
            *value = Value::String(extension(value.as_str().unwrap_or_default()));
            true
        }
        Some(Rule::TicketNumber) => {
            *value = Value::String(format!("Zammad ticket {number}"));
            true
        }
        Some(Rule::ClosedOnly) => is_closed(value),
        Some(Rule::KeyOnly) => value.as_str().is_some_and(is_issue_key),
        Some(Rule::HexOnly) => value.as_str().is_some_and(is_print),
    });
    // Without the notice, a file whose bytes were removed would look like an empty file.
    if file_dropped && !data.contains_key("bytes") && kind == "attachment.added" {
        data.insert("notice".into(), Value::String("privacy".into()));
    }
    Ok(())
}

/// Calls `keep` with every leaf and its dotted path. Leaves for which it returns false are removed, and containers that become
/// empty. A container is a leaf if `whole` is true for its path; if `whole` is true for `<path>.*`, each value of that map is
/// a leaf, with `*` instead of its key, which the customer chose.
fn walk(
    object: &mut Map<String, Value>,
    prefix: &str,
    whole: &impl Fn(&str) -> bool,
    keep: &mut impl FnMut(&str, &mut Value) -> bool,
) {
    let map = format!("{prefix}.*");
    let is_map = whole(&map);
    object.retain(|name, value| {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if is_map {
            return keep(&map, value);
        }
        match value {
            Value::Object(_) if whole(&path) => keep(&path, value),
            Value::Object(inner) => {
                let was_empty = inner.is_empty();
                walk(inner, &path, whole, keep);
                was_empty || !inner.is_empty()
            }
            Value::Array(items) => {
                let path = format!("{path}[]");
                items.retain_mut(|item| match item {
                    Value::Object(inner) => {
                        walk(inner, &path, whole, keep);
                        !inner.is_empty()
                    }
                    leaf => keep(&path, leaf),
                });
                true
            }
            leaf => keep(&path, leaf),
        }
    });
}

/// Whether a value is from a fixed set and not free text: null, a boolean, an integer, a date, an option with a numeric id,
/// or a list of these.
fn is_closed(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::String(text) => is_date(text),
        Value::Array(items) => items.iter().all(is_closed),
        Value::Object(option) => {
            option.len() == 1
                && option
                    .get("id")
                    .and_then(Value::as_str)
                    .is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

/// Whether a text has the form of a date (`2026-11-24`) or a time in RFC 3339: digits and separators, so no words.
fn is_date(text: &str) -> bool {
    (text.len() == 10 || (19..=30).contains(&text.len()))
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            _ => byte.is_ascii_digit() || (at > 10 && matches!(byte, b':' | b'.' | b'Z' | b'+' | b'-')),
        })
}

fn is_issue_key(text: &str) -> bool {
    let Some((project, number)) = text.rsplit_once('-') else { return false };
    (2..=10).contains(&project.len())
        && project.starts_with(|c: char| c.is_ascii_uppercase())
        && project.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && (1..=10).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

fn is_print(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns `.pdf` for `Offer Smith.pdf`, and an empty text if the part after the last dot does not look like an extension.
fn extension(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, last)) if (1..=5).contains(&last.len()) && last.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            format!(".{}", last.to_ascii_lowercase())
        }
        _ => String::new(),
    }
}

/// Returns the category of a serde error, since the text of the error may quote values.
fn field_of(error: &serde_json::Error) -> String {
    format!("{:?} error", error.classify())
}
