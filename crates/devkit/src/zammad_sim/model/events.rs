//! Changes by a request, collected until its end: one request is one event for each ticket.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::entities::Id;

/// One ticket's part in a request.
#[derive(Clone, Debug, Default)]
pub(in crate::zammad_sim) struct TicketEvent {
    /// The ticket was made by this request.
    pub created: bool,
    /// The columns that changed.
    pub changed: BTreeSet<String>,
    /// The last article added.
    pub article: Option<Id>,
    /// A merge: neither create nor update.
    pub merge: bool,
}

/// The events of one request, in the order in which tickets were first touched.
#[derive(Clone, Debug, Default)]
pub(in crate::zammad_sim) struct Events {
    order: Vec<Id>,
    by_ticket: BTreeMap<Id, TicketEvent>,
    after: Vec<(Id, TicketEvent)>,
}

impl Events {
    fn of(&mut self, ticket: Id) -> &mut TicketEvent {
        if !self.order.contains(&ticket) {
            self.order.push(ticket);
        }
        self.by_ticket.entry(ticket).or_default()
    }

    /// A new ticket.
    pub fn created(&mut self, ticket: Id) {
        self.of(ticket).created = true;
    }

    /// A column changed; nothing happens if it did not.
    pub fn changed(&mut self, ticket: Id, column: &str, before: &Value, after: &Value) {
        if before != after {
            self.of(ticket).changed.insert(column.to_owned());
        }
    }

    /// A new article; of several the last one counts.
    pub fn article(&mut self, ticket: Id, article: Id) {
        self.of(ticket).article = Some(article);
    }

    /// A merge: a further event for each of the two tickets.
    pub fn merged(&mut self, source: Id, target: Id) {
        let merge = || TicketEvent { merge: true, ..TicketEvent::default() };
        self.after.extend([(target, merge()), (source, merge())]);
    }

    /// All of them, in order.
    pub fn into_list(mut self) -> Vec<(Id, TicketEvent)> {
        let take = |id: &Id| self.by_ticket.remove(id).map(|event| (*id, event));
        self.order.iter().filter_map(take).chain(self.after).collect()
    }
}
