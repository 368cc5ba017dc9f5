//! The one place that reads the clock and the one that draws randomness; everything else is handed them.

use std::sync::Arc;

use schema::{Id, UnixMs};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UnixMs;
}

/// Fills buffers with random bytes.
pub trait Entropy: Send + Sync {
    /// Random bytes, unpredictable ones.
    ///
    /// # Errors
    /// The system has none to give; nothing may be signed then.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The system's random source gave nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system's random source gave nothing")]
pub struct NoEntropy;

/// The system's clock and random source.
#[derive(Clone, Copy, Debug)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> UnixMs {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(buffer).map_err(|_| NoEntropy)
    }
}

/// Both, as they are handed around.
#[derive(Clone)]
pub struct Env {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub entropy: Arc<dyn Entropy>,
}

impl Env {
    /// The system's.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Arc::new(System), entropy: Arc::new(System) }
    }

    /// Now.
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

    /// 32 random bits for jitter, where a predictable value would only spread load less well.
    #[must_use]
    pub fn jitter(&self) -> u32 {
        let mut random = [0; 4];
        let _ = self.entropy.fill(&mut random);
        u32::from_le_bytes(random)
    }
}

/// A time as the wire and the logs write it.
#[must_use]
pub fn rfc3339(at: UnixMs) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// A time as Zammad (`…Z`), Jira (`…+0100`) or RFC 3339 writes it.
#[must_use]
pub fn instant(text: &str) -> Option<UnixMs> {
    let bare_offset =
        text.len() > 5 && text.is_char_boundary(text.len() - 5) && text[text.len() - 5..].starts_with(['+', '-']);
    let at = if bare_offset {
        let (time, minutes) = text.split_at(text.len() - 2);
        OffsetDateTime::parse(&format!("{time}:{minutes}"), &Rfc3339)
    } else {
        OffsetDateTime::parse(text, &Rfc3339)
    };
    i64::try_from(at.ok()?.unix_timestamp_nanos() / 1_000_000).ok().map(UnixMs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_time_is_read() {
        assert_eq!(instant("2026-11-24T09:15:30.123+0100"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant("2026-11-24T08:15:30.123Z"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant(&rfc3339(UnixMs(1_795_508_130_123))), Some(UnixMs(1_795_508_130_123)));
        for bad in ["", "+0100", "yesterday", "2026-11-24", "é0100", "2026-13-24T09:15:30.123+0100"] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }
}
