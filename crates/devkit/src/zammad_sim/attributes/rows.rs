//! The attributes, those that a fresh database has and those that were added.

use crate::zammad_sim::{
    model::{
        attribute::{Attribute, Column},
        state::State,
    },
    render,
    values::integer,
};
use serde_json::{Map, Value, json};

/// The overviews and the mail trigger of a fresh database that name an attribute. They are not held here otherwise.
const STOCK_REFERENCES: [(&str, &[&str], Option<&str>); 3] = [
    (
        "owner_id",
        &["My Assigned Tickets", "My Pending Reached Tickets", "Unassigned & Open Tickets"],
        Some("customer notification (on owner change)"),
    ),
    ("pending_time", &["My Pending Reached Tickets", "Pending Reached Tickets"], None),
    (
        "state_id",
        &[
            "My Assigned Tickets",
            "My Organization Tickets",
            "My Pending Reached Tickets",
            "My Replacement Tickets",
            "My Tickets",
            "Open Tickets",
            "Pending Reached Tickets",
            "Unassigned & Open Tickets",
        ],
        Some("auto reply (on new tickets)"),
    ),
];

impl Attribute {
    /// Columns common to all answers.
    pub fn columns(&self) -> Map<String, Value> {
        let mut row = json!({
            "id": self.id, "name": self.name, "display": self.display, "data_type": self.data_type,
            "data_option": self.data_option, "data_option_new": self.data_option_new, "screens": self.screens,
            "position": self.position, "active": self.active, "editable": self.editable, "to_create": self.to_create,
            "to_migrate": self.to_migrate, "to_delete": self.to_delete, "to_config": self.to_config,
        });
        let mut row = row.as_object_mut().map(std::mem::take).unwrap_or_default();
        render::stamp(&mut row, self.stamps, None);
        row
    }

    /// The objects that refer to it and prevent its deletion.
    pub fn references(&self, state: &State) -> Option<String> {
        let field = format!("{}.{}", self.object.to_lowercase(), self.name);
        let stock = STOCK_REFERENCES.iter().find(|(name, ..)| *name == self.name && !self.editable);
        let mut triggers: Vec<&str> = stock.and_then(|(.., trigger)| *trigger).into_iter().collect();
        // Only conditions in the flat form are searched.
        let names = |condition: &Value| condition.get(&field).is_some();
        triggers.extend(state.triggers.values().filter(|row| names(&row.condition)).map(|row| row.name.as_str()));
        triggers.sort_unstable();
        let overviews = stock.map(|(_, overviews, _)| format!("Overview: {}", overviews.join(",")));
        let triggers = (!triggers.is_empty()).then(|| format!("Trigger: {}", triggers.join(",")));
        let all: Vec<String> = overviews.into_iter().chain(triggers).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// The column that it becomes.
    pub fn column(&self) -> Column {
        let default = self.data_option.get("default").cloned().unwrap_or(Value::Null);
        let maxlength = self.data_option.get("maxlength").and_then(integer);
        Column {
            default,
            data_type: self.data_type.clone(),
            maxlength: maxlength.and_then(|length| usize::try_from(length).ok()),
        }
    }
}
