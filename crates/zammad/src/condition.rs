//! Search conditions that always have a value: Zammad ignores a condition without a value and then matches everything
//! (docs/platforms/zammad.md §2, recorded).

use serde_json::{Value, json};

/// A text that Zammad does not treat as empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// `None` for a text of white space and control characters only: Zammad removes NUL, so no value would be left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.chars().all(|c| c.is_whitespace() || c.is_control()) { None } else { Some(Self(text.to_owned())) }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A condition for `POST /tickets/search`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Value);

impl Condition {
    /// Matches tickets of which a column equals a text. `field` is a column such as `number`, never user input.
    #[must_use]
    pub fn ticket_field_is(field: &'static str, value: &Text) -> Self {
        Self::leaf(field, "is", json!(value.as_str()))
    }

    /// Matches tickets that changed at or after a time in Zammad's form (`2025-01-22T10:46:58.255Z`).
    #[must_use]
    pub fn updated_after(time: &Text) -> Self {
        Self::leaf("updated_at", "after (absolute)", json!(time.as_str()))
    }

    /// Matches tickets with one of these ids; `None` for an empty list, since Zammad ignores such a condition.
    #[must_use]
    pub fn id_is_one_of(ids: &[u64]) -> Option<Self> {
        (!ids.is_empty()).then(|| Self::leaf("id", "is", json!(ids)))
    }

    fn leaf(field: &'static str, operator: &'static str, value: Value) -> Self {
        Self(json!({ "name": format!("ticket.{field}"), "operator": operator, "value": value }))
    }

    /// Returns the JSON of the request's `condition`, in the nested form that 6.1 and 6.5 accept.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "operator": "AND", "conditions": [self.0] })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blank_texts_are_refused() {
        for blank in ["", " ", "\t\r\n", "\0", "\u{a0}\u{3000}", " \0 "] {
            assert_eq!(Text::new(blank), None, "{blank:?}");
        }
        assert!(Text::new(" 0 ").is_some());
    }

    #[test]
    fn an_empty_list_of_ids_is_no_condition() {
        assert_eq!(Condition::id_is_one_of(&[]), None);
        let json = Condition::id_is_one_of(&[7, 8]).unwrap().to_json();
        assert_eq!(json["conditions"][0], json!({ "name": "ticket.id", "operator": "is", "value": [7, 8] }));
    }

    proptest! {
        #[test]
        fn no_condition_is_without_a_value(text in any::<String>()) {
            if let Some(value) = Text::new(&text) {
                let json = Condition::ticket_field_is("number", &value).to_json();
                prop_assert!(!json["conditions"][0]["value"].as_str().unwrap().trim().is_empty());
            }
        }
    }
}
