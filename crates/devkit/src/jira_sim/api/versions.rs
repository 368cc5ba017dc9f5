//! Versions of a project.

use serde_json::Value;

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
    lists, projects,
};
use crate::jira_sim::{
    change::Change,
    id::Id,
    render,
    site::{Project, Version},
};

/// A version alone, with the number of its project.
fn shown(call: &Call<'_>, project: &Project, row: &Version) -> Value {
    let mut shown = render::version(call.state, row);
    if let Some(map) = shown.as_object_mut() {
        map.insert("projectId".to_owned(), project.id.into());
    }
    shown
}

pub(super) fn all(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let project = projects::found(call, path)?;
    let rows = project.versions.iter().map(|row| shown(call, project, row)).collect();
    lists::all(call, rows)
}

pub(super) fn page(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let project = projects::found(call, path)?;
    let rows = project.versions.iter().map(|row| shown(call, project, row)).collect();
    lists::one_page(call, rows, 50)
}

fn found<'a>(call: &'a Call<'_>, path: &[&str]) -> Result<(&'a Project, &'a Version), Refusal> {
    let id = path.get(1).copied().unwrap_or_default();
    let of = |project: &'a Project| Some((project, project.versions.iter().find(|row| row.id.to_string() == id)?));
    let row = projects::visible(call).find_map(of);
    row.ok_or_else(|| Refusal::message(404, format!("Could not find version for id '{id}'")))
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (project, row) = found(call, path)?;
    let shown = shown(call, project, row);
    call.read(1, 0);
    ok(200, shown)
}

/// Refuses an account that does not administer the project.
fn administered(call: &Call<'_>, project: &Project, refusal: u16) -> Result<(), Refusal> {
    if call.state.may(&call.account, "ADMINISTER_PROJECTS", project, None) {
        return Ok(());
    }
    Err(Refusal::message(refusal, "You must have global or project administrator rights to modify versions."))
}

pub(super) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = call.body()?;
    let wanted = body.get("projectId").and_then(Value::as_u64);
    let project = projects::visible(call).find(|row| Some(row.id) == wanted);
    let project = project.ok_or_else(|| Refusal::message(404, "Project must be specified to create a version."))?;
    administered(call, project, 404)?;
    let name = body.get("name").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| Refusal::field("name", "You must specify a valid version name"))?;
    if project.versions.iter().any(|row| row.name.eq_ignore_ascii_case(name)) {
        return Err(Refusal::field("name", "A version with this name already exists in this project."));
    }
    let key = project.key.clone();
    let id = call.state.add_version(&key, name).ok_or_else(Refusal::payload)?;
    change(call, id, &body);
    let (project, row) = found(call, &["version", &id.to_string()])?;
    ok(201, shown(call, project, row))
}

pub(super) fn edit(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (project, row) = found(call, path)?;
    administered(call, project, 404)?;
    let (id, was_released, body) = (row.id, row.released, call.body()?);
    change(call, id, &body);
    let (project, row) = found(call, path)?;
    let (version, released) = (shown(call, project, row), row.released);
    if released && !was_released {
        call.changes.push(Change::of_version("avi:jira:released:version", version.clone()));
    }
    ok(200, version)
}

fn change(call: &mut Call<'_>, id: Id, body: &serde_json::Map<String, Value>) {
    let Some(row) = call.state.version_mut(id) else { return };
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        name.clone_into(&mut row.name);
    }
    if let Some(released) = body.get("released").and_then(Value::as_bool) {
        row.released = released;
    }
    if let Some(date) = body.get("releaseDate") {
        row.release_date = date.as_str().map(str::to_owned);
    }
}
