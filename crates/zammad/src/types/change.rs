//! A change of a ticket.

use redaction::Sensitive;
use serde::Serialize;
use serde_json::{Map, Value};

/// The built-in columns of a ticket and the parameters of `PUT /tickets/:id`; none of them can be a custom attribute.
const OWN: [&str; 53] = [
    "action",
    "all",
    "article",
    "article_count",
    "articles",
    "checklist",
    "close_at",
    "close_diff_in_min",
    "close_escalation_at",
    "close_in_min",
    "controller",
    "create_article_sender",
    "create_article_type",
    "created_at",
    "created_by",
    "customer",
    "escalation_at",
    "expand",
    "first_response_at",
    "first_response_diff_in_min",
    "first_response_escalation_at",
    "first_response_in_min",
    "format",
    "full",
    "group",
    "last_close_at",
    "last_contact_agent_at",
    "last_contact_at",
    "last_contact_customer_at",
    "last_owner_update_at",
    "links",
    "mentions",
    "note",
    "number",
    "organization",
    "owner",
    "pending_time",
    "preferences",
    "priority",
    "referencing_checklists",
    "shared_draft",
    "state",
    "tags",
    "ticket",
    "ticket_time_accounting",
    "time_unit",
    "title",
    "type",
    "update_diff_in_min",
    "update_escalation_at",
    "update_in_min",
    "updated_at",
    "updated_by",
];

/// The name of an attribute that an admin has added to tickets. No other key can be written through [`TicketChange`]:
/// a name from the settings must not be able to create an article or send a mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeName(String);

impl AttributeName {
    /// Checks a name. `None` if Zammad does not allow it (docs/platforms/zammad.md §7: lower-case letters, digits and `_`, at
    /// least one letter, no `_id` or `_ids` at the end), and for a built-in column or parameter.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let allowed = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            && name.bytes().any(|byte| byte.is_ascii_lowercase());
        let reference = name == "id" || name.ends_with("_id") || name.ends_with("_ids");
        (allowed && !reference && !OWN.contains(&name)).then(|| Self(name.to_owned()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A change of one ticket; a field that is not set stays as it is. Zammad writes all of the change or nothing.
///
/// Zammad answers 200 to some values but stores others (docs/platforms/zammad.md §2): a title is cut at 250 characters, an
/// owner without access to the group becomes nobody, leaving a pending state clears its time. The stored values are in the
/// ticket that [`crate::Client::update_ticket`] returns.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TicketChange {
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed")]
    title: Option<Sensitive<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<u64>,
    #[serde(flatten, serialize_with = "exposed_map")]
    attributes: Sensitive<Map<String, Value>>,
}

impl TicketChange {
    /// Sets the title. Zammad refuses an empty one.
    #[must_use]
    pub fn title(self, title: Sensitive<String>) -> Self {
        Self { title: Some(title), ..self }
    }

    /// Sets the state. A pending state also needs a [`TicketChange::pending_time`].
    #[must_use]
    pub fn state_id(self, id: u64) -> Self {
        Self { state_id: Some(id), ..self }
    }

    /// Sets the time until which the pending state waits, in RFC 3339; Zammad also accepts a time in the past.
    #[must_use]
    pub fn pending_time(self, time: String) -> Self {
        Self { pending_time: Some(time), ..self }
    }

    /// Sets the priority.
    #[must_use]
    pub fn priority_id(self, id: u64) -> Self {
        Self { priority_id: Some(id), ..self }
    }

    /// Sets the owner; 1 is nobody.
    #[must_use]
    pub fn owner_id(self, id: u64) -> Self {
        Self { owner_id: Some(id), ..self }
    }

    /// Sets an attribute; [`Value::Null`] empties it.
    #[must_use]
    pub fn attribute(self, name: &AttributeName, value: Value) -> Self {
        let attributes = self.attributes.map(|mut attributes| {
            attributes.insert(name.0.clone(), value);
            attributes
        });
        Self { attributes, ..self }
    }

    /// Whether the field with this name is set.
    #[must_use]
    pub fn sets(&self, name: &str) -> bool {
        match name {
            "title" => self.title.is_some(),
            "state_id" => self.state_id.is_some(),
            "pending_time" => self.pending_time.is_some(),
            "priority_id" => self.priority_id.is_some(),
            "owner_id" => self.owner_id.is_some(),
            attribute => self.attributes.expose().contains_key(attribute),
        }
    }

    /// Whether no field is set, so that no request is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Serialises the title itself instead of the mask: a change is serialised only for the request to Zammad.
fn exposed<S: serde::Serializer>(title: &Option<Sensitive<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    title.as_ref().map(Sensitive::expose).serialize(serializer)
}

fn exposed_map<S: serde::Serializer>(map: &Sensitive<Map<String, Value>>, serializer: S) -> Result<S::Ok, S::Error> {
    map.expose().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_attributes_of_an_admins_making_can_be_named() {
        for name in ["jira_key", "sla2", "resolved_at", "a"] {
            assert_eq!(AttributeName::new(name).unwrap().as_str(), name);
        }
        for name in ["", "_", "7", "Jira", "jira key", "jira-key", "ä", "x\n", "parent_id", "form_id", "tag_ids", "id"]
        {
            assert_eq!(AttributeName::new(name), None, "{name:?}");
        }
        assert!(OWN.iter().all(|name| AttributeName::new(name).is_none()));
    }

    #[test]
    fn a_change_says_what_is_set_and_prints_no_content() {
        let name = AttributeName::new("jira_key").unwrap();
        let change = TicketChange::default().title("canary".to_owned().into()).attribute(&name, "canary".into());
        assert_eq!(
            serde_json::to_value(&change).unwrap(),
            serde_json::json!({"title": "canary", "jira_key": "canary"})
        );
        assert!(!format!("{change:?}").contains("canary"));
        assert!(TicketChange::default().is_empty() && !change.is_empty());
        assert!(change.sets("title") && change.sets("jira_key") && !change.sets("state_id") && !change.sets("other"));
        assert_eq!(serde_json::to_value(TicketChange::default()).unwrap(), serde_json::json!({}));
    }
}
