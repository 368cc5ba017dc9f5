//! The scheduler's changes of tickets, in the name of the system itself.

use super::ticket_write;
use crate::zammad_sim::{
    call::Call,
    model::{
        entities::{Id, Ticket},
        numbers::SYSTEM,
    },
};

/// Takes the owner away where the assignment timeout of the group is over. Not recorded; as Zammad's source has it.
pub(in crate::zammad_sim) fn unassign(call: &mut Call<'_>) {
    let state = &*call.state;
    let due = |ticket: &&Ticket| {
        let group = state.groups.get(&ticket.group_id).filter(|group| group.active);
        let minutes = group.and_then(|group| group.assignment_timeout).filter(|minutes| *minutes > 0);
        let open = state.states.get(&ticket.state_id).is_some_and(|row| matches!(row.state_type, "new" | "open"));
        let since = ticket.last_owner_update_at.filter(|_| open && ticket.owner_id != SYSTEM);
        minutes.zip(since).is_some_and(|(minutes, since)| call.now > since + i64::from(minutes) * 60_000)
    };
    let due: Vec<Id> = state.tickets.values().filter(due).map(|ticket| ticket.id).collect();
    for id in due {
        ticket_write::unassign(call, id);
    }
}
