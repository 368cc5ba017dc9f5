//! Lists that belong to the site rather than to a project.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
    meta,
};
use crate::jira_sim::{
    render,
    site::{FIELDS, ISSUE_TYPES, PRIORITIES, Project, RESOLUTIONS, Status},
};

/// Answers with a whole list, and charges what it shows.
pub(super) fn all(call: &mut Call<'_>, rows: Vec<Value>) -> Reply {
    call.read(rows.len(), 0);
    ok(200, rows)
}

/// A page of a list, as Jira pages: from where, at most how many, how many there are. Charges what it shows.
pub(super) fn page(call: &mut Call<'_>, rows: Vec<Value>, most: usize) -> Value {
    let (start, most) = (call.number("startAt", 0), call.number("maxResults", most).min(most));
    let total = rows.len();
    let rows: Vec<Value> = rows.into_iter().skip(start).take(most).collect();
    call.read(rows.len(), 0);
    json!({"startAt": start, "maxResults": most, "total": total, "isLast": start + rows.len() >= total, "values": rows})
}

/// Answers with a page of a list.
pub(super) fn one_page(call: &mut Call<'_>, rows: Vec<Value>, most: usize) -> Reply {
    let page = page(call, rows, most);
    ok(200, page)
}

pub(super) fn server_info(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let base = call.state.base.as_str();
    ok(
        200,
        json!({"baseUrl": base, "displayUrl": base, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0],
                   "deploymentType": "Cloud", "buildNumber": 100_290, "serverTime": render::time(call.now),
                   "serverTitle": "Jira", "serverTimeZone": "Etc/UTC"}),
    )
}

pub(super) fn fields(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let system = FIELDS.iter().map(|field| {
        json!({"id": field.key, "key": field.key, "name": field.name, "custom": false, "orderable": field.on_screens,
               "navigable": true, "searchable": true, "clauseNames": [field.key], "schema": meta::schema(field)})
    });
    let custom = call.state.custom_fields.iter().map(|(id, name)| {
        let number = id.trim_start_matches("customfield_");
        json!({"id": id, "key": id, "name": name, "custom": true, "orderable": true, "navigable": true,
               "searchable": true, "clauseNames": [format!("cf[{number}]"), name], "schema": meta::custom_schema(id)})
    });
    let rows: Vec<Value> = system.chain(custom).collect();
    all(call, rows)
}

/// Every status that a workflow here has, once.
fn known_statuses<'a>(call: &'a Call<'_>) -> Vec<&'a Status> {
    let visible = |row: &&Project| call.state.may(&call.account, "BROWSE_PROJECTS", row, None);
    let mut found: Vec<&Status> = Vec::new();
    for status in call.state.projects.values().filter(visible).flat_map(|project| &project.workflow.statuses) {
        if found.iter().all(|known| known.id != status.id) {
            found.push(status);
        }
    }
    found
}

pub(super) fn statuses(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let rows = known_statuses(call).into_iter().map(|row| render::status(call.state, row)).collect();
    all(call, rows)
}

pub(super) fn status(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let name = path.get(1).copied().unwrap_or_default();
    let found = known_statuses(call).into_iter().find(|row| row.id.to_string() == name || row.name == name);
    let refused = || Refusal::message(404, format!("The status with id '{name}' does not exist"));
    let shown = render::status(call.state, found.ok_or_else(refused)?);
    call.read(1, 0);
    ok(200, shown)
}

fn shown_priorities(call: &Call<'_>) -> Vec<Value> {
    PRIORITIES.iter().map(|(id, _)| render::priority(call.state, *id)).collect()
}

pub(super) fn priorities(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let rows = shown_priorities(call);
    all(call, rows)
}

pub(super) fn search_priorities(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let rows = shown_priorities(call);
    one_page(call, rows, 50)
}

pub(super) fn priority(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let name = path.get(1).copied().unwrap_or_default();
    let known = PRIORITIES.iter().find(|(id, _)| id.to_string() == name);
    let refused = || Refusal::message(404, format!("The priority with id '{name}' does not exist"));
    let shown = render::priority(call.state, known.ok_or_else(refused)?.0);
    call.read(1, 0);
    ok(200, shown)
}

pub(super) fn resolutions(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let rows = RESOLUTIONS.iter().map(|(id, _)| render::resolution(call.state, *id)).collect();
    all(call, rows)
}

pub(super) fn issue_types(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let rows = ISSUE_TYPES.iter().map(|(id, _)| render::issue_type(call.state, *id)).collect();
    all(call, rows)
}
