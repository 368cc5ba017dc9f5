//! Roles.

use serde_json::{Value, json};

use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{
        entities::{Id, Role, Stamps},
        version::Version,
    },
    render,
    values::{as_id, as_text, is_true},
};

const READERS_6_5: [&str; 3] = ["ticket.agent", "ticket.customer", "admin.role"];

fn readers(version: Version) -> &'static [&'static str] {
    match version {
        Version::V6_1 => &READERS_6_5[2..],
        Version::V6_5 | Version::V7_2 => &READERS_6_5,
    }
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(readers(call.state.version))?;
    if !actor.agent(call.state) && !actor.may(call.state, "admin.role") {
        return ok(200, Vec::<Value>::new());
    }
    let mode = call.mode();
    ok(200, call.state.roles.values().map(|role| render::role(call.state, role, mode)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(readers(call.state.version))?;
    let id = path.get(1).copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| call.state.roles.get(&id));
    let role = found.ok_or_else(|| ApiError::not_found("Role", id))?;
    ok(200, render::role(call.state, role, call.mode()))
}

fn admin(call: &mut Call<'_>, id: Option<&&str>) -> Result<(Id, Role), ApiError> {
    let actor = call.require(&["admin.role"])?;
    let id = id.copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| call.state.roles.get(&id)).cloned();
    Ok((actor.user, found.ok_or_else(|| ApiError::not_found("Role", id))?))
}

pub(in crate::zammad_sim) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["admin.role"])?;
    let query = call.text("query").unwrap_or_default().replace('*', "").to_lowercase();
    let found = call.state.roles.values().filter(|row| row.name.to_lowercase().contains(&query));
    let rows = page(call, found.collect(), 50);
    let mode = call.mode();
    ok(200, rows.into_iter().map(|role| render::role(call.state, role, mode)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["admin.role"])?;
    let mut role = Role {
        id: 0,
        name: String::new(),
        note: String::new(),
        active: true,
        permissions: Vec::new(),
        default_at_signup: false,
        stamps: Stamps::new(actor.user, call.now),
    };
    fill(call, &mut role, true)?;
    role.id = call.state.next_id("role");
    let shown = Value::Object(render::role(call.state, &role, Mode::Plain));
    call.state.roles.insert(role.id, role);
    ok(201, shown)
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (by, mut role) = admin(call, path.get(1))?;
    fill(call, &mut role, false)?;
    role.stamps.touch(by, call.now);
    let shown = Value::Object(render::role(call.state, &role, Mode::Plain));
    call.state.roles.insert(role.id, role);
    ok(200, shown)
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (_, role) = admin(call, path.get(1))?;
    if call.state.users.values().any(|user| user.role_ids.contains(&role.id)) {
        return Err(ApiError::referenced());
    }
    call.state.roles.remove(&role.id);
    ok(200, json!({}))
}

fn fill(call: &Call<'_>, role: &mut Role, new: bool) -> Result<(), ApiError> {
    if new || call.params.contains_key("name") {
        let taken = call.state.roles.values().filter(|other| other.id != role.id).map(|other| other.name.as_str());
        role.name = call.unique_name(taken)?;
    }
    if let Some(note) = call.text("note") {
        role.note = note;
    }
    if let Some(active) = call.param("active") {
        role.active = is_true(active);
    }
    if let Some(default) = call.param("default_at_signup") {
        role.default_at_signup = is_true(default);
    }
    if let Some(Value::Array(names)) = call.param("permissions") {
        role.permissions = names.iter().map(as_text).collect();
    } else if let Some(Value::Array(ids)) = call.param("permission_ids") {
        role.permissions = ids.iter().filter_map(as_id).filter_map(render::permission).map(str::to_owned).collect();
    }
    Ok(())
}
