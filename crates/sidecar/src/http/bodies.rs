//! The memory for request bodies. A signature is verified after its body was read, so anyone can send large bodies: senders of
//! whom no webhook was verified share a part of the memory, and leave the rest to Zammad.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Maximum bytes of a request body. A valid article was seen to make a webhook of 8.4 MB (docs/platforms/zammad.md §6.2).
pub const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// Maximum bytes of all request bodies in memory together.
pub const BODIES_TOGETHER: usize = 32 * 1024 * 1024;
/// The part of `BODIES_TOGETHER` for the first `BEGINNING` bytes of each body; the bytes after them use the rest. So large
/// bodies use up only the rest: a usual webhook, a tenth of `BEGINNING`, is still received.
const FOR_BEGINNINGS: usize = 4 * 1024 * 1024;
const BEGINNING: usize = 64 * 1024;
/// The part of the memory that unverified senders may use together: of beginnings, and of the rest, which suffices for the
/// largest webhook that was seen.
const UNVERIFIED_BEGINNINGS: usize = 2 * 1024 * 1024;
const UNVERIFIED_REST: usize = 12 * 1024 * 1024;
/// A body grows in steps of this size.
const STEP: usize = 1024 * 1024;
/// Verified senders that are remembered. Zammad has a few addresses; more are forgotten and verified again.
const MOST_SENDERS: usize = 256;

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

/// Bytes of memory for one class of senders.
#[derive(Clone)]
struct Budget {
    beginnings: Arc<Semaphore>,
    rest: Arc<Semaphore>,
}

impl Budget {
    fn new(beginnings: usize, rest: usize) -> Self {
        Self { beginnings: Arc::new(Semaphore::new(beginnings)), rest: Arc::new(Semaphore::new(rest)) }
    }

    /// Takes `more` bytes for a body that will have `capacity` bytes.
    fn take(&self, capacity: usize, more: u32) -> Result<OwnedSemaphorePermit, BodyError> {
        let budget = if capacity <= BEGINNING { &self.beginnings } else { &self.rest };
        Arc::clone(budget).try_acquire_many_owned(more).map_err(|_| BodyError::NoRoom)
    }
}

/// The memory budget of all request bodies.
#[derive(Clone)]
pub struct Bodies {
    all: Budget,
    unverified: Budget,
    senders: Arc<Mutex<BTreeSet<IpAddr>>>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            all: Budget::new(FOR_BEGINNINGS, BODIES_TOGETHER - FOR_BEGINNINGS),
            unverified: Budget::new(UNVERIFIED_BEGINNINGS, UNVERIFIED_REST),
            senders: Arc::default(),
        }
    }
}

impl Bodies {
    /// Reads a body from this address (`None` if it is unknown). Memory is reserved as bytes arrive, so a client must send the
    /// bytes that it wants to occupy.
    pub(super) async fn read(&self, mut body: Body, sender: Option<IpAddr>) -> Result<Held, BodyError> {
        let is_verified = sender.is_some_and(|sender| self.lock().contains(&sender));
        let mut held = Held::default();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            self.append(&mut held, &data, is_verified)?;
        }
        Ok(held)
    }

    /// A webhook from this address was verified.
    pub(super) fn verified(&self, sender: Option<IpAddr>) {
        let mut senders = self.lock();
        if senders.len() >= MOST_SENDERS {
            senders.clear();
        }
        senders.extend(sender);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<IpAddr>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, held: &mut Held, data: &Bytes, is_verified: bool) -> Result<(), BodyError> {
        let needed = held.bytes.len() + data.len();
        if needed > LARGEST_BODY {
            return Err(BodyError::TooLarge);
        }
        if needed > held.bytes.capacity() {
            let doubled = needed.next_power_of_two().max(8 * 1024);
            let capacity = if doubled <= STEP { doubled } else { needed.next_multiple_of(STEP).min(LARGEST_BODY) };
            let more = u32::try_from(capacity - held.bytes.capacity()).map_err(|_| BodyError::TooLarge)?;
            if !is_verified {
                held.shares.push(self.unverified.take(capacity, more)?);
            }
            held.shares.push(self.all.take(capacity, more)?);
            held.bytes.reserve_exact(capacity - held.bytes.len());
        }
        held.bytes.extend_from_slice(data);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ZAMMAD: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    const STRANGER: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));

    async fn read(bodies: &Bodies, size: usize, sender: Option<IpAddr>) -> Result<Held, BodyError> {
        bodies.read(Body::from(vec![b'x'; size]), sender).await
    }

    #[tokio::test]
    async fn bodies_together_stay_within_their_memory() {
        let bodies = Bodies::default();
        bodies.verified(ZAMMAD);
        let first = read(&bodies, LARGEST_BODY, ZAMMAD).await.ok().unwrap();
        assert_eq!(read(&bodies, LARGEST_BODY, ZAMMAD).await.err(), Some(BodyError::NoRoom));
        // Small bodies are still read, up to the part of the budget that is kept for them.
        let mut usual = Vec::new();
        while let Ok(held) = read(&bodies, BEGINNING, ZAMMAD).await {
            usual.push(held);
        }
        assert_eq!(usual.len(), FOR_BEGINNINGS / BEGINNING);
        drop(usual);
        drop(first);
        assert!(read(&bodies, LARGEST_BODY, ZAMMAD).await.is_ok());
        assert_eq!(read(&bodies, LARGEST_BODY + 1, ZAMMAD).await.err(), Some(BodyError::TooLarge));
        assert!(read(&bodies, 0, ZAMMAD).await.is_ok_and(|held| held.bytes.is_empty()));
    }

    /// However many bodies strangers send, a verified sender has room for the largest webhook and for usual ones.
    #[tokio::test]
    async fn strangers_leave_room_for_verified_senders() {
        for size in [BEGINNING, 1_000_000, 5_000_000] {
            let bodies = Bodies::default();
            bodies.verified(ZAMMAD);
            let mut occupied = Vec::new();
            while let Ok(held) = read(&bodies, size, STRANGER).await {
                occupied.push(held);
            }
            assert!(!occupied.is_empty());
            assert!(read(&bodies, LARGEST_BODY, ZAMMAD).await.is_ok(), "{size}");
            let mut usual = Vec::new();
            while let Ok(held) = read(&bodies, BEGINNING, ZAMMAD).await {
                usual.push(held);
            }
            assert!(usual.len() * BEGINNING >= FOR_BEGINNINGS - UNVERIFIED_BEGINNINGS, "{size}");
        }
    }

    /// The first webhook after a start may be a large one.
    #[tokio::test]
    async fn the_largest_webhook_that_was_seen_needs_no_verified_sender() {
        let bodies = Bodies::default();
        assert!(read(&bodies, 8_400_000, None).await.is_ok());
        assert_eq!(read(&bodies, LARGEST_BODY, None).await.err(), Some(BodyError::NoRoom));
    }

    #[test]
    fn senders_are_forgotten_rather_than_kept_without_end() {
        let bodies = Bodies::default();
        for last in 0..=MOST_SENDERS {
            bodies.verified(Some(IpAddr::V4(Ipv4Addr::from(u32::try_from(last).unwrap()))));
        }
        assert!((1..=MOST_SENDERS).contains(&bodies.lock().len()));
    }
}
