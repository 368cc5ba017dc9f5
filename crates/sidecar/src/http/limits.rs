//! Limits of open connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// Maximum number of open connections.
pub const CONNECTIONS: usize = 512;

/// The table of open connections. When it is full, a connection with an incomplete request is closed for the new one: the
/// one that has waited longest in the larger of two groups, those without a complete head and those without a complete
/// body. So many idle or slow clients displace each other, but not Zammad.
#[derive(Clone)]
pub struct Connections(Arc<Mutex<Table>>);

struct Table {
    most: usize,
    open: usize,
    next: u64,
    heads: Waiting,
    bodies: Waiting,
}

/// Connections with an incomplete request, in the order in which they began to wait.
type Waiting = BTreeMap<u64, CancellationToken>;

impl Table {
    fn leave(&mut self, turn: u64) {
        self.heads.remove(&turn);
        self.bodies.remove(&turn);
    }
}

/// The entry of one connection in the table; dropping it removes the entry.
pub(super) struct Slot {
    table: Connections,
    turn: u64,
    evicted: CancellationToken,
}

impl Connections {
    /// Creates a table for at most `most` connections.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Table { most, open: 0, next: 0, heads: Waiting::new(), bodies: Waiting::new() })))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection. The token is cancelled when the connection is evicted. `None` if the table is full and every
    /// connection has a complete request.
    pub(super) fn take(&self) -> Option<(Slot, CancellationToken)> {
        let mut table = self.lock();
        if table.open >= table.most {
            // The new connection replaces the evicted one, so `open` does not change; see `drop`.
            let crowd = if table.bodies.len() > table.heads.len() { &mut table.bodies } else { &mut table.heads };
            let (_, evicted) = crowd.pop_first()?;
            evicted.cancel();
        } else {
            table.open += 1;
        }
        drop(table);
        let evicted = CancellationToken::new();
        let mut slot = Slot { table: self.clone(), turn: 0, evicted: evicted.clone() };
        slot.waiting();
        Some((slot, evicted))
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn open(&self) -> usize {
        self.lock().open
    }
}

impl Slot {
    /// Marks the connection as waiting for the head of a request.
    pub(super) fn waiting(&mut self) {
        self.queue(|table| &mut table.heads);
    }

    /// Marks the connection as waiting for the body of a request.
    pub(super) fn body(&mut self) {
        self.queue(|table| &mut table.bodies);
    }

    fn queue(&mut self, among: fn(&mut Table) -> &mut Waiting) {
        let mut table = self.table.lock();
        table.leave(self.turn);
        // The connection may have been evicted meanwhile.
        if self.evicted.is_cancelled() {
            return;
        }
        table.next += 1;
        self.turn = table.next;
        among(&mut table).insert(self.turn, self.evicted.clone());
    }

    /// Marks the connection as having a complete request: it is not evicted until the request is answered.
    pub(super) fn busy(&self) {
        self.table.lock().leave(self.turn);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = self.table.lock();
        if !self.evicted.is_cancelled() {
            table.open -= 1;
        }
        table.leave(self.turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_evicts_whoever_waited_longest() {
        let table = Connections::new(3);
        let places: Vec<_> = (0..3).map(|_| table.take().unwrap()).collect();
        places[0].0.busy();
        let (_fourth, _) = table.take().unwrap();
        let evicted: Vec<bool> = places.iter().map(|(_, token)| token.is_cancelled()).collect();
        assert_eq!(evicted, [false, true, false]);
    }

    #[test]
    fn the_larger_crowd_gives_way_and_the_evicted_have_no_place() {
        let table = Connections::new(2);
        let mut slow = table.take().unwrap();
        slow.0.body();
        let mut half_open = table.take().unwrap();
        let mut third = table.take().unwrap();
        assert!(half_open.1.is_cancelled() && !slow.1.is_cancelled());
        assert_eq!(table.open(), 2);
        half_open.0.body();
        third.0.body();
        drop(half_open);
        let fourth = table.take().unwrap();
        // Two connections wait for a body and none for a head: the older of the two is evicted.
        assert!(slow.1.is_cancelled() && !third.1.is_cancelled() && !fourth.1.is_cancelled());
        assert_eq!(table.open(), 2);
    }

    #[test]
    fn when_all_are_busy_there_is_no_place_until_one_ends() {
        let table = Connections::new(2);
        let places: Vec<_> = (0..2).map(|_| table.take().unwrap()).collect();
        places.iter().for_each(|(slot, _)| slot.busy());
        assert!(table.take().is_none());
        drop(places);
        assert_eq!(table.open(), 0);
        assert!(table.take().is_some());
    }
}
