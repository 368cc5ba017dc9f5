//! Who may do what with a ticket.

use std::collections::BTreeMap;

use super::{
    actor::Actor,
    entities::{Group, Id, Ticket},
    state::State,
};

/// Whether a user has this access to a ticket as an agent.
pub(in crate::zammad_sim) fn as_agent(state: &State, actor: &Actor, ticket: &Ticket, access: &str) -> bool {
    actor.agent(state) && state.group_access(actor.user, ticket.group_id, access)
}

/// A user's read access, computed once for many tickets.
pub(in crate::zammad_sim) struct Reader<'a> {
    user: Id,
    access: Option<&'a BTreeMap<Id, Vec<String>>>,
    groups: &'a BTreeMap<Id, Group>,
    customer: bool,
}

impl<'a> Reader<'a> {
    pub fn new(state: &'a State, actor: &Actor) -> Self {
        let row = state.users.get(&actor.user).filter(|_| actor.agent(state));
        let access = row.map(|row| &row.group_ids);
        Self { user: actor.user, access, groups: &state.groups, customer: actor.may(state, "ticket.customer") }
    }

    /// As agent of its group, or as its customer: the same as [`allowed`].
    pub fn may_read(&self, ticket: &Ticket) -> bool {
        let active = self.groups.get(&ticket.group_id).is_some_and(|group| group.active);
        let levels = self.access.filter(|_| active).and_then(|access| access.get(&ticket.group_id));
        levels.is_some_and(|levels| levels.iter().any(|level| level == "read" || level == "full"))
            || (self.customer && ticket.customer_id == self.user)
    }
}

/// Whether a user has this access to a ticket, as agent of its group or as its customer.
pub(in crate::zammad_sim) fn allowed(state: &State, actor: &Actor, ticket: &Ticket, access: &str) -> bool {
    as_agent(state, actor, ticket, access) || (ticket.customer_id == actor.user && actor.may(state, "ticket.customer"))
}
