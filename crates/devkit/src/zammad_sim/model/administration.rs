//! Changes by an administrator that take something away from the users: access to a group, a group, a ticket.
//!
//! Recorded: the answers about tickets without access and about deleted tickets. Guessed: that a deactivated group is the
//! same as no access to it for every agent, in lists, too; a new ticket in it is refused with 403.

use super::{entities::Id, state::State};

impl State {
    /// Gives a user exactly these levels of access to a group (`read`, `create`, `change`, `overview`, `full`); with
    /// none the user is taken out of it. Returns whether both exist.
    pub fn set_group_access(&mut self, user: Id, group: Id, levels: &[&str]) -> bool {
        if !self.groups.contains_key(&group) {
            return false;
        }
        let Some(user) = self.users.get_mut(&user) else { return false };
        if levels.is_empty() {
            user.group_ids.remove(&group);
        } else {
            user.group_ids.insert(group, levels.iter().map(|level| (*level).to_owned()).collect());
        }
        true
    }

    /// Switches a group on or off. Returns whether it exists.
    pub fn set_group_active(&mut self, group: Id, active: bool) -> bool {
        let found = self.groups.get_mut(&group);
        found.map(|group| group.active = active).is_some()
    }

    /// Deletes a ticket with its articles and links. Returns whether it existed.
    pub fn delete_ticket(&mut self, id: Id) -> bool {
        let Some(row) = self.tickets.remove(&id) else { return false };
        self.numbers.remove(&row.number);
        for article in self.ticket_articles.remove(&id).unwrap_or_default() {
            self.articles.remove(&article);
        }
        self.links.retain(|link| link.source != id && link.target != id);
        true
    }
}
