//! Time as an argument: the simulators own their clock, tests hold it still.

use std::{
    fmt::Debug,
    future::Future,
    pin::Pin,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use time::OffsetDateTime;
use tokio::sync::watch;

/// Milliseconds since the Unix epoch: the precision that both Zammad and Jira show.
pub type Millis = i64;

/// A future that ends when the awaited moment has come.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a simulator reads the time and waits for it to pass.
pub trait Clock: Debug + Send + Sync {
    /// The present.
    fn now(&self) -> Millis;
    /// Ends at `at`, at once if that has passed.
    fn sleep_until(&self, at: Millis) -> Sleep;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place of devkit that reads the machine's clock")]
    fn now(&self) -> Millis {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
    }

    fn sleep_until(&self, at: Millis) -> Sleep {
        let left = at.saturating_sub(self.now());
        Box::pin(tokio::time::sleep(Duration::from_millis(left.try_into().unwrap_or(0))))
    }
}

/// A clock that moves only by calls. Clones share the time.
#[derive(Clone, Debug)]
pub struct ManualClock(watch::Sender<Millis>);

impl ManualClock {
    /// Standing at `now`.
    #[must_use]
    pub fn at(now: Millis) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Lets time pass and wakes who waited for it.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.saturating_add(millis(by)));
    }
}

impl Default for ManualClock {
    /// A Monday in 2026.
    fn default() -> Self {
        Self::at(1_790_000_000_000)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        *self.0.borrow()
    }

    fn sleep_until(&self, at: Millis) -> Sleep {
        let mut time = self.0.subscribe();
        Box::pin(async move {
            // The clock was dropped and cannot move any more: then nothing wakes.
            if time.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// A duration in whole milliseconds.
#[must_use]
pub fn millis(duration: Duration) -> Millis {
    duration.as_millis().try_into().unwrap_or(Millis::MAX)
}

/// The calendar fields of a moment, clamped to what they can express.
pub(crate) fn calendar(at: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_only_when_moved_far_enough() {
        let clock = ManualClock::at(1_000);
        let mut sleep = clock.sleep_until(1_500);
        clock.advance(Duration::from_millis(499));
        assert!(futures_poll(&mut sleep).await.is_none());
        clock.advance(Duration::from_millis(1));
        sleep.await;
        assert_eq!(clock.now(), 1_500);
    }

    /// One poll, without waiting.
    async fn futures_poll(sleep: &mut Sleep) -> Option<()> {
        std::future::poll_fn(|context| match sleep.as_mut().poll(context) {
            std::task::Poll::Ready(()) => std::task::Poll::Ready(Some(())),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }
}
