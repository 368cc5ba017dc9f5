//! Organizations, as far as they are read.

use serde_json::{Value, json};

use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::entities::{Id, Organization, Stamps},
    render,
    values::is_true,
};

const READERS: [&str; 3] = ["ticket.agent", "ticket.customer", "admin.organization"];

fn shown(call: &Call<'_>, rows: Vec<&Organization>) -> Reply {
    let mode = call.mode();
    ok(200, rows.into_iter().map(|row| render::organization(call.state, row, mode)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&READERS)?;
    if !actor.agent(call.state) && !actor.may(call.state, "admin.organization") {
        return ok(200, Vec::<Value>::new());
    }
    shown(call, page(call, call.state.organizations.values().collect(), 500))
}

pub(in crate::zammad_sim) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["ticket.agent", "admin.organization"])?;
    let query = call.text("query").unwrap_or_default().to_lowercase();
    let fits = |row: &&Organization| row.name.to_lowercase().contains(&query);
    shown(call, page(call, call.state.organizations.values().filter(fits).collect(), 50))
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&READERS)?;
    let id = path.get(1).copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| call.state.organizations.get(&id));
    let row = found.ok_or_else(|| ApiError::not_found("Organization", id))?;
    ok(200, render::organization(call.state, row, call.mode()))
}

/// Agents may make and change organizations; only administrators delete them.
const WRITERS: [&str; 2] = ["ticket.agent", "admin.organization"];

fn found(call: &Call<'_>, id: Option<&&str>) -> Result<Organization, ApiError> {
    let id = id.copied().unwrap_or_default();
    let row = id.parse().ok().and_then(|id: Id| call.state.organizations.get(&id)).cloned();
    row.ok_or_else(|| ApiError::not_found("Organization", id))
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&WRITERS)?;
    let mut row = Organization {
        id: 0,
        name: String::new(),
        note: String::new(),
        active: true,
        shared: true,
        domain: String::new(),
        domain_assignment: false,
        stamps: Stamps::new(actor.user, call.now),
    };
    fill(call, &mut row, true)?;
    row.id = call.state.next_id("organization");
    let shown = Value::Object(render::organization(call.state, &row, Mode::Plain));
    call.state.organizations.insert(row.id, row);
    ok(201, shown)
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.require(&WRITERS)?;
    let mut row = found(call, path.get(1))?;
    fill(call, &mut row, false)?;
    row.stamps.touch(actor.user, call.now);
    let shown = Value::Object(render::organization(call.state, &row, Mode::Plain));
    call.state.organizations.insert(row.id, row);
    ok(200, shown)
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&["admin.organization"])?;
    let id = found(call, path.get(1))?.id;
    let member = call.state.users.values().any(|user| user.organization_id == Some(id));
    if member || call.state.tickets.values().any(|ticket| ticket.organization_id == Some(id)) {
        return Err(ApiError::referenced());
    }
    call.state.organizations.remove(&id);
    ok(200, json!({}))
}

fn fill(call: &Call<'_>, row: &mut Organization, new: bool) -> Result<(), ApiError> {
    if new || call.params.contains_key("name") {
        let others = call.state.organizations.values().filter(|other| other.id != row.id);
        row.name = call.unique_name(others.map(|other| other.name.as_str()))?;
    }
    for (name, place) in [("note", &mut row.note), ("domain", &mut row.domain)] {
        if let Some(text) = call.text(name) {
            *place = text;
        }
    }
    for (name, place) in
        [("active", &mut row.active), ("shared", &mut row.shared), ("domain_assignment", &mut row.domain_assignment)]
    {
        if let Some(value) = call.param(name) {
            *place = is_true(value);
        }
    }
    Ok(())
}
