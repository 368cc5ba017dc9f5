//! Limits of open connections and of the memory for request bodies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Maximum bytes of a request body. A valid article was seen to make a webhook of 8.4 MB (docs/platforms/zammad.md §6.2).
pub const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// Maximum bytes of all request bodies in memory together.
pub const BODIES_TOGETHER: usize = 32 * 1024 * 1024;
/// The part of `BODIES_TOGETHER` for the first `BEGINNING` bytes of each body; the bytes after them use the rest. A signature
/// is verified after its body was read, so anyone can send large bodies. These use up only the rest: a usual webhook, a tenth
/// of `BEGINNING`, is still received.
const FOR_BEGINNINGS: usize = 4 * 1024 * 1024;
const BEGINNING: usize = 64 * 1024;
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

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// Larger than [`LARGEST_BODY`].
    TooLarge,
    /// The memory for bodies is used up at the moment.
    NoRoom,
    /// The client was too slow or went away.
    Broken,
}

/// A body in memory, with its part of the memory budget.
#[derive(Default)]
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    shares: Vec<OwnedSemaphorePermit>,
}

/// The memory budget of all request bodies.
#[derive(Clone)]
pub struct Bodies {
    beginnings: Arc<Semaphore>,
    rest: Arc<Semaphore>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            beginnings: Arc::new(Semaphore::new(FOR_BEGINNINGS)),
            rest: Arc::new(Semaphore::new(BODIES_TOGETHER - FOR_BEGINNINGS)),
        }
    }
}

impl Bodies {
    /// Reads a body. Memory is reserved as bytes arrive, so a client must send the bytes that it wants to occupy.
    pub(super) async fn read(&self, mut body: Body) -> Result<Held, BodyError> {
        let mut held = Held::default();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            self.append(&mut held, &data)?;
        }
        Ok(held)
    }

    fn append(&self, held: &mut Held, data: &Bytes) -> Result<(), BodyError> {
        let needed = held.bytes.len() + data.len();
        if needed > LARGEST_BODY {
            return Err(BodyError::TooLarge);
        }
        if needed > held.bytes.capacity() {
            let capacity = needed.next_power_of_two().clamp(8 * 1024, LARGEST_BODY);
            let budget = if capacity <= BEGINNING { &self.beginnings } else { &self.rest };
            let more = u32::try_from(capacity - held.bytes.capacity()).map_err(|_| BodyError::TooLarge)?;
            held.shares.push(Arc::clone(budget).try_acquire_many_owned(more).map_err(|_| BodyError::NoRoom)?);
            held.bytes.reserve_exact(capacity - held.bytes.len());
        }
        held.bytes.extend_from_slice(data);
        Ok(())
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

    #[tokio::test]
    async fn bodies_together_stay_within_their_memory() {
        let bodies = Bodies::default();
        let read = |size: usize| bodies.read(Body::from(vec![b'x'; size]));
        let first = read(LARGEST_BODY).await.ok().unwrap();
        assert_eq!(read(LARGEST_BODY).await.err(), Some(BodyError::NoRoom));
        // Small bodies are still read, up to the part of the budget that is kept for them.
        let mut usual = Vec::new();
        while let Ok(held) = read(BEGINNING).await {
            usual.push(held);
        }
        assert_eq!(usual.len(), FOR_BEGINNINGS / BEGINNING);
        drop(usual);
        drop(first);
        assert!(read(LARGEST_BODY).await.is_ok());
        assert_eq!(read(LARGEST_BODY + 1).await.err(), Some(BodyError::TooLarge));
        assert!(read(0).await.is_ok_and(|held| held.bytes.is_empty()));
    }
}
