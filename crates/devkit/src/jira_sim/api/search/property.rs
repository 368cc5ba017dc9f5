//! Clauses about entity properties: `issue.property[key].path = 1`.
//!
//! On a real site a property can be searched for only if the app declares the key, the path and the type of the value;
//! here the key is enough, and every path below it has the type of its value.

use serde_json::Value;

use crate::jira_sim::site::Issue;

const PREFIX: &str = "issue.property[";

/// The key and the dotted path of a field that is an entity property.
pub(super) fn named(field: &str) -> Option<(&str, &str)> {
    let start = field.get(..PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(PREFIX))?;
    let (key, path) = field.get(start.len()..)?.split_once(']')?;
    let path = if path.is_empty() { Some("") } else { path.strip_prefix('.') };
    path.filter(|_| !key.is_empty()).map(|path| (key, path))
}

/// The values that the index has of a property: of a list each item, of an object nothing.
fn values<'a>(issue: &'a Issue, key: &str, path: &str) -> Vec<&'a Value> {
    let parts = path.split('.').filter(|part| !part.is_empty());
    let found = issue.properties.get(key).and_then(|value| parts.into_iter().try_fold(value, |at, part| at.get(part)));
    match found {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::Object(_) | Value::Null) | None => Vec::new(),
        Some(value) => vec![value],
    }
}

/// Whether a clause about a property fits. An issue without the property fits `IS EMPTY` alone, also not `!=`.
pub(super) fn fits(issue: &Issue, (key, path): (&str, &str), operator: &str, wanted: &[String]) -> bool {
    let found = values(issue, key, path);
    let any = |fits: &dyn Fn(f64, f64) -> bool| {
        let wanted = || wanted.iter().filter_map(|wanted| wanted.parse().ok());
        found.iter().filter_map(|value| value.as_f64()).any(|value| wanted().any(|wanted| fits(value, wanted)))
    };
    let equal = || found.iter().any(|value| wanted.iter().any(|wanted| equals(value, wanted)));
    match operator {
        "is" => found.is_empty(),
        "is not" => !found.is_empty(),
        "=" | "in" => equal(),
        "!=" | "not in" => !found.is_empty() && !equal(),
        ">" => any(&|value, wanted| value > wanted),
        ">=" => any(&|value, wanted| value >= wanted),
        "<" => any(&|value, wanted| value < wanted),
        "<=" => any(&|value, wanted| value <= wanted),
        _ => false,
    }
}

fn equals(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Bool(on) => wanted.eq_ignore_ascii_case(if *on { "true" } else { "false" }),
        // As numbers, so that `1` finds 1.0 too.
        Value::Number(number) => number.as_f64().is_some_and(|number| wanted.parse() == Ok(number)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_a_property_has_a_key_and_a_path() {
        assert_eq!(named("issue.property[zammadlink].linked"), Some(("zammadlink", "linked")));
        assert_eq!(named("Issue.Property[a.b].c.D"), Some(("a.b", "c.D")));
        assert_eq!(named("issue.property[a]"), Some(("a", "")));
        for other in ["issue.property[a", "issue.property[a]b", "issue.property[].b", "updated", "issue"] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
