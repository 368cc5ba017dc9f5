//! The attributes that are mandatory when a ticket is edited, and the values that they may have.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The edit screen of one ticket for the bot, as Zammad's attributes and core workflows define it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct EditScreen {
    #[serde(default)]
    mandatory: BTreeMap<String, Value>,
    #[serde(default)]
    visibility: BTreeMap<String, Value>,
    #[serde(default)]
    restrict_values: BTreeMap<String, Value>,
}

impl EditScreen {
    /// Returns the names of the mandatory attributes in alphabetical order. Zammad does not require hidden ones.
    pub fn demanded(&self) -> impl Iterator<Item = &str> {
        let is_shown = |name: &str| self.visibility.get(name).is_none_or(|state| state == "show");
        let demanded = self.mandatory.iter().filter(|(_, state)| **state == Value::Bool(true));
        demanded.map(|(name, _)| name.as_str()).filter(move |name| is_shown(name))
    }

    /// Whether the attribute (`state_id`, `category`, …) may be set to this value. An attribute without a list of values takes
    /// any.
    #[must_use]
    pub fn allows(&self, attribute: &str, value: &Value) -> bool {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let allowed = self.restrict_values.get(attribute).and_then(Value::as_array).filter(|list| !list.is_empty());
        // The form has ids as texts.
        allowed.is_none_or(|list| list.iter().any(|item| text(item) == text(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_of_values_restricts_its_attribute_only() {
        let lists = json!({ "restrict_values": {
            "state_id": ["", "1", "2"], "priority_id": [3], "category": [], "tags": null, "kind": ["a"],
        } });
        let screen: EditScreen = serde_json::from_value(lists).unwrap();
        for (attribute, value, allowed) in [
            ("state_id", json!(2), true),
            ("state_id", json!("2"), true),
            ("state_id", json!(4), false),
            ("priority_id", json!(3), true),
            ("priority_id", json!(2), false),
            ("category", json!("any"), true),
            ("tags", json!("any"), true),
            ("kind", json!("b"), false),
            ("title", json!("any"), true),
        ] {
            assert_eq!(screen.allows(attribute, &value), allowed, "{attribute} {value}");
        }
    }
}
