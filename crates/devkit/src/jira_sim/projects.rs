//! Projects and what one needs to make issues in them.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, ok},
    entities::{ISSUE_TYPES, PRIORITIES, Project},
    error::Refusal,
    render,
};

pub(super) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    ok(200, call.state.projects.values().map(|row| render::project(call.state, row)).collect::<Vec<_>>())
}

pub(super) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let query = call.inbound.query_value("query").unwrap_or_default().to_lowercase();
    let fits = |row: &&Project| row.key.to_lowercase().contains(&query) || row.name.to_lowercase().contains(&query);
    let (start, most) = (call.number("startAt", 0), call.number("maxResults", 50).min(100));
    let found: Vec<&Project> = call.state.projects.values().filter(fits).collect();
    let total = found.len();
    let rows: Vec<Value> =
        found.into_iter().skip(start).take(most).map(|row| render::project(call.state, row)).collect();
    ok(
        200,
        json!({"self": format!("{}/rest/api/3/project/search", call.state.base), "startAt": start,
                   "maxResults": most, "total": total, "isLast": start + rows.len() >= total, "values": rows}),
    )
}

fn found<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a Project, Refusal> {
    let row = call.state.projects.values().find(|row| row.key == name || row.id.to_string() == name);
    row.ok_or_else(|| Refusal::message(404, format!("No project could be found with key '{name}'.")))
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let row = found(call, path.get(1).copied().unwrap_or_default())?;
    let mut shown = render::project(call.state, row);
    if let Some(map) = shown.as_object_mut() {
        map.insert("lead".to_owned(), render::account(call.state, &row.lead));
        let types = ISSUE_TYPES.iter().map(|(id, _)| render::issue_type(call.state, *id));
        map.insert("issueTypes".to_owned(), types.collect());
    }
    ok(200, shown)
}

/// Each issue type's statuses; all types share one workflow here.
pub(super) fn statuses(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let row = found(call, path.get(1).copied().unwrap_or_default())?;
    let statuses: Vec<Value> = row.workflow.statuses.iter().map(|status| render::status(call.state, status)).collect();
    let types = ISSUE_TYPES
        .iter()
        .map(|(id, name)| json!({"id": id.to_string(), "name": name, "subtask": false, "statuses": statuses}));
    ok(200, types.collect::<Vec<_>>())
}

pub(super) fn priorities(_: &mut Call<'_>, _: &[&str]) -> Reply {
    ok(200, PRIORITIES.iter().map(|(id, name)| json!({"id": id.to_string(), "name": name})).collect::<Vec<_>>())
}

pub(super) fn issue_types(call: &mut Call<'_>, path: &[&str]) -> Reply {
    found(call, path.get(2).copied().unwrap_or_default())?;
    let types: Vec<Value> = ISSUE_TYPES.iter().map(|(id, _)| render::issue_type(call.state, *id)).collect();
    ok(200, json!({"startAt": 0, "maxResults": 50, "total": types.len(), "issueTypes": types}))
}

pub(super) fn create_fields(call: &mut Call<'_>, path: &[&str]) -> Reply {
    found(call, path.get(2).copied().unwrap_or_default())?;
    let field = |name: &str, title: &str, kind: &str, required: bool| {
        json!({"fieldId": name, "key": name, "name": title, "required": required, "hasDefaultValue": false,
               "operations": ["set"], "schema": {"type": kind, "system": name}})
    };
    let fields = [
        field("summary", "Summary", "string", true),
        field("description", "Description", "string", false),
        field("priority", "Priority", "priority", false),
        field("assignee", "Assignee", "user", false),
        field("labels", "Labels", "array", false),
    ];
    ok(200, json!({"startAt": 0, "maxResults": 50, "total": fields.len(), "fields": fields}))
}
