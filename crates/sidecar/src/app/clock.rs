//! Notices when the system's clock is set, forward or back. The times of the next attempts that are stored and kept in memory were
//! counted on the clock before, so everything that waits is tried at once instead of minutes or hours too late.

use std::sync::Arc;
use std::time::Duration;

use schema::UnixMs;
use store::{Store, StoreError};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::env::{Env, millis};

const EVERY: Duration = Duration::from_secs(1);
/// A smaller difference is the clock's own correction.
const STEP_MS: i64 = 2_000;
/// Everything is tried once more after this time: work that was under way at the step may have stored a time of the clock before.
const AGAIN: Duration = Duration::from_secs(60);

/// Compares the system's clock with the monotonic one.
pub(super) struct ClockWatch {
    store: Arc<dyn Store>,
    env: Env,
    /// Wakes what waits in memory.
    on_step: Box<dyn Fn() + Send + Sync>,
    every: Duration,
    /// Both clocks at the last look.
    at: Instant,
    time: UnixMs,
}

impl ClockWatch {
    pub(super) fn new(store: Arc<dyn Store>, env: Env, on_step: Box<dyn Fn() + Send + Sync>) -> Self {
        let (at, time) = (Instant::now(), env.now());
        Self { store, env, on_step, every: EVERY, at, time }
    }

    /// Looks every second until `stop` is cancelled.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut again: Option<Instant> = None;
        loop {
            tokio::select! {
                () = sleep(self.every) => {}
                () = stop.cancelled() => return,
            }
            let step_ms = self.look();
            if step_ms.abs() >= STEP_MS {
                // Operator: let NTP keep the clock; while it is more than five minutes wrong, Forge refuses every request.
                tracing::warn!(step_ms, "the system's clock was set; everything that waits is tried now");
                again = Some(self.at + AGAIN);
            } else if again.is_some_and(|due| due <= self.at) {
                again = None;
            } else {
                continue;
            }
            if let Err(error) = retry_all(self.store.as_ref(), &self.env).await {
                // Operator: check free space and permissions of DATA_DIR.
                tracing::warn!(error = %error, "what waits was not made due after the clock was set");
                again = Some(self.at + EVERY);
            }
            (self.on_step)();
        }
    }

    /// Returns by how many milliseconds the clock was set forward (negative: back) since the last look.
    fn look(&mut self) -> i64 {
        let expected = self.time.plus(millis(self.at.elapsed()));
        (self.at, self.time) = (Instant::now(), self.env.now());
        self.time.since(expected)
    }
}

async fn retry_all(store: &dyn Store, env: &Env) -> Result<(), StoreError> {
    store.retry_all_tickets(env.now()).await?;
    store.retry_all_messages(env.now()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::{BatchLimits, Effects, NewMessage, Notification, Settlement};
    use tokio::sync::mpsc;
    use tokio::task::JoinSet;

    use super::*;
    use crate::support::{NOW, Setup};

    const LIMITS: BatchLimits = BatchLimits { messages: 9, bytes: 99_999, per_ticket: 9 };
    const MINUTE: i64 = 60_000;

    /// A ticket and a message that wait for their next attempt at this time.
    async fn wait_until(store: &dyn Store, now: UnixMs, at: UnixMs) {
        let notification =
            Notification { delivery: format!("d{}", at.0), ticket_id: 7, article_id: None, received_at: now };
        store.receive(notification).await.unwrap();
        let lease = store.lease_ticket(now, MINUTE).await.unwrap().unwrap();
        store.retry_ticket(&lease, at, "zammad-error").await.unwrap();
        let (id, body) = (format!("m{}", at.0), "{}".to_owned());
        let kind = "article.added".to_owned();
        store
            .append(vec![NewMessage { id: id.clone(), ticket_id: 8, kind, body, dedup_key: None, created_at: now }])
            .await
            .unwrap();
        let batch = store.claim(now, MINUTE, LIMITS).await.unwrap();
        let retry = Settlement::Retry { at, code: "status".to_owned() };
        store.settle(&batch, vec![(id, retry)], Effects::default(), now).await.unwrap();
    }

    /// The clock is ten minutes ahead for some seconds, or a day, or it is set back; what failed meanwhile waits for a time that
    /// is far away afterwards.
    #[tokio::test]
    async fn everything_that_waits_is_due_when_the_clock_is_set() {
        for step in [10 * MINUTE, -10 * MINUTE, 24 * 60 * MINUTE] {
            let setup = Setup::new().await;
            let (store, stop) = (Arc::clone(&setup.store), CancellationToken::new());
            let (sender, mut woken) = mpsc::unbounded_channel();
            let on_step = Box::new(move || sender.send(()).unwrap_or_default());
            let mut watch = ClockWatch::new(Arc::clone(&store), setup.env.clone(), on_step);
            watch.every = Duration::from_millis(2);
            let mut watching = JoinSet::new();
            watching.spawn(watch.run(stop.clone()));
            setup.pass(step);
            woken.recv().await.unwrap();
            wait_until(store.as_ref(), NOW.plus(step), NOW.plus(step).plus(5 * MINUTE)).await;
            setup.pass(-step);
            woken.recv().await.unwrap();
            let lease = store.lease_ticket(NOW, MINUTE).await.unwrap();
            assert_eq!(lease.map(|lease| lease.ticket_id), Some(7), "step {step}");
            assert_eq!(store.claim(NOW, MINUTE, LIMITS).await.unwrap().rows.len(), 1, "step {step}");
            stop.cancel();
            watching.join_next().await.unwrap().unwrap();
            assert!(woken.try_recv().is_err(), "nothing happens while the clock runs as it should");
        }
    }
}
