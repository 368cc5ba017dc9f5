//! The clock and the random source. Only this file reads them; everything else takes an [`Env`], so tests control both.

use std::sync::Arc;
use std::time::Duration;

use schema::time::{for_people, parse_rfc3339};
use schema::{Id, UnixMs};

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> UnixMs;
}

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the buffer with unpredictable bytes.
    ///
    /// # Errors
    /// The system cannot provide any; nothing may be signed then.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The system's random source failed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system's random source failed")]
pub struct NoEntropy;

/// The system's clock and random source.
#[derive(Clone, Copy, Debug)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
    fn now(&self) -> UnixMs {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UnixMs(millis(since))
    }
}

/// A duration in milliseconds, at most `i64::MAX`.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(buffer).map_err(|_| NoEntropy)
    }
}

/// Clock and random source.
#[derive(Clone)]
pub struct Env {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub entropy: Arc<dyn Entropy>,
}

impl Env {
    /// The clock and random source of the system.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Arc::new(System), entropy: Arc::new(System) }
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// A new message id.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn new_id(&self) -> Result<Id, NoEntropy> {
        let mut random = [0; 16];
        self.entropy.fill(&mut random)?;
        Ok(Id::new(self.now(), u128::from_le_bytes(random)))
    }

    /// 32 random bits for the jitter of delays; 0 if the random source fails.
    #[must_use]
    pub fn jitter(&self) -> u32 {
        let mut random = [0; 4];
        let _ = self.entropy.fill(&mut random);
        u32::from_le_bytes(random)
    }
}

/// A time that Zammad or Jira wrote, for people: `28 Nov 2026, 01:16 UTC`. A text that is no time stays as it is.
#[must_use]
pub fn readable_time(text: &str) -> String {
    parse_rfc3339(text).map_or_else(|| text.to_owned(), for_people)
}
