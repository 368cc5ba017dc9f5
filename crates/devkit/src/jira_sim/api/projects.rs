//! Projects.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
    lists,
};
use crate::jira_sim::{
    render,
    site::{ISSUE_TYPES, Project},
};

/// The projects that this account browses.
pub(super) fn visible<'a>(call: &'a Call<'_>) -> impl Iterator<Item = &'a Project> {
    let sees = |row: &&Project| call.state.may(&call.account, "BROWSE_PROJECTS", row, None);
    call.state.projects.values().filter(sees)
}

pub(super) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let rows = visible(call).map(|row| render::project(call.state, row)).collect();
    lists::all(call, rows)
}

pub(super) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let query = call.inbound.query_value("query").unwrap_or_default().to_lowercase();
    let keys = call.list("keys");
    let named = |row: &&Project| row.key.to_lowercase().contains(&query) || row.name.to_lowercase().contains(&query);
    let keyed = |row: &&Project| keys.is_empty() || keys.contains(&row.key);
    let rows: Vec<Value> =
        visible(call).filter(named).filter(keyed).map(|row| render::project(call.state, row)).collect();
    let mut page = lists::page(call, rows, 50);
    if let Some(page) = page.as_object_mut() {
        page.insert("self".to_owned(), format!("{}/rest/api/3/project/search", call.state.base).into());
    }
    ok(200, page)
}

/// The project of an address, by key or number.
pub(super) fn found<'a>(call: &'a Call<'_>, path: &[&str]) -> Result<&'a Project, Refusal> {
    let name = path.get(1).copied().unwrap_or_default();
    let row = visible(call).find(|row| row.key == name || row.id.to_string() == name);
    row.ok_or_else(|| Refusal::message(404, format!("No project could be found with key '{name}'.")))
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let row = found(call, path)?;
    let mut shown = render::project(call.state, row);
    if let Some(map) = shown.as_object_mut() {
        map.insert("lead".to_owned(), render::account(call.state, &row.lead));
        let types = ISSUE_TYPES.iter().map(|(id, _)| render::issue_type(call.state, *id));
        map.insert("issueTypes".to_owned(), types.collect());
    }
    call.read(1, 0);
    ok(200, shown)
}

/// Each issue type's statuses; all types share one workflow here.
pub(super) fn statuses(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let row = found(call, path)?;
    let statuses: Vec<Value> = row.workflow.statuses.iter().map(|status| render::status(call.state, status)).collect();
    let types = ISSUE_TYPES.iter().map(|(id, name)| {
        json!({"self": format!("{}/rest/api/3/issuetype/{id}", call.state.base), "id": id.to_string(), "name": name,
               "subtask": false, "statuses": statuses})
    });
    let types = types.collect();
    lists::all(call, types)
}

/// The levels of issue security that this account may set on an issue.
pub(super) fn security_levels(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let row = found(call, path)?;
    let may = call.state.may(&call.account, "SET_ISSUE_SECURITY", row, None);
    let levels = row.security.iter().filter(|_| may).map(|level| render::security_level(call.state, level));
    let levels: Vec<Value> = levels.collect();
    call.read(levels.len(), 0);
    ok(200, json!({"levels": levels}))
}
