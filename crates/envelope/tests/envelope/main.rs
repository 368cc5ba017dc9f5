//! The envelope against the published vectors, and against anything else.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod properties;
mod vectors;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use envelope::{ClaimError, InstallId, KeyRing, Nonce, NonceClaim, Refusal, Sealed};

/// A nonce memory with a lifetime, a capacity and a clock of its own.
pub(crate) struct Nonces {
    pub(crate) now: RefCell<i64>,
    pub(crate) capacity: usize,
    pub(crate) claimed: RefCell<BTreeMap<String, i64>>,
}

impl Nonces {
    pub(crate) fn at(now: i64) -> Self {
        Self { now: RefCell::new(now), capacity: usize::MAX, claimed: RefCell::default() }
    }
}

impl NonceClaim for Nonces {
    async fn claim(&self, nonce: &Nonce, ttl_seconds: u32) -> Result<(), ClaimError> {
        let now = *self.now.borrow();
        let mut claimed = self.claimed.borrow_mut();
        claimed.retain(|_, until| *until > now);
        if claimed.contains_key(nonce.as_str()) {
            return Err(ClaimError::Seen);
        }
        if claimed.len() >= self.capacity {
            return Err(ClaimError::Unavailable);
        }
        claimed.insert(nonce.as_str().to_owned(), now + i64::from(ttl_seconds));
        Ok(())
    }
}

/// A request of the sidecar: header pairs and a body.
pub(crate) type Wire = (Vec<(String, String)>, Vec<u8>);

/// The verifier's whole path; `Ok` carries the opened body.
pub(crate) fn open(
    ring: &KeyRing,
    wire: &Wire,
    install: &InstallId,
    now: i64,
    nonces: &Nonces,
) -> Result<String, Refusal> {
    let pairs = wire.0.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let sealed = Sealed::parse(pairs, &wire.1)?;
    match pin!(ring.open(&sealed, install, now, nonces)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.map(|verified| verified.body().to_owned()),
        Poll::Pending => panic!("this nonce store answers at once"),
    }
}
