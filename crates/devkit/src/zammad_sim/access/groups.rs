//! Groups.

use serde_json::{Value, json};

use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{
        entities::{Group, Id, Stamps},
        version::Version,
    },
    render,
    values::{as_id, is_true},
};

const READERS_6_5: [&str; 3] = ["ticket.agent", "ticket.customer", "admin.group"];

fn readers(version: Version) -> &'static [&'static str] {
    match version {
        Version::V6_1 => &READERS_6_5[2..],
        Version::V6_5 | Version::V7_2 => &READERS_6_5,
    }
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(readers(call.state.version))?;
    let customer = !actor.agent(call.state) && !actor.may(call.state, "admin.group");
    let rows = page(call, call.state.groups.values().collect(), 500);
    let mode = call.mode();
    let shown = rows
        .into_iter()
        .map(|group| if customer { render::group_for_customer(group) } else { render::group(call.state, group, mode) });
    ok(200, shown.collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(readers(call.state.version))?;
    let id = path.get(1).copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| call.state.groups.get(&id));
    let group = found.ok_or_else(|| ApiError::not_found("Group", id))?;
    ok(200, render::group(call.state, group, call.mode()))
}

fn admin(call: &mut Call<'_>, id: Option<&&str>) -> Result<(Id, Group), ApiError> {
    let actor = call.require(&["admin.group"])?;
    let id = id.copied().unwrap_or_default();
    let found = id.parse().ok().and_then(|id: Id| call.state.groups.get(&id)).cloned();
    Ok((actor.user, found.ok_or_else(|| ApiError::not_found("Group", id))?))
}

pub(in crate::zammad_sim) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["ticket.agent", "admin.group"])?;
    let query = call.text("query").unwrap_or_default().replace('*', "").to_lowercase();
    let found = call.state.groups.values().filter(|group| group.name.to_lowercase().contains(&query));
    let rows = page(call, found.collect(), 50);
    let mode = call.mode();
    ok(200, rows.into_iter().map(|group| render::group(call.state, group, mode)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["admin.group"])?;
    let stamps = Stamps::new(actor.user, call.now);
    let mut group = Group {
        id: 0,
        name: String::new(),
        note: None,
        active: true,
        assignment_timeout: None,
        signature_id: None,
        stamps,
    };
    fill(call, &mut group, true)?;
    group.id = call.state.next_id("group");
    let shown = Value::Object(render::group(call.state, &group, Mode::Plain));
    call.state.groups.insert(group.id, group);
    ok(201, shown)
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (by, mut group) = admin(call, path.get(1))?;
    fill(call, &mut group, false)?;
    group.stamps.touch(by, call.now);
    let shown = Value::Object(render::group(call.state, &group, Mode::Plain));
    call.state.groups.insert(group.id, group);
    ok(200, shown)
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (_, group) = admin(call, path.get(1))?;
    if call.state.tickets.values().any(|ticket| ticket.group_id == group.id) {
        return Err(ApiError::referenced());
    }
    call.state.groups.remove(&group.id);
    for user in call.state.users.values_mut() {
        user.group_ids.remove(&group.id);
    }
    ok(200, json!({}))
}

fn fill(call: &Call<'_>, group: &mut Group, new: bool) -> Result<(), ApiError> {
    if new || call.params.contains_key("name") {
        let taken = call.state.groups.values().filter(|other| other.id != group.id).map(|other| other.name.as_str());
        group.name = call.unique_name(taken)?;
    }
    if call.params.contains_key("note") {
        group.note = call.text("note");
    }
    if let Some(minutes) = call.params.get("assignment_timeout") {
        group.assignment_timeout = as_id(minutes).and_then(|minutes| u32::try_from(minutes).ok());
    }
    if let Some(active) = call.param("active") {
        group.active = is_true(active);
    }
    Ok(())
}
