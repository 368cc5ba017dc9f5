//! Schemas of OpenAPI 3.0 as JSON Schema: `nullable`, number formats, and what may only be read or only be written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// The direction of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// From a client, which may not send `readOnly` properties.
    Request,
    /// From Jira, which does not show `writeOnly` properties.
    Answer,
}

/// All schemas by name, and validators made so far.
pub struct Schemas {
    all: Value,
    made: HashMap<(String, Side), Validator>,
}

/// A reference to a schema by its name.
pub fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

impl Schemas {
    pub fn new(all: Value) -> Self {
        Self { all, made: HashMap::new() }
    }

    /// Returns the errors of a value.
    pub fn faults(&mut self, schema: &Value, side: Side, value: &Value) -> Vec<String> {
        let key = (schema.to_string(), side);
        if !self.made.contains_key(&key) {
            let validator = self.validator(schema, side);
            self.made.insert(key.clone(), validator);
        }
        let errors = self.made[&key].iter_errors(value);
        errors.map(|error| format!("{} at '{}'", error, error.instance_path())).collect()
    }

    fn validator(&self, schema: &Value, side: Side) -> Validator {
        let mut needed = BTreeMap::new();
        let mut open = references(schema);
        while let Some(name) = open.pop_first() {
            let found = self.all.get(&name).unwrap_or_else(|| panic!("the description has no schema {name}"));
            needed.entry(name).or_insert_with(|| {
                open.extend(references(found));
                converted(found, side)
            });
        }
        let root = json!({"allOf": [converted(schema, side)], "components": {"schemas": needed}});
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .with_format("date-time", is_time)
            .with_format("url", |text: &str| url::Url::parse(text).is_ok())
            .build(&root)
            .unwrap_or_else(|error| panic!("{schema}: {error}"))
    }
}

/// Jira writes its times with an offset of four digits and no colon, in its description's examples too.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    matches!(shape.as_str(), "0000-00-00T00:00:00.000+0000" | "0000-00-00T00:00:00.000-0000")
}

fn references(schema: &Value) -> BTreeSet<String> {
    match schema {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
            own.map(str::to_owned).into_iter().chain(map.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

/// Converts a schema, and all within it, to JSON Schema.
fn converted(schema: &Value, side: Side) -> Value {
    let map = match schema {
        Value::Object(map) => map,
        Value::Array(items) => return items.iter().map(|item| converted(item, side)).collect(),
        other => return other.clone(),
    };
    let mut made = Map::new();
    for (key, value) in map {
        let value = match (key.as_str(), value) {
            // Names of properties, not keywords.
            ("properties", Value::Object(properties)) => {
                properties.iter().map(|(name, schema)| (name.clone(), property(schema, side))).collect()
            }
            ("enum" | "example" | "default" | "required", value) => value.clone(),
            (_, value) => converted(value, side),
        };
        made.insert(key.clone(), value);
    }
    match map.get("format").and_then(Value::as_str) {
        Some("int32") => bounds(&mut made, i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => bounds(&mut made, i64::MIN, i64::MAX),
        _ => {}
    }
    if map.get("nullable") == Some(&Value::Bool(true)) {
        return json!({"anyOf": [{"type": "null"}, made]});
    }
    Value::Object(made)
}

fn bounds(schema: &mut Map<String, Value>, least: i64, most: i64) {
    schema.entry("minimum").or_insert(least.into());
    schema.entry("maximum").or_insert(most.into());
}

fn property(schema: &Value, side: Side) -> Value {
    let hidden = if side == Side::Request { "readOnly" } else { "writeOnly" };
    if schema.get(hidden) == Some(&Value::Bool(true)) { Value::Bool(false) } else { converted(schema, side) }
}
