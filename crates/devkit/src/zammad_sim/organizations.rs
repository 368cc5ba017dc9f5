//! Organizations, as far as they are read.

use serde_json::Value;

use super::{
    call::{Call, Reply},
    entities::{Id, Organization},
    error::ApiError,
    render,
    routes::{ok, page},
};

const READERS: [&str; 3] = ["ticket.agent", "ticket.customer", "admin.organization"];

fn shown(call: &Call<'_>, rows: Vec<&Organization>) -> Reply {
    let mode = call.mode();
    ok(200, rows.into_iter().map(|row| render::organization(call.state, row, mode)).collect::<Vec<_>>())
}

pub(super) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&READERS)?;
    if !actor.agent(call.state) && !actor.may(call.state, "admin.organization") {
        return ok(200, Vec::<Value>::new());
    }
    shown(call, page(call, call.state.organizations.values().collect(), 500))
}

pub(super) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["ticket.agent", "admin.organization"])?;
    let query = call.text("query").unwrap_or_default().to_lowercase();
    let fits = |row: &&Organization| row.name.to_lowercase().contains(&query);
    shown(call, page(call, call.state.organizations.values().filter(fits).collect(), 50))
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&READERS)?;
    let id = path.get(1).copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| call.state.organizations.get(&id));
    let row = found.ok_or_else(|| ApiError::not_found("Organization", id))?;
    ok(200, render::organization(call.state, row, call.mode()))
}
