//! Log lines that anyone on the network can cause: one of each kind a minute, or they would fill the disk.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// One kind of line.
#[derive(Debug, Default)]
pub(crate) struct OnceAMinute(Mutex<Option<Instant>>);

impl OnceAMinute {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Whether to write the line now; counts it as written.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.saturating_duration_since(last) >= MINUTE);
        if due {
            *last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_once_a_minute() {
        let (line, begin) = (OnceAMinute::new(), Instant::now());
        let due = |seconds| line.is_due(begin + Duration::from_secs(seconds));
        assert_eq!([0, 1, 59, 60, 61, 119, 121].map(due), [true, false, false, true, false, false, true]);
    }
}
