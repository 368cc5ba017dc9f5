//! The state of a form: which fields it shows, which of them must be filled in, and which values they offer. An API
//! request that writes a ticket is held to the last two.
//!
//! Recorded: `readonly`, the names of the parts, and that an empty mandatory field refuses every change of its ticket
//! with a reason that only administrators see. Guessed, after Zammad's published source: the defaults of `mandatory`,
//! `visibility` and `restrict_values`, that an owner who is nobody counts as an empty value, and that a value which a
//! workflow excludes is refused only if the request changes that field.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::selector;
use super::subject::Subject;
use crate::zammad_sim::{
    error::ApiError,
    model::{
        attribute::Attribute,
        entities::{Id, Ticket},
        numbers::SYSTEM,
        state::State,
        workflow::CoreWorkflow,
    },
    render,
    values::as_text,
};

/// A form: the object and screen, who fills it in, the ticket as it is stored and as the form would store it.
#[derive(Clone, Copy)]
pub(in crate::zammad_sim) struct Form<'a> {
    pub state: &'a State,
    pub user: Id,
    pub class: &'a str,
    pub screen: &'a str,
    pub saved: Option<&'a Ticket>,
    pub selected: &'a Ticket,
}

/// How a field is shown.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Shown {
    pub readonly: bool,
    pub mandatory: bool,
    /// `show`, `hide` or `remove`.
    pub visibility: &'static str,
    /// Whether an administrator decided that it is mandatory; the API leaves the stock rules to other checks.
    enforced: bool,
    /// The changes that workflows make to its values, in order.
    operations: Vec<(String, Vec<String>)>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { readonly: false, mandatory: false, visibility: "show", enforced: false, operations: Vec::new() }
    }
}

/// The fields of a form by name, and the workflows that changed it.
#[derive(Clone, Debug, Default)]
pub(in crate::zammad_sim) struct Shape {
    pub fields: BTreeMap<String, Shown>,
    pub matched: Vec<Id>,
}

