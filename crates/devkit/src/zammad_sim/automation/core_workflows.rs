//! Core workflows: which fields a form shows, and how. The API heeds only mandatory fields and excluded values.

use super::forms::{Form, Shown};
use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{
        entities::{Id, Stamps, Ticket},
        workflow::CoreWorkflow,
    },
    render,
    values::{as_id, is_true},
};
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

const RIGHT: [&str; 1] = ["admin.core_workflow"];

fn shown(call: &Call<'_>, row: &CoreWorkflow) -> Value {
    let mut shown = json!({
        "id": row.id, "name": row.name, "object": row.object, "preferences": row.preferences,
        "condition_saved": row.condition_saved, "condition_selected": row.condition_selected, "perform": row.perform,
        "active": row.active, "stop_after_match": row.stop_after_match, "changeable": row.changeable,
        "priority": row.priority,
    });
    if let Some(map) = shown.as_object_mut() {
        render::stamp(map, row.stamps, (call.mode() == Mode::Expand).then_some(call.state));
    }
    shown
}

fn found(call: &Call<'_>, id: &str) -> Result<CoreWorkflow, ApiError> {
    let row = id.parse().ok().and_then(|id: Id| call.state.workflows.get(&id)).cloned();
    // Those that came with the server are out of reach.
    row.filter(|row| row.changeable).ok_or_else(|| {
        let place = "[WHERE \"core_workflows\".\"changeable\" = $1]";
        ApiError::missing(format!("Couldn't find CoreWorkflow with 'id'={id} {place}"))
    })
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let rows = page(call, call.state.workflows.values().filter(|row| row.changeable).collect(), 500);
    ok(200, rows.into_iter().map(|row| shown(call, row)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let row = found(call, path.get(1).copied().unwrap_or_default())?;
    ok(200, shown(call, &row))
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let mut row = CoreWorkflow {
        id: 0,
        name: String::new(),
        object: None,
        preferences: json!({}),
        condition_saved: json!({}),
        condition_selected: json!({}),
        perform: json!({}),
        active: true,
        stop_after_match: false,
        changeable: true,
        priority: 0,
        stamps: Stamps::new(actor.user, call.now),
    };
    fill(call, &mut row, true)?;
    row.id = call.state.next_id("core_workflow");
    let answer = shown(call, &row);
    call.state.workflows.insert(row.id, row);
    ok(201, answer)
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let mut row = found(call, path.get(1).copied().unwrap_or_default())?;
    fill(call, &mut row, false)?;
    row.stamps.touch(actor.user, call.now);
    let answer = shown(call, &row);
    call.state.workflows.insert(row.id, row);
    ok(200, answer)
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let row = found(call, path.get(1).copied().unwrap_or_default())?;
    call.state.workflows.remove(&row.id);
    ok(200, json!({}))
}

/// Operators and object are not checked; only the name is.
fn fill(call: &Call<'_>, row: &mut CoreWorkflow, new: bool) -> Result<(), ApiError> {
    if new || call.params.contains_key("name") {
        let name = call.text("name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| ApiError::invalid("Name can't be blank"))?;
        let same = |other: &CoreWorkflow| other.id != row.id && other.name.eq_ignore_ascii_case(&name);
        if call.state.workflows.values().any(same) {
            return Err(ApiError::invalid("Name has already been taken"));
        }
        row.name = name;
    }
    if call.params.contains_key("object") {
        row.object = call.text("object");
    }
    for (name, place) in [
        ("preferences", &mut row.preferences),
        ("condition_saved", &mut row.condition_saved),
        ("condition_selected", &mut row.condition_selected),
        ("perform", &mut row.perform),
    ] {
        if let Some(value) = call.param(name) {
            *place = value.clone();
        }
    }
    for (name, place) in [("active", &mut row.active), ("stop_after_match", &mut row.stop_after_match)] {
        if let Some(value) = call.param(name) {
            *place = is_true(value);
        }
    }
    if let Some(priority) = call.param("priority").and_then(Value::as_i64) {
        row.priority = priority;
    }
    Ok(())
}

/// The state of a form.
pub(in crate::zammad_sim) fn perform(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let class = call.text("class_name").unwrap_or_default();
    let screen = call.text("screen").unwrap_or_default();
    let params = call.param("params").and_then(Value::as_object).cloned().unwrap_or_default();
    let state = &*call.state;
    let saved = params.get("id").and_then(as_id).and_then(|id| state.tickets.get(&id));
    let selected = form_ticket(saved, &params);
    let form = Form { state, user: actor.user, class: &class, screen: &screen, saved, selected: &selected };
    let shape = form.shape();
    let marks = |mark: &dyn Fn(&Shown) -> Value| -> Map<String, Value> {
        shape.fields.iter().map(|(name, shown)| (name.clone(), mark(shown))).collect()
    };
    let values = shape.fields.iter().filter_map(|(name, shown)| Some((name.clone(), form.values(name, shown)?.into())));
    let values: Map<String, Value> = values.collect();
    let body = json!({
        "request_id": call.text("request_id"), "restrict_values": values,
        "visibility": marks(&|shown| shown.visibility.into()), "mandatory": marks(&|shown| shown.mandatory.into()),
        "readonly": marks(&|shown| shown.readonly.into()), "select": {}, "fill_in": {}, "eval": [],
        "matched_workflows": shape.matched, "rerun_count": 0, "flags": {},
    });
    ok(200, body)
}

/// The ticket that a form would make of its values.
fn form_ticket(saved: Option<&Ticket>, params: &Map<String, Value>) -> Ticket {
    let mut ticket = saved.cloned().unwrap_or_default();
    let id = |name: &str| params.get(name).and_then(as_id);
    for (name, place) in [
        ("group_id", &mut ticket.group_id),
        ("state_id", &mut ticket.state_id),
        ("priority_id", &mut ticket.priority_id),
        ("owner_id", &mut ticket.owner_id),
        ("customer_id", &mut ticket.customer_id),
    ] {
        *place = id(name).unwrap_or(*place);
    }
    if let Some(title) = params.get("title").and_then(Value::as_str) {
        title.clone_into(&mut ticket.title);
    }
    let known: BTreeMap<String, Value> = params
        .iter()
        .filter(|(name, _)| !name.ends_with("_id"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    ticket.attributes.extend(known);
    ticket
}
