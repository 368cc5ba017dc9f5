//! Groups.

use serde_json::{Value, json};

use super::{
    call::{Call, Mode, Reply},
    entities::{Group, Id, Stamps},
    error::ApiError,
    render,
    routes::{ok, page},
    version::Version,
};

const READERS_6_5: [&str; 3] = ["ticket.agent", "ticket.customer", "admin.group"];

fn readers(version: Version) -> &'static [&'static str] {
    match version {
        Version::V6_1 => &READERS_6_5[2..],
        Version::V6_5 => &READERS_6_5,
    }
}

pub(super) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(readers(call.state.version))?;
    let customer = !actor.agent(call.state) && !actor.may(call.state, "admin.group");
    let rows = page(call, call.state.groups.values().collect(), 500);
    let mode = call.mode();
    let shown = rows
        .into_iter()
        .map(|group| if customer { render::group_for_customer(group) } else { render::group(call.state, group, mode) });
    ok(200, shown.collect::<Vec<_>>())
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(readers(call.state.version))?;
    let id = path.get(1).copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| call.state.groups.get(&id));
    let group = found.ok_or_else(|| ApiError::not_found("Group", id))?;
    ok(200, render::group(call.state, group, call.mode()))
}

pub(super) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["admin.group"])?;
    let name = call.text("name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ApiError::invalid("The required parameter 'name' is missing."))?;
    if call.state.groups.values().any(|group| group.name == name) {
        return Err(ApiError::invalid("This object already exists."));
    }
    let id = call.state.next_id("group");
    let active = call.param("active").is_none_or(|active| *active != json!(false));
    let stamps = Stamps::new(actor.user, call.now);
    let group = Group { id, name, note: call.text("note"), active, signature_id: None, stamps };
    let shown = Value::Object(render::group(call.state, &group, Mode::Plain));
    call.state.groups.insert(id, group);
    ok(201, shown)
}
