//! Parts that all rows share: times, who made a row and when.

use serde_json::{Map, Value};

use crate::{
    clock::{Millis, calendar},
    zammad_sim::model::{entities::Stamps, state::State},
};

/// Zammad's own form of a time.
pub(in crate::zammad_sim) fn time(at: Millis) -> String {
    let at = calendar(at);
    let (date, clock) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond()
    )
}

pub(in crate::zammad_sim) fn maybe_time(at: Option<Millis>) -> Value {
    at.map_or(Value::Null, |at| Value::String(time(at)))
}

/// Adds who and when; with names where asked.
pub(in crate::zammad_sim) fn stamp(row: &mut Map<String, Value>, stamps: Stamps, names: Option<&State>) {
    row.insert("created_by_id".into(), stamps.created_by_id.into());
    row.insert("updated_by_id".into(), stamps.updated_by_id.into());
    row.insert("created_at".into(), time(stamps.created_at).into());
    row.insert("updated_at".into(), time(stamps.updated_at).into());
    if let Some(state) = names {
        row.insert("created_by".into(), state.login(stamps.created_by_id).into());
        row.insert("updated_by".into(), state.login(stamps.updated_by_id).into());
    }
}

pub(in crate::zammad_sim) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