impl Form<'_> {
    /// The form's fields.
    pub fn shape(&self) -> Shape {
        let stock = self.state.attributes.of(self.class).map(|row| (row.name.clone(), self.initial(row)));
        let mut shape = Shape { fields: stock.collect(), matched: Vec::new() };
        let mut rows: Vec<&CoreWorkflow> = self.state.workflows.values().filter(|row| row.active).collect();
        rows.sort_by_key(|row| (row.priority, row.id));
        for row in rows.into_iter().filter(|row| self.matches(row)) {
            shape.matched.push(row.id);
            for (field, action) in row.perform.as_object().into_iter().flatten() {
                let name = field.rsplit('.').next().unwrap_or_default();
                perform(shape.fields.entry(name.to_owned()).or_default(), action);
            }
            if row.stop_after_match {
                break;
            }
        }
        shape
    }

    /// The options of an attribute on this screen, as far as the user's permissions go.
    fn option(&self, row: &Attribute, name: &str) -> Option<Value> {
        let screen = row.screens.get(self.screen).and_then(Value::as_object).into_iter().flatten();
        let held = screen
            .filter(|(permission, _)| permission.as_str() == "-all-" || self.state.user_may(self.user, permission));
        held.filter_map(|(_, options)| options.get(name).cloned()).next_back()
    }

    /// A field before any workflow.
    fn initial(&self, row: &Attribute) -> Shown {
        let required = self.option(row, "required").and_then(|value| value.as_bool());
        let optional = self.option(row, "null").or_else(|| row.data_option.get("null").cloned());
        let mut mandatory = required.unwrap_or(optional == Some(Value::Bool(false)));
        let mut visible = self.option(row, "shown") != Some(Value::Bool(false));
        if row.name == "pending_time" {
            let kind = self.state.states.get(&self.selected.state_id).map(|row| row.state_type);
            mandatory = kind.is_some_and(|kind| kind.starts_with("pending"));
            visible = mandatory;
        }
        let visibility = if visible { "show" } else { "remove" };
        Shown { mandatory, visibility, enforced: row.editable, ..Shown::default() }
    }

    fn matches(&self, row: &CoreWorkflow) -> bool {
        let screens = row.preferences.get("screen").and_then(Value::as_array);
        let on_screen = screens.is_none_or(|list| list.is_empty() || list.iter().any(|name| *name == *self.screen));
        let of_class = row.object.as_deref().is_none_or(|object| object == self.class);
        on_screen
            && of_class
            && self.holds(&row.condition_saved, self.saved)
            && self.holds(&row.condition_selected, Some(self.selected))
    }

    fn holds(&self, condition: &Value, ticket: Option<&Ticket>) -> bool {
        if condition.as_object().is_none_or(Map::is_empty) {
            return true;
        }
        let (Some(ticket), Ok(node)) = (ticket, selector::parse(condition)) else { return false };
        Subject { state: self.state, ticket, event: None, user: self.user, now: self.state.now }.fits(&node)
    }

    /// The values that a field offers; none for fields without a fixed set of values.
    pub fn values(&self, name: &str, shown: &Shown) -> Option<Vec<String>> {
        let row = self.state.attributes.of(self.class).find(|row| row.name == name)?;
        let mut values = Vec::new();
        let empty = self.option(row, "nulloption").or_else(|| row.data_option.get("nulloption").cloned());
        if empty == Some(Value::Bool(true)) {
            values.push(String::new());
        }
        values.extend(self.known(row)?);
        for (operator, items) in &shown.operations {
            match operator.as_str() {
                "add_option" => values.extend(items.iter().cloned()),
                "remove_option" => values.retain(|value| !items.contains(value)),
                _ => values.retain(|value| value.is_empty() || items.contains(value)),
            }
        }
        Some(values)
    }

    fn known(&self, row: &Attribute) -> Option<Vec<String>> {
        let state = self.state;
        let text = |id: &Id| id.to_string();
        Some(match row.name.as_str() {
            "group_id" => {
                let may = |id: &&Id| state.group_access(self.user, **id, "create");
                state.groups.keys().filter(may).map(text).collect()
            }
            "owner_id" => {
                let agent = |id: &&Id| {
                    state.user_may(**id, "ticket.agent") && state.group_access(**id, self.selected.group_id, "full")
                };
                state.users.keys().filter(agent).map(text).collect()
            }
            "state_id" => {
                let hidden: &[&str] =
                    if self.screen == "edit" { &["new", "merged", "removed"] } else { &["merged", "removed"] };
                let rows = state.states.values().filter(|row| row.active && !hidden.contains(&row.state_type));
                rows.map(|row| row.id.to_string()).collect()
            }
            "priority_id" => state.priorities.values().filter(|row| row.active).map(|row| row.id.to_string()).collect(),
            _ if row.data_type.ends_with("select") => options(row.data_option.get("options")?),
            _ => return None,
        })
    }

    /// Refuses what the form would not let through.
    pub fn check(&self) -> Result<(), ApiError> {
        let shape = self.shape();
        let enforced = |shown: &Shown| (shown.mandatory && shown.enforced) || !shown.operations.is_empty();
        if !shape.fields.values().any(enforced) {
            return Ok(());
        }
        let before = self.saved.map(|ticket| render::ticket_columns(self.state, ticket));
        let after = render::ticket_columns(self.state, self.selected);
        for (name, shown) in shape.fields.iter().filter(|(_, shown)| shown.visibility == "show" && enforced(shown)) {
            // Tags are no column.
            let Some(value) = after.get(name) else { continue };
            let nothing = is_empty(name, value);
            if shown.mandatory && shown.enforced && nothing {
                return Err(ApiError::invalid_hidden(format!("Missing required value for field '{name}'!")));
            }
            let changed = before.as_ref().and_then(|row| row.get(name)) != Some(value);
            let restricted = changed && !nothing && !shown.operations.is_empty();
            let text = as_text(value);
            if restricted && self.values(name, shown).is_some_and(|values| !values.contains(&text)) {
                return Err(ApiError::invalid_hidden(format!("Invalid value '{text}' for field '{name}'!")));
            }
        }
        Ok(())
    }
}

fn perform(shown: &mut Shown, action: &Value) {
    let operator = action.get("operator").and_then(Value::as_str).unwrap_or_default();
    match operator {
        "set_readonly" => shown.readonly = true,
        "unset_readonly" => shown.readonly = false,
        "set_mandatory" => (shown.mandatory, shown.enforced) = (true, true),
        "set_optional" => shown.mandatory = false,
        "show" => shown.visibility = "show",
        "hide" => shown.visibility = "hide",
        "remove" => shown.visibility = "remove",
        "set_fixed_to" | "remove_option" | "add_option" => {
            let items = match action.get(operator) {
                Some(Value::Array(items)) => items.iter().map(as_text).collect(),
                Some(value) => vec![as_text(value)],
                None => Vec::new(),
            };
            shown.operations.push((operator.to_owned(), items));
        }
        _ => {}
    }
}

fn is_empty(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Number(id) => name == "owner_id" && id.as_u64() == Some(SYSTEM),
        _ => false,
    }
}

/// The values of options: the keys of a plain list, or a tree.
fn options(options: &Value) -> Vec<String> {
    match options {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(items) => items
            .iter()
            .flat_map(|item| {
                let own = item.get("value").map(as_text);
                own.into_iter().chain(item.get("children").map(self::options).unwrap_or_default())
            })
            .collect(),
        _ => Vec::new(),
    }
}
