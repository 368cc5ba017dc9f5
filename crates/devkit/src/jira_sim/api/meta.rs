//! Fields that can be set: on a new issue, on an existing one, on a transition's screen.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
    fields::{self, Screen},
    lookup,
};
use crate::jira_sim::{
    render,
    site::{FIELDS, Field, ISSUE_TYPES, Issue, PRIORITIES, Project, RESOLUTIONS, State},
};

/// The type of a system field.
pub(super) fn schema(field: &Field) -> Value {
    let mut schema = json!({"type": field.kind, "system": field.key});
    if let (Some(items), Some(schema)) = (field.items, schema.as_object_mut()) {
        schema.insert("items".to_owned(), items.into());
    }
    schema
}

/// The type of a custom field: all of them are texts.
pub(super) fn custom_schema(id: &str) -> Value {
    let number: u64 = id.trim_start_matches("customfield_").parse().unwrap_or_default();
    json!({"type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textfield", "customId": number})
}

/// A field on a screen.
pub(super) fn described(state: &State, project: &Project, key: &str, required: bool) -> Value {
    let field = FIELDS.iter().find(|field| field.key == key);
    let name = field.map_or_else(|| state.custom_fields.get(key).map_or(key, String::as_str), |field| field.name);
    let operations: &[&str] = match key {
        "labels" | "fixVersions" => &["add", "set", "remove"],
        "comment" => &["add", "edit", "remove"],
        _ => &["set"],
    };
    let mut shown = json!({"key": key, "name": name, "required": required, "hasDefaultValue": key == "priority",
                           "operations": operations, "schema": field.map_or_else(|| custom_schema(key), schema)});
    let allowed: Option<Vec<Value>> = match key {
        "priority" => Some(PRIORITIES.iter().map(|(id, _)| render::priority(state, *id)).collect()),
        "resolution" => Some(RESOLUTIONS.iter().map(|(id, _)| render::resolution(state, *id)).collect()),
        "issuetype" => Some(ISSUE_TYPES.iter().map(|(id, _)| render::issue_type(state, *id)).collect()),
        "project" => Some(vec![render::project(state, project)]),
        "fixVersions" => Some(project.versions.iter().map(|row| render::version(state, row)).collect()),
        "security" => Some(project.security.iter().map(|level| render::security_level(state, level)).collect()),
        _ => None,
    };
    if let (Some(allowed), Some(shown)) = (allowed, shown.as_object_mut()) {
        shown.insert("allowedValues".to_owned(), allowed.into());
    }
    shown
}

/// The fields of a screen that this account may set.
fn on_screen(call: &Call<'_>, project: &Project, issue: Option<&Issue>) -> Vec<String> {
    let custom = call.state.custom_fields.keys().map(String::as_str);
    let all = FIELDS.iter().map(|field| field.key).chain(custom);
    let screen = Screen { project, issue };
    all.filter(|key| fields::can_set(call, &screen, key)).map(str::to_owned).collect()
}

fn project<'a>(call: &'a Call<'_>, path: &[&str]) -> Result<&'a Project, Refusal> {
    let name = path.get(2).copied().unwrap_or_default();
    let fits = |row: &&Project| row.key == name || row.id.to_string() == name;
    let found = call.state.projects.values().find(fits);
    let found = found.filter(|row| call.state.may(&call.account, "CREATE_ISSUES", row, None));
    found.ok_or_else(|| Refusal::message(400, format!("No project could be found with key or id '{name}'.")))
}

pub(super) fn issue_types(call: &mut Call<'_>, path: &[&str]) -> Reply {
    project(call, path)?;
    let types: Vec<Value> = ISSUE_TYPES.iter().map(|(id, _)| render::issue_type(call.state, *id)).collect();
    call.read(types.len(), 0);
    ok(200, json!({"startAt": 0, "maxResults": 50, "total": types.len(), "issueTypes": types}))
}

pub(super) fn create(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let project = project(call, path)?;
    let kind = path.get(4).copied().unwrap_or_default();
    if ISSUE_TYPES.iter().all(|(id, _)| id.to_string() != kind) {
        return Err(Refusal::message(400, format!("The issue type with id '{kind}' does not exist")));
    }
    let always = ["project", "issuetype"].map(str::to_owned);
    let required =
        |key: &str| matches!(key, "project" | "issuetype" | "summary") || project.screens.create_requires.contains(key);
    let fields = always.into_iter().chain(on_screen(call, project, None)).map(|key| {
        let mut row = described(call.state, project, &key, required(&key));
        if let Some(row) = row.as_object_mut() {
            row.insert("fieldId".to_owned(), key.into());
        }
        row
    });
    let fields: Vec<Value> = fields.collect();
    // The fields are one description of a screen, as those of an issue and of a transition are.
    call.read(1, 0);
    ok(200, json!({"startAt": 0, "maxResults": 50, "total": fields.len(), "fields": fields}))
}

pub(super) fn edit(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::found(call, path)?;
    let project = call.state.projects.get(&issue.project).ok_or_else(Refusal::no_issue)?;
    let mut keys = on_screen(call, project, Some(issue));
    if call.state.may_with(&call.account, "ADD_COMMENTS", issue) {
        keys.push("comment".to_owned());
    }
    let rows = keys.into_iter().filter(|_| !issue.archived).map(|key| {
        let row = described(call.state, project, &key, key == "summary");
        (key, row)
    });
    let fields: Map<String, Value> = rows.collect();
    call.read(1, 0);
    ok(200, json!({"fields": fields}))
}
