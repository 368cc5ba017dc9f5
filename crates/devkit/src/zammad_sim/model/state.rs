//! Everything that the imitated server knows, behind one lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    attribute::{Attributes, Column},
    entities::{
        Article, Group, HttpLog, Id, Link, Organization, Priority, Role, Ticket, TicketState, Token, Trigger, User,
        Webhook,
    },
    oauth::Oauth,
    restart::Restart,
    session::Session,
    version::Version,
    workflow::CoreWorkflow,
};
use crate::{clock::Millis, entropy::Entropy, zammad_sim::error::ApiError};

/// The database.
#[derive(Debug)]
pub struct State {
    /// Which server this is.
    pub version: Version,
    /// Users by number.
    pub users: BTreeMap<Id, User>,
    /// Groups by number.
    pub groups: BTreeMap<Id, Group>,
    /// Roles by number.
    pub roles: BTreeMap<Id, Role>,
    /// Organizations by number.
    pub organizations: BTreeMap<Id, Organization>,
    /// Ticket states by number.
    pub states: BTreeMap<Id, TicketState>,
    /// Priorities by number.
    pub priorities: BTreeMap<Id, Priority>,
    /// Tickets by number.
    pub tickets: BTreeMap<Id, Ticket>,
    /// Articles by number.
    pub articles: BTreeMap<Id, Article>,
    /// Each ticket's articles, oldest first.
    pub ticket_articles: HashMap<Id, Vec<Id>>,
    /// API tokens by number.
    pub tokens: BTreeMap<Id, Token>,
    /// Webhooks by number.
    pub webhooks: BTreeMap<Id, Webhook>,
    /// Triggers by number.
    pub triggers: BTreeMap<Id, Trigger>,
    /// Links between tickets.
    pub links: Vec<Link>,
    /// All tags ever used, by number.
    pub tag_items: BTreeMap<Id, String>,
    /// The columns that migrated attributes gave tickets.
    pub ticket_attributes: BTreeMap<String, Column>,
    /// Settings by name.
    pub settings: BTreeMap<String, Value>,
    /// Hosts of webhooks that do not resolve, as when a container is stopped.
    pub unknown_hosts: BTreeSet<String>,
    /// Outgoing calls, oldest first.
    pub http_logs: Vec<HttpLog>,
    pub(in crate::zammad_sim) numbers: HashMap<String, Id>,
    pub(in crate::zammad_sim) attributes: Attributes,
    pub(in crate::zammad_sim) workflows: BTreeMap<Id, CoreWorkflow>,
    pub(in crate::zammad_sim) oauth: Oauth,
    pub(in crate::zammad_sim) sessions: HashMap<String, Session>,
    pub(in crate::zammad_sim) restart: Restart,
    pub(in crate::zammad_sim) token_owners: HashMap<String, Id>,
    pub(in crate::zammad_sim) stored_files: HashMap<Bytes, Id>,
    pub(in crate::zammad_sim) ids: HashMap<&'static str, Id>,
    pub(in crate::zammad_sim) entropy: Entropy,
    pub(in crate::zammad_sim) now: Millis,
    pub(in crate::zammad_sim) started: Millis,
}

impl State {
    /// The next number of a table.
    pub(in crate::zammad_sim) fn next_id(&mut self, table: &'static str) -> Id {
        let id = self.ids.entry(table).or_insert(0);
        *id += 1;
        *id
    }

    /// Makes sure that the next number of a table is larger than this one.
    pub(in crate::zammad_sim) fn used_id(&mut self, table: &'static str, id: Id) {
        let last = self.ids.entry(table).or_insert(0);
        *last = (*last).max(id);
    }

    /// When the database was set up.
    pub(in crate::zammad_sim) const fn started(&self) -> Millis {
        self.started
    }

    /// A setting's value.
    pub fn setting(&self, name: &str) -> &Value {
        self.settings.get(name).unwrap_or(&Value::Null)
    }

