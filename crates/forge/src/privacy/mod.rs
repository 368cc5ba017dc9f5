//! The duties towards people whose data the app stores: what it stores, an export, an erasure, and the report to Atlassian.

pub(crate) mod erase;
pub(crate) mod export;
mod people;
pub(crate) mod report;
mod scan;
mod subject;

use serde_json::Value;

use crate::json::json;
use crate::stored::{KINDS, Lifetime, Place};

/// Returns `{"kinds":[{kind, key, personal, lifetime, seconds?}]}`: all kinds of records, by their codes.
pub(crate) fn stored() -> Value {
    let kinds = KINDS.iter().map(|kind| {
        let key = match kind.place {
            Place::Key(key) | Place::Secret(key) => key.to_owned(),
            Place::Prefix(prefix) => [prefix, "…"].concat(),
        };
        let mut row = json!({
            "kind": kind.name, "key": key, "personal": kind.personal.code(), "lifetime": kind.lifetime.code(),
        });
        if let Lifetime::Seconds(seconds) = kind.lifetime {
            row["seconds"] = seconds.into();
        }
        row
    });
    json!({ "kinds": kinds.collect::<Vec<_>>() })
}
