//! Search conditions that cannot be empty: Zammad drops a condition without a value and then matches everything
//! (docs/platforms/zammad.md §2, recorded), so a value that could be missing must not be expressible.

use serde_json::{Value, json};

/// A text that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// `None` for an empty or blank text, or one of control characters only: Zammad cuts NUL out, and would be left with
    /// no value.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.chars().all(|c| c.is_whitespace() || c.is_control()) { None } else { Some(Self(text.to_owned())) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A condition for `POST /tickets/search`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Value);

impl Condition {
    /// A ticket's own column equals a text. `field` is a column such as `number`; it comes from our code, never from
    /// input.
    #[must_use]
    pub fn ticket_field_is(field: &'static str, value: &Text) -> Self {
        Self::leaf(field, "is", json!(value.as_str()))
    }

    /// Changed at a time or after it, as Zammad writes it (`2025-01-22T10:46:58.255Z`).
    #[must_use]
    pub fn updated_after(time: &Text) -> Self {
        Self::leaf("updated_at", "after (absolute)", json!(time.as_str()))
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(json!({ "operator": "AND", "conditions": [self.0, other.0] }))
    }

    fn leaf(field: &'static str, operator: &'static str, value: Value) -> Self {
        Self(json!({ "name": format!("ticket.{field}"), "operator": operator, "value": value }))
    }

    /// The JSON of the request's `condition`: always the nested form, which both versions take.
    #[must_use]
    pub fn to_json(&self) -> Value {
        if self.0.get("conditions").is_some() {
            self.0.clone()
        } else {
            json!({ "operator": "AND", "conditions": [self.0] })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaves(value: &Value) -> Vec<&Value> {
        match value.get("conditions").and_then(Value::as_array) {
            Some(inner) => inner.iter().flat_map(leaves).collect(),
            None => vec![value],
        }
    }

    #[test]
    fn what_zammad_takes_for_no_value_is_no_text() {
        for blank in ["", " ", "\t\r\n", "\0", "\u{a0}\u{3000}", " \0 "] {
            assert_eq!(Text::new(blank), None, "{blank:?}");
        }
        assert!(Text::new(" 0 ").is_some());
    }

    proptest! {
        #[test]
        fn no_condition_is_ever_without_a_value(texts in prop::collection::vec(any::<String>(), 1..5)) {
            let conditions = texts.iter().filter_map(|text| Text::new(text)).map(|text| Condition::ticket_field_is("number", &text));
            if let Some(condition) = conditions.reduce(Condition::and) {
                let json = condition.to_json();
                let leaves = leaves(&json);
                prop_assert!(!leaves.is_empty());
                for leaf in leaves {
                    prop_assert!(!leaf["value"].as_str().unwrap().trim().is_empty());
                }
            } else {
                prop_assert!(texts.iter().all(|text| Text::new(text).is_none()));
            }
        }
    }
}
