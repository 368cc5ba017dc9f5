//! Roles.

use serde_json::Value;

use super::{
    call::{Call, Reply},
    entities::Id,
    error::ApiError,
    render,
    routes::ok,
    version::Version,
};

const READERS_6_5: [&str; 3] = ["ticket.agent", "ticket.customer", "admin.role"];

fn readers(version: Version) -> &'static [&'static str] {
    match version {
        Version::V6_1 => &READERS_6_5[2..],
        Version::V6_5 => &READERS_6_5,
    }
}

pub(super) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(readers(call.state.version))?;
    if !actor.agent(call.state) && !actor.may(call.state, "admin.role") {
        return ok(200, Vec::<Value>::new());
    }
    let mode = call.mode();
    ok(200, call.state.roles.values().map(|role| render::role(call.state, role, mode)).collect::<Vec<_>>())
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(readers(call.state.version))?;
    let id = path.get(1).copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| call.state.roles.get(&id));
    let role = found.ok_or_else(|| ApiError::not_found("Role", id))?;
    ok(200, render::role(call.state, role, call.mode()))
}
