//! Names and options that are rejected. Of several errors the first one is reported.

use serde_json::{Map, Value, json};

use crate::zammad_sim::{error::ApiError, values::integer};

const TYPES: [&str; 14] = [
    "input",
    "user_autocompletion",
    "checkbox",
    "select",
    "multiselect",
    "tree_select",
    "multi_tree_select",
    "datetime",
    "date",
    "tag",
    "richtext",
    "textarea",
    "integer",
    "boolean",
];
const EXTERNAL: &str = "autocompletion_ajax_external_data_source";

/// Words that a database or the framework claims.
const RESERVED: [&str; 32] = [
    "destroy",
    "true",
    "false",
    "integer",
    "select",
    "drop",
    "create",
    "alter",
    "index",
    "table",
    "varchar",
    "blob",
    "date",
    "datetime",
    "timestamp",
    "url",
    "icon",
    "initials",
    "avatar",
    "permission",
    "validate",
    "subscribe",
    "unsubscribe",
    "translate",
    "search",
    "_type",
    "_doc",
    "id",
    "action",
    "scope",
    "constructor",
    "attribute",
];

/// Names of methods and relations that tickets have anyway.
const TAKEN: [&str; 18] = [
    "article",
    "articles",
    "group",
    "state",
    "priority",
    "owner",
    "customer",
    "organization",
    "created_at",
    "updated_at",
    "created_by",
    "updated_by",
    "note",
    "type",
    "preferences",
    "mentions",
    "article_count",
    "checklist",
];

/// Checks a name.
pub(super) fn name(name: &str) -> Result<(), ApiError> {
    let fault = if name.len() > 3 && (name.ends_with("_id") || name.ends_with("_ids")) {
        "can't be used because *_id and *_ids are not allowed".to_owned()
    } else if name.contains(char::is_whitespace) {
        "spaces are not allowed".to_owned()
    } else if name.is_empty()
        || !name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    {
        "only lowercase letters, numbers, and '_' are allowed".to_owned()
    } else if !name.contains(|letter: char| letter.is_ascii_lowercase()) {
        "at least one letter is required".to_owned()
    } else if RESERVED.contains(&name) {
        format!("{name} is a reserved word")
    } else if TAKEN.contains(&name) {
        format!("{name} already exists")
    } else {
        return Ok(());
    };
    Err(ApiError::invalid(format!("Name {fault}")))
}

/// Checks a type.
pub(super) fn data_type(kind: &str) -> Result<(), ApiError> {
    if TYPES.contains(&kind) || kind == EXTERNAL {
        return Ok(());
    }
    Err(ApiError::invalid("Data type is not included in the list"))
}

/// Options with silently added defaults, or the error that rejects them.
pub(super) fn data_option(kind: &str, given: Option<&Value>) -> Result<Value, ApiError> {
    let mut option = given.and_then(Value::as_object).cloned().unwrap_or_default();
    complete(kind, &mut option);
    let digits = |name: &str| option.get(name).is_some_and(|value| integer(value).is_some_and(|number| number >= 0));
    let number = |name: &str| option.get(name).and_then(Value::as_i64);
    let absent = |name: &str| option.get(name).is_none_or(Value::is_null);
    let input = ["text", "password", "tel", "fax", "email", "url"];
    let input_type = option.get("type").and_then(Value::as_str);
    let fault = match kind {
        "input" if input_type.is_none_or(|kind| !input.contains(&kind)) => {
            Some("Input field must be text, password, tel, fax, email or url type.")
        }
        "input" | "textarea" | "richtext" if !digits("maxlength") => Some("Max length must be an integer."),
        "integer" => match (number("min"), number("max")) {
            (None, _) => Some("Minimal value must be an integer"),
            (_, None) => Some("Maximal value must be an integer"),
            (Some(min), _) if min < -LARGEST => Some("Minimal value must be higher than -2147483648"),
            (Some(min), _) if min > LARGEST => Some("Minimal value must be lower than 2147483648"),
            (_, Some(max)) if max < -LARGEST => Some("Maximal value must be higher than -2147483648"),
            (_, Some(max)) if max > LARGEST => Some("Maximal value must be lower than 2147483648"),
            (min, max) if min > max => Some("Maximal value must be higher than or equal to minimal value"),
            _ => None,
        },
        "datetime" if absent("future") => Some("Allow future dates toggle value is required."),
        "datetime" if absent("past") => Some("Allow past dates toggle value is required."),
        _ => None,
    };
    fault.map_or(Ok(Value::Object(option)), |fault| Err(ApiError::invalid(fault)))
}

/// The largest number that a column holds.
const LARGEST: i64 = 2_147_483_647;

fn complete(kind: &str, option: &mut Map<String, Value>) {
    let choice = matches!(kind, "select" | "multiselect" | "tree_select" | "multi_tree_select" | "checkbox");
    let text = matches!(kind, "input" | "select" | "multiselect" | "tree_select" | "multi_tree_select");
    option.entry("default").or_insert(if text { "".into() } else { Value::Null });
    if option.get("null").is_none_or(Value::is_null) {
        option.insert("null".to_owned(), true.into());
    }
    if !option.get("options").is_some_and(|options| options.is_object() || options.is_array()) {
        option.insert("options".to_owned(), json!({}));
    }
    if !option.get("relation").is_some_and(Value::is_string) {
        option.insert("relation".to_owned(), "".into());
    }
    if kind == "input" {
        option.entry("type").or_insert("text".into());
    }
    if choice {
        option.entry("nulloption").or_insert(true.into());
        option.entry("maxlength").or_insert(255.into());
    }
}