    /// Where the server believes to be reached: `{http_type}://{fqdn}`.
    pub fn public_url(&self) -> String {
        let text = |name| self.setting(name).as_str().unwrap_or_default().to_owned();
        format!("{}://{}", text("http_type"), text("fqdn"))
    }

    /// A user's login; `-` for one that is gone.
    pub fn login(&self, id: Id) -> &str {
        self.users.get(&id).map_or("-", |user| user.login.as_str())
    }

    /// The user with this login or, failing that, this e-mail address.
    pub fn user_by_login(&self, name: &str) -> Option<&User> {
        let name = name.trim().to_lowercase();
        self.users
            .values()
            .find(|user| user.login.to_lowercase() == name)
            .or_else(|| self.users.values().find(|user| !user.email.is_empty() && user.email.to_lowercase() == name))
    }

    /// A ticket's articles, oldest first.
    pub fn articles_of(&self, ticket: Id) -> impl Iterator<Item = &Article> {
        self.ticket_articles.get(&ticket).into_iter().flatten().filter_map(|id| self.articles.get(id))
    }

    /// Whether a user holds a permission, or a parent of it, through an active role.
    pub fn user_may(&self, user: Id, permission: &str) -> bool {
        let Some(user) = self.users.get(&user) else { return false };
        let roles = user.role_ids.iter().filter_map(|id| self.roles.get(id)).filter(|role| role.active);
        roles.flat_map(|role| &role.permissions).any(|held| covers(held, permission))
    }

    /// Whether a user's groups allow this access (`full` allows all). A deactivated group allows nothing.
    pub fn group_access(&self, user: Id, group: Id, access: &str) -> bool {
        if !self.groups.get(&group).is_some_and(|group| group.active) {
            return false;
        }
        let levels = self.users.get(&user).and_then(|user| user.group_ids.get(&group));
        levels.is_some_and(|levels| levels.iter().any(|level| level == access || level == "full"))
    }

    /// The ticket with this number, given as text.
    pub(in crate::zammad_sim) fn ticket_by_text(&self, id: &str) -> Result<&Ticket, ApiError> {
        let found = id.parse().ok().and_then(|id: Id| self.tickets.get(&id));
        found.ok_or_else(|| ApiError::not_found("Ticket", id))
    }

    /// The ticket with this public number.
    pub(in crate::zammad_sim) fn ticket_by_number(&self, number: &str) -> Option<&Ticket> {
        self.tickets.get(self.numbers.get(number)?)
    }

    /// The article with this number, given as text.
    pub(in crate::zammad_sim) fn article_by_text(&self, id: &str) -> Result<&Article, ApiError> {
        let found = id.parse().ok().and_then(|id: Id| self.articles.get(&id));
        found.ok_or_else(|| ApiError::not_found("Ticket::Article", id))
    }

    /// Everything, for assertions.
    pub fn dump(&self) -> Value {
        json!({
            "users": self.users.values().collect::<Vec<_>>(),
            "groups": self.groups.values().collect::<Vec<_>>(),
            "tickets": self.tickets.values().collect::<Vec<_>>(),
            "articles": self.articles.values().collect::<Vec<_>>(),
            "tokens": self.tokens.values().collect::<Vec<_>>(),
            "webhooks": self.webhooks.values().collect::<Vec<_>>(),
            "triggers": self.triggers.values().collect::<Vec<_>>(),
            "links": self.links,
            "settings": self.settings,
            "ticket_attributes": self.ticket_attributes,
            "attributes": self.attributes.rows.values().collect::<Vec<_>>(),
            "http_logs": self.http_logs,
        })
    }
}

/// Whether a held permission includes the wanted one: itself, or a parent of it.
pub(in crate::zammad_sim) fn covers(held: &str, wanted: &str) -> bool {
    wanted == held || (wanted.len() > held.len() && wanted.starts_with(held) && wanted.as_bytes()[held.len()] == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_permission_covers_its_children_only() {
        assert!(covers("admin", "admin.webhook") && covers("ticket.agent", "ticket.agent"));
        assert!(!covers("admin.web", "admin.webhook") && !covers("ticket.agent", "ticket"));
    }
}
