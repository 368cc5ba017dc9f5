//! Object attributes, those of a fresh database and those that were added, and the ticket columns that they become.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::entities::{Id, Stamps};
use crate::zammad_sim::{
    error::ApiError,
    values::{as_text, integer, is_true},
};

/// An attribute of an object.
#[derive(Clone, Debug, Serialize)]
pub(in crate::zammad_sim) struct Attribute {
    pub id: Id,
    pub object: String,
    pub name: String,
    pub display: String,
    pub data_type: String,
    pub data_option: Value,
    /// Options that wait for a migration.
    pub data_option_new: Value,
    pub screens: Value,
    pub position: i64,
    pub active: bool,
    /// Whether it was added, and can be changed.
    pub editable: bool,
    pub to_create: bool,
    pub to_migrate: bool,
    pub to_delete: bool,
    pub to_config: bool,
    pub stamps: Stamps,
}

/// An attribute of a fresh database.
#[derive(Deserialize)]
struct Stock {
    name: String,
    display: String,
    data_type: String,
    position: i64,
    data_option: Value,
    screens: Value,
}

static STOCK: LazyLock<Vec<Stock>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/ticket_attributes.json")).unwrap_or_default());

/// All attributes by number.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Attributes {
    pub rows: BTreeMap<Id, Attribute>,
}

impl Attributes {
    /// Those of a fresh database.
    pub fn stock(stamps: Stamps) -> Self {
        let row = |(id, stock): (Id, &Stock)| {
            let row = Attribute {
                id,
                object: "Ticket".to_owned(),
                name: stock.name.clone(),
                display: stock.display.clone(),
                data_type: stock.data_type.clone(),
                data_option: stock.data_option.clone(),
                data_option_new: json!({}),
                screens: stock.screens.clone(),
                position: stock.position,
                active: true,
                editable: false,
                to_create: false,
                to_migrate: false,
                to_delete: false,
                to_config: false,
                stamps,
            };
            (id, row)
        };
        Self { rows: (1..).zip(STOCK.iter()).map(row).collect() }
    }

    /// The active attributes of an object that were migrated.
    pub fn of<'a>(&'a self, object: &'a str) -> impl Iterator<Item = &'a Attribute> {
        self.rows.values().filter(move |row| row.object == object && row.active && !row.to_create)
    }

    /// The one with this name.
    pub fn named(&self, object: &str, name: &str) -> Option<&Attribute> {
        self.rows.values().find(|row| row.object == object && row.name == name)
    }
}

/// A column that an attribute gave tickets.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// The value of new tickets.
    pub default: Value,
    /// `input`, `select`, `boolean` and others.
    pub data_type: String,
    /// Longest text.
    pub maxlength: Option<usize>,
}

impl Column {
    /// A text column with this default.
    #[must_use]
    pub fn text(default: Value) -> Self {
        Self { default, data_type: "input".to_owned(), maxlength: None }
    }

    /// A written value in the column's own type. The options of a select are not checked, as recorded.
    pub(in crate::zammad_sim) fn cast(&self, name: &str, value: &Value) -> Result<Value, ApiError> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        match self.data_type.as_str() {
            "boolean" => Ok(is_true(value).into()),
            "integer" => Ok(integer(value).map_or(Value::Null, Value::from)),
            "input" | "select" | "tree_select" | "textarea" | "richtext" => {
                let text = as_text(value);
                match self.maxlength {
                    Some(longest) if text.chars().count() > longest => {
                        let name = human(name);
                        Err(ApiError::invalid(format!("{name} is longer than the allowed length {longest}")))
                    }
                    _ => Ok(text.into()),
                }
            }
            _ => Ok(value.clone()),
        }
    }
}

/// A name as Rails writes it: `jira_key` is `Jira key`.
fn human(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + &letters.as_str().replace('_', " ")
}
