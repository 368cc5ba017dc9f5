//! Writing ticket states and priorities, which is for administrators.

use serde_json::{Value, json};

use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{
        entities::{Id, Priority, Stamps, TicketState},
        numbers::STATE_TYPES,
    },
    render,
    values::{as_id, is_true},
};

const RIGHT: [&str; 1] = ["admin.object"];

fn query(call: &Call<'_>) -> String {
    call.text("query").unwrap_or_default().replace('*', "").to_lowercase()
}

pub(in crate::zammad_sim) fn search_states(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["ticket.agent", "admin.object"])?;
    let query = query(call);
    let found = call.state.states.values().filter(|row| row.name.to_lowercase().contains(&query));
    let (rows, mode) = (page(call, found.collect(), 50), call.mode());
    ok(200, rows.into_iter().map(|row| render::ticket_state(call.state, row, mode)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn create_state(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let mut row = TicketState {
        id: 0,
        name: String::new(),
        note: None,
        state_type_id: 0,
        state_type: "",
        active: true,
        ignore_escalation: false,
        stamps: Stamps::new(actor.user, call.now),
    };
    fill_state(call, &mut row, true)?;
    row.id = call.state.next_id("state");
    let shown = Value::Object(render::ticket_state(call.state, &row, Mode::Plain));
    call.state.states.insert(row.id, row);
    ok(201, shown)
}

fn state(call: &mut Call<'_>, id: Option<&&str>) -> Result<(Id, TicketState), ApiError> {
    let actor = call.require(&RIGHT)?;
    let id = id.copied().unwrap_or_default();
    let row = id.parse().ok().and_then(|id: Id| call.state.states.get(&id)).cloned();
    Ok((actor.user, row.ok_or_else(|| ApiError::not_found("Ticket::State", id))?))
}

pub(in crate::zammad_sim) fn update_state(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (by, mut row) = state(call, path.get(1))?;
    fill_state(call, &mut row, false)?;
    row.stamps.touch(by, call.now);
    let shown = Value::Object(render::ticket_state(call.state, &row, Mode::Plain));
    call.state.states.insert(row.id, row);
    ok(200, shown)
}

pub(in crate::zammad_sim) fn delete_state(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (_, row) = state(call, path.get(1))?;
    if call.state.tickets.values().any(|ticket| ticket.state_id == row.id) {
        return Err(ApiError::referenced());
    }
    call.state.states.remove(&row.id);
    ok(200, json!({}))
}

fn fill_state(call: &Call<'_>, row: &mut TicketState, new: bool) -> Result<(), ApiError> {
    if new || call.params.contains_key("name") {
        let others = call.state.states.values().filter(|other| other.id != row.id);
        row.name = call.unique_name(others.map(|other| other.name.as_str()))?;
    }
    if new || call.params.contains_key("state_type_id") {
        let id = call.param("state_type_id").and_then(as_id);
        let kind = id.and_then(|id| Some((id, *STATE_TYPES.get(usize::try_from(id).ok()?.checked_sub(1)?)?)));
        (row.state_type_id, row.state_type) =
            kind.ok_or_else(|| ApiError::invalid("Missing required value for field 'state_type_id'!"))?;
    }
    if call.params.contains_key("note") {
        row.note = call.text("note");
    }
    for (name, place) in [("active", &mut row.active), ("ignore_escalation", &mut row.ignore_escalation)] {
        if let Some(value) = call.param(name) {
            *place = is_true(value);
        }
    }
    Ok(())
}

pub(in crate::zammad_sim) fn search_priorities(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["ticket.agent", "admin.object"])?;
    let query = query(call);
    let found = call.state.priorities.values().filter(|row| row.name.to_lowercase().contains(&query));
    let (rows, mode) = (page(call, found.collect(), 50), call.mode());
    ok(200, rows.into_iter().map(|row| render::priority(call.state, row, mode)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn create_priority(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let stamps = Stamps::new(actor.user, call.now);
    let mut row = Priority { id: 0, name: String::new(), note: None, active: true, ui: None, stamps };
    fill_priority(call, &mut row, true)?;
    row.id = call.state.next_id("priority");
    let shown = Value::Object(render::priority(call.state, &row, Mode::Plain));
    call.state.priorities.insert(row.id, row);
    ok(201, shown)
}

fn priority(call: &mut Call<'_>, id: Option<&&str>) -> Result<(Id, Priority), ApiError> {
    let actor = call.require(&RIGHT)?;
    let id = id.copied().unwrap_or_default();
    let row = id.parse().ok().and_then(|id: Id| call.state.priorities.get(&id)).cloned();
    Ok((actor.user, row.ok_or_else(|| ApiError::not_found("Ticket::Priority", id))?))
}

pub(in crate::zammad_sim) fn update_priority(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (by, mut row) = priority(call, path.get(1))?;
    fill_priority(call, &mut row, false)?;
    row.stamps.touch(by, call.now);
    let shown = Value::Object(render::priority(call.state, &row, Mode::Plain));
    call.state.priorities.insert(row.id, row);
    ok(200, shown)
}

pub(in crate::zammad_sim) fn delete_priority(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (_, row) = priority(call, path.get(1))?;
    if call.state.tickets.values().any(|ticket| ticket.priority_id == row.id) {
        return Err(ApiError::referenced());
    }
    call.state.priorities.remove(&row.id);
    ok(200, json!({}))
}

fn fill_priority(call: &Call<'_>, row: &mut Priority, new: bool) -> Result<(), ApiError> {
    if new || call.params.contains_key("name") {
        let others = call.state.priorities.values().filter(|other| other.id != row.id);
        row.name = call.unique_name(others.map(|other| other.name.as_str()))?;
    }
    if call.params.contains_key("note") {
        row.note = call.text("note");
    }
    if let Some(active) = call.param("active") {
        row.active = is_true(active);
    }
    Ok(())
}
