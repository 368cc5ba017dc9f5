//! Changes by an administrator that hinder the users: access to a group, a group or a ticket is gone, a field must be
//! filled in.
//!
//! Recorded: the answers about tickets without access and about deleted tickets. Guessed: that a deactivated group is
//! the same as no access to it for every agent, in lists, too; a new ticket in it is refused with 403.

use serde_json::{Map, Value, json};

use super::{
    attribute::{Attribute, Column},
    entities::{Id, Stamps},
    numbers::ADMIN,
    state::State,
};

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

    /// Adds a ticket attribute, already migrated, that must be filled in on the screen "edit"; old tickets have no
    /// value. With options it is a select, without a text.
    pub fn add_mandatory_attribute(&mut self, name: &str, options: &[&str]) {
        let id = self.next_id("attribute");
        let texts: Map<String, Value> = options.iter().map(|name| ((*name).to_owned(), (*name).into())).collect();
        let data_type = if options.is_empty() { "input" } else { "select" };
        let screen = |required: bool| json!({"ticket.agent": {"shown": true, "required": required}});
        let row = Attribute {
            id,
            object: "Ticket".to_owned(),
            name: name.to_owned(),
            display: name.to_owned(),
            data_type: data_type.to_owned(),
            data_option: json!({"type": "text", "default": "", "maxlength": 255, "null": true, "nulloption": true,
                                "options": texts, "relation": ""}),
            data_option_new: json!({}),
            screens: json!({"create_middle": screen(false), "edit": screen(true)}),
            position: 1550,
            active: true,
            editable: true,
            to_create: false,
            to_migrate: false,
            to_delete: false,
            to_config: false,
            stamps: Stamps::new(ADMIN, self.now),
        };
        self.attributes.rows.insert(id, row);
        let column = Column { default: "".into(), data_type: data_type.to_owned(), maxlength: Some(255) };
        self.ticket_attributes.insert(name.to_owned(), column);
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
