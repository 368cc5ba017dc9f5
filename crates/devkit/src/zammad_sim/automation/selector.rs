//! Conditions: the one language of searches and triggers. `subject` evaluates them.

use serde_json::{Map, Value};

use crate::zammad_sim::model::state::State;

/// A condition, read.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) enum Node {
    /// All of them.
    All(Vec<Node>),
    /// Any of them.
    Any(Vec<Node>),
    /// Not all of them.
    Not(Vec<Node>),
    /// One test.
    Test(Test),
}

/// One test of one field.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Test {
    /// `ticket.state_id`.
    pub field: String,
    /// `is`.
    pub operator: String,
    /// The value to compare with; null means an empty column.
    pub value: Option<Value>,
    /// `specific`, `not_set`, `current_user.id`.
    pub(super) pre_condition: Option<String>,
    /// `hour` and others, for relative times.
    pub(super) range: Option<String>,
}

/// Why a condition cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::zammad_sim) enum Fault {
    /// Not an object of the known shape.
    Shape,
    /// A field that no ticket has.
    Field,
    /// An operator that does not exist.
    Operator,
}

const OPERATORS: [&str; 32] = [
    "is",
    "is not",
    "is any of",
    "is none of",
    "contains",
    "contains not",
    "contains all",
    "contains one",
    "contains all not",
    "contains one not",
    "starts with",
    "starts with one of",
    "ends with",
    "ends with one of",
    "matches regex",
    "does not match regex",
    "is set",
    "not set",
    "has changed",
    "has reached",
    "has reached warning",
    "is in working time",
    "is not in working time",
    "today",
    "from (relative)",
    "till (relative)",
    "before (absolute)",
    "after (absolute)",
    "before (relative)",
    "after (relative)",
    "within last (relative)",
    "within next (relative)",
];
const PREFIXES: [&str; 6] = ["ticket", "article", "customer", "organization", "owner", "execution_time"];

/// Reads a condition in the flat or in the nested form.
pub(in crate::zammad_sim) fn parse(condition: &Value) -> Result<Node, Fault> {
    let object = condition.as_object().ok_or(Fault::Shape)?;
    if let Some(children) = object.get("conditions") {
        let children = children.as_array().ok_or(Fault::Shape)?;
        let children = children.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        return match object.get("operator").and_then(Value::as_str) {
            Some("AND") => Ok(Node::All(children)),
            Some("OR") => Ok(Node::Any(children)),
            Some("NOT") => Ok(Node::Not(children)),
            _ => Err(Fault::Operator),
        };
    }
    if let Some(name) = object.get("name").and_then(Value::as_str) {
        return Ok(Node::Test(test(name, object)?));
    }
    let tests = object.iter().map(|(field, body)| {
        let body = body.as_object().ok_or(Fault::Shape)?;
        test(field, body).map(Node::Test)
    });
    tests.collect::<Result<Vec<_>, _>>().map(Node::All)
}

fn test(field: &str, body: &Map<String, Value>) -> Result<Test, Fault> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let operator = text("operator").ok_or(Fault::Operator)?;
    // Known by name, but only one field can be asked so.
    let presence = matches!(operator.as_str(), "is set" | "not set") && field != "article.time_accounting";
    if presence || !OPERATORS.contains(&operator.as_str()) {
        return Err(Fault::Operator);
    }
    Ok(Test {
        field: field.to_owned(),
        operator,
        value: body.get("value").cloned(),
        pre_condition: text("pre_condition"),
        range: text("range"),
    })
}

impl Test {
    /// Whether it has no value: then Zammad ignores the whole condition that contains it.
    pub fn is_void(&self) -> bool {
        let free =
            ["has changed", "has reached", "has reached warning", "is any of", "is none of", "is set", "not set"];
        if free.contains(&self.operator.as_str()) {
            return false;
        }
        let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        let nothing = match &self.value {
            None => self.operator != "today",
            Some(value) => empty(value) || (self.operator.starts_with("contains") && blank(value)),
        };
        nothing && matches!(self.pre_condition.as_deref(), None | Some("" | "specific"))
    }
}

impl Node {
    /// Whether any test in it asks for nothing.
    pub fn is_void(&self) -> bool {
        self.tests().iter().any(|test| test.is_void())
    }

    /// All tests in it.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::All(nodes) | Self::Any(nodes) | Self::Not(nodes) => nodes.iter().flat_map(Self::tests).collect(),
            Self::Test(test) => vec![test],
        }
    }

    /// The first field that does not exist.
    pub fn check_fields(&self, state: &State) -> Result<(), Fault> {
        let known = |test: &&Test| {
            let Some((prefix, name)) = test.field.split_once('.') else { return false };
            PREFIXES.contains(&prefix) && (prefix != "ticket" || ticket_field(state, name))
        };
        if self.tests().iter().all(known) { Ok(()) } else { Err(Fault::Field) }
    }
}

const TICKET_FIELDS: [&str; 30] = [
    "action",
    "tags",
    "id",
    "number",
    "title",
    "group_id",
    "priority_id",
    "state_id",
    "owner_id",
    "customer_id",
    "organization_id",
    "note",
    "type",
    "pending_time",
    "escalation_at",
    "first_response_at",
    "close_at",
    "last_close_at",
    "last_contact_at",
    "last_contact_agent_at",
    "last_contact_customer_at",
    "last_owner_update_at",
    "article_count",
    "create_article_type_id",
    "create_article_sender_id",
    "created_by_id",
    "updated_by_id",
    "created_at",
    "updated_at",
    "preferences",
];

fn ticket_field(state: &State, name: &str) -> bool {
    TICKET_FIELDS.contains(&name) || state.ticket_attributes.contains_key(name)
}

fn blank(value: &Value) -> bool {
    value.is_null() || *value == "" || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn distinguishes_a_condition_without_value() {
        let void = |body: Value| parse(&json!({"ticket.title": body})).unwrap().is_void();
        assert!(void(json!({"operator": "is"})) && void(json!({"operator": "is", "value": []})));
        assert!(void(json!({"operator": "contains", "value": ""})));
        assert!(!void(json!({"operator": "is", "value": null})) && !void(json!({"operator": "has changed"})));
        assert!(!void(json!({"operator": "is", "pre_condition": "current_user.id"})));
        assert_eq!(parse(&json!({"ticket.title": {"operator": "is set"}})).unwrap_err(), Fault::Operator);
    }
}
