//! The lists that clients resolve names with, and the version.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{entities::Id, numbers::SYSTEM, state::State},
    render,
};

const READERS: [&str; 3] = ["ticket.agent", "ticket.customer", "admin.object"];

pub(super) fn available(call: &mut Call<'_>, _: &[&str]) -> Reply {
    ok(200, json!({"app_version": call.state.entropy.text(40)}))
}

pub(super) fn version(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["admin"])?;
    ok(200, json!({"version": call.state.version.name()}))
}

pub(super) fn ticket_states(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&READERS)?;
    let render = |state: &State, id: Id, mode| state.states.get(&id).map(|row| render::ticket_state(state, row, mode));
    let ids = call.state.states.keys().copied().collect();
    rows(call, path, "Ticket::State", "TicketState", ids, render)
}

pub(super) fn ticket_priorities(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&READERS)?;
    let render = |state: &State, id: Id, mode| state.priorities.get(&id).map(|row| render::priority(state, row, mode));
    let ids = call.state.priorities.keys().copied().collect();
    rows(call, path, "Ticket::Priority", "TicketPriority", ids, render)
}

fn rows(
    call: &Call<'_>,
    path: &[&str],
    class: &str,
    asset: &str,
    ids: Vec<Id>,
    render: impl Fn(&State, Id, Mode) -> Option<Map<String, Value>>,
) -> Reply {
    let (state, mode) = (&*call.state, call.mode());
    if let Some(id) = path.get(1) {
        let found = id.parse().ok().and_then(|id| render(state, id, mode));
        return ok(200, found.ok_or_else(|| ApiError::not_found(class, id))?);
    }
    let total = ids.len();
    let ids = page(call, ids, 500);
    if mode == Mode::Full {
        let assets: Map<String, Value> = ids
            .iter()
            .filter_map(|id| Some((id.to_string(), Value::Object(render(state, *id, Mode::Plain)?))))
            .collect();
        let people = render::user_assets(state, [SYSTEM], SYSTEM);
        return ok(200, json!({"record_ids": ids, "assets": {asset: assets, "User": people}, "total_count": total}));
    }
    ok(200, ids.into_iter().filter_map(|id| render(state, id, mode)).collect::<Vec<_>>())
}
