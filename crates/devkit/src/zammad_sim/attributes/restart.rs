//! Restarts of the server, after a migration or on demand, and the columns that it has afterwards.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    clock::Millis,
    zammad_sim::model::{attribute::Column, state::State},
};

/// After the answer to a migration, the processes end themselves within so long.
const NOTICE: Millis = 1_000;

impl State {
    /// Records the columns that a migration changed, and restarts if the installation restarts automatically.
    pub(super) fn migrated(&mut self, columns: BTreeMap<String, Option<Column>>) {
        self.restart.columns.extend(columns);
        // 6.1 has no such setting: an administrator has to restart it.
        if self.setting("auto_shutdown") == true {
            self.restart.away = Some((self.now + NOTICE, self.now + NOTICE + self.restart.takes));
        }
    }

    /// Restarts now.
    pub(in crate::zammad_sim) fn go_away(&mut self) {
        self.restart.away = Some((self.now, self.now + self.restart.takes));
    }

    /// Returns the end of a restart, if one is going on. After its end, adds the new columns.
    pub(in crate::zammad_sim) fn away_until(&mut self) -> Option<Millis> {
        let (from, until) = self.restart.away?;
        if self.now < from {
            return None;
        }
        if self.now < until {
            return Some(until);
        }
        self.restart.away = None;
        for (name, column) in std::mem::take(&mut self.restart.columns) {
            match column {
                Some(column) => self.add_column(&name, column),
                None => self.remove_column(&name),
            }
        }
        None
    }

    /// Gives tickets a column. Old ones have no value in it, unless it is a yes or no.
    pub(in crate::zammad_sim) fn add_column(&mut self, name: &str, column: Column) {
        if column.data_type == "boolean" {
            for ticket in self.tickets.values_mut() {
                ticket.attributes.entry(name.to_owned()).or_insert_with(|| column.default.clone());
            }
        }
        self.ticket_attributes.insert(name.to_owned(), column);
    }

    fn remove_column(&mut self, name: &str) {
        self.ticket_attributes.remove(name);
        for ticket in self.tickets.values_mut() {
            ticket.attributes.remove(name);
        }
    }

    /// The values of new tickets in these columns.
    pub(in crate::zammad_sim) fn column_defaults(&self) -> BTreeMap<String, Value> {
        self.ticket_attributes.iter().map(|(name, column)| (name.clone(), column.default.clone())).collect()
    }
}
