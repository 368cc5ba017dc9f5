//! Columns of a ticket that follow from a change of others.

use crate::zammad_sim::{
    call::Call,
    model::{
        entities::{Id, Ticket},
        numbers::SYSTEM,
    },
};

/// Sets the times of closing, of pending and of the last owner change.
pub(in crate::zammad_sim) fn settle(call: &Call<'_>, before: &Ticket, ticket: &mut Ticket, new: bool) {
    let kind = |id: Id| call.state.states.get(&id).map_or("", |state| state.state_type);
    let changed = before.state_id != ticket.state_id;
    if changed && kind(ticket.state_id) == "closed" {
        ticket.close_at.get_or_insert(call.now);
        ticket.last_close_at = Some(call.now);
    }
    if changed && !kind(ticket.state_id).starts_with("pending") {
        ticket.pending_time = None;
    }
    if new {
        return;
    }
    if before.owner_id != ticket.owner_id || before.group_id != ticket.group_id {
        ticket.last_owner_update_at = (ticket.owner_id != SYSTEM).then_some(call.now);
    } else if changed {
        ticket.last_owner_update_at = matches!(kind(ticket.state_id), "new" | "open").then_some(call.now);
    }
}
