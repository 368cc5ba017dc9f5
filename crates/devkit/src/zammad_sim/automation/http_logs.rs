//! The log of outgoing calls.

use serde_json::{Value, json};

use crate::zammad_sim::{
    call::{Call, Reply, ok, page},
    model::version::Version,
    render,
};

/// Older calls are out of reach.
const LOOKED_AT: usize = 10_000;

pub(in crate::zammad_sim) fn webhook(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    if call.state.version == Version::V7_2 {
        actor.require(call.state, &["admin.webhook"])?;
    }
    if !actor.may_any_below(call.state, "admin") {
        return Err(actor.lacking());
    }
    let newest = call.state.http_logs.iter().rev().take(LOOKED_AT);
    let rows = page(call, newest.collect(), 50);
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|row| {
            json!({"id": row.id, "direction": "out", "facility": "webhook", "method": "POST", "url": row.url,
                   "status": row.status, "ip": null, "request": {"content": ""}, "response": {"content": ""},
                   "created_by_id": null, "updated_by_id": null, "created_at": render::time(row.at),
                   "updated_at": render::time(row.at)})
        })
        .collect();
    ok(200, shown)
}
