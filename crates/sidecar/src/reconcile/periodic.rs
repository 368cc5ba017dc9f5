//! The loop of every periodic task: one step, then a pause; after a failure a growing pause.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Effects, Store, StoreError};
use tokio_util::sync::CancellationToken;
use zammad::Verdict;

use super::ReconcileError;
use crate::env::Env;
use crate::health::Health;

/// A task that runs in steps.
pub(super) trait Periodic: Send {
    /// Name in logs.
    const NAME: &'static str;

    /// Whether a step is useless while Zammad cannot be used.
    const NEEDS_ZAMMAD: bool = true;

    /// One step; returns the pause after it.
    fn step(&mut self) -> impl Future<Output = Result<Duration, ReconcileError>> + Send;

    /// Completes when the pause should end early.
    fn woken(&self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// Clock and randomness.
    fn env(&self) -> &Env;

    /// Receives failures.
    fn health(&self) -> &Health;
}

/// How often a task that waits for Zammad looks whether it is back.
const WAIT_FOR_ZAMMAD: Duration = Duration::from_secs(1);

/// Runs a task until `stop` is cancelled.
#[expect(private_bounds, reason = "the tasks of this module are the only ones")]
pub async fn run<T: Periodic>(mut task: T, stop: CancellationToken) {
    let mut failures = 0;
    loop {
        if T::NEEDS_ZAMMAD && !task.health().is_zammad_up() {
            // A pause that grew during an outage must not go on after it.
            failures = 0;
            tokio::select! {
                () = tokio::time::sleep(WAIT_FOR_ZAMMAD) => continue,
                () = stop.cancelled() => return,
            }
        }
        let step = tokio::select! {
            step = task.step() => step,
            () = stop.cancelled() => return,
        };
        let pause = match step {
            Ok(pause) => {
                failures = 0;
                pause
            }
            Err(error) => {
                failures += 1;
                failed(&task, &error, failures)
            }
        };
        tokio::select! {
            () = task.woken(), if failures == 0 => {}
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Logs a failure and returns the pause after it.
fn failed<T: Periodic>(task: &T, error: &ReconcileError, failures: u32) -> Duration {
    let (what, code) = (T::NAME, error.code());
    // Operator: docs/codes.md explains the code; the task continues by itself.
    tracing::warn!(what, code, failures, error = %error, "reconciliation step failed; retrying");
    let after = match error {
        ReconcileError::Zammad(error) => match error.verdict() {
            Verdict::Retry { after } => after,
            _ => None,
        },
        _ => None,
    };
    backoff::delay(failures, after, task.env().jitter())
}

/// Reads the stored progress of the task `name`; `None` if there is none, or another version stored it in another form.
pub(super) async fn progress<T: DeserializeOwned>(store: &dyn Store, name: &str) -> Result<Option<T>, StoreError> {
    Ok(store.watermark(name).await?.and_then(|json| serde_json::from_str(&json).ok()))
}

/// Stores the progress of the task `name`.
pub(super) async fn keep_progress(store: &dyn Store, name: &str, progress: &impl Serialize) -> Result<(), StoreError> {
    let watermarks = vec![(name.to_owned(), serde_json::to_string(progress).unwrap_or_default())];
    store.record(Effects { watermarks, ..Effects::default() }).await
}

/// Whether this instance holds the lease of the task `name`. Instances that share a database run each task once.
pub(super) async fn holds_lease(
    store: &Arc<dyn Store>,
    name: &str,
    instance: &str,
    env: &Env,
) -> Result<bool, StoreError> {
    /// Two and a half pauses. Short, because a recreated container has another name; if two instances should run at once,
    /// they request the same visits, and the second request is ignored.
    const LEASE_MS: i64 = 150_000;
    Ok(store.acquire_lease(name, instance, env.now(), LEASE_MS).await?.is_some())
}

#[cfg(test)]
#[path = "periodic_tests.rs"]
mod tests;
