use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt as _;
use redaction::BoundaryError;
use zammad::{ClientError, Said};

use super::*;
use crate::env::{Entropy, NoEntropy};
use crate::health::ZammadState;
use crate::support::Setup;
use crate::support::verdicts::status;

const HOUR: Duration = Duration::from_secs(3_600);

/// A random source whose jitter is 0.
struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        buffer.fill(0);
        Ok(())
    }
}

/// A task that is woken at once after each step until it is stopped. Its first steps succeed, the others fail; step `stop_at`
/// stops it.
struct Counted {
    env: Env,
    health: Arc<Health>,
    steps: Arc<AtomicU32>,
    succeed: u32,
    stop_at: u32,
    stop: CancellationToken,
}

impl Counted {
    fn new(setup: &Setup, succeed: u32, stop_at: u32) -> Self {
        let env = Env { entropy: Arc::new(Zeros), ..setup.env.clone() };
        let (health, stop) = (Arc::clone(&setup.health), CancellationToken::new());
        Self { env, health, steps: Arc::default(), succeed, stop_at, stop }
    }
}

/// The same for a task that does not need Zammad, and that nobody wakes.
struct WithoutZammad(Counted);

impl Counted {
    async fn count(&self) -> Result<Duration, ReconcileError> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        if step == self.stop_at {
            self.stop.cancel();
        }
        if step <= self.succeed { Ok(HOUR) } else { Err(NoEntropy.into()) }
    }
}

impl Periodic for Counted {
    const NAME: &'static str = "counted";

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        self.count().await
    }

    async fn woken(&self) {
        if self.stop.is_cancelled() {
            std::future::pending::<()>().await;
        }
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn health(&self) -> &Health {
        &self.health
    }
}

impl Periodic for WithoutZammad {
    const NAME: &'static str = "without zammad";
    const NEEDS_ZAMMAD: bool = false;

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        self.0.count().await
    }

    fn env(&self) -> &Env {
        &self.0.env
    }

    fn health(&self) -> &Health {
        &self.0.health
    }
}

/// The steps that a task makes until it waits or ends, and whether it has ended.
async fn steps_of<T: Periodic>(task: T, steps: &Arc<AtomicU32>, stop: &CancellationToken) -> (u32, bool) {
    let mut running = std::pin::pin!(run(task, stop.clone()));
    let has_ended = running.as_mut().now_or_never().is_some();
    let made = steps.load(Ordering::SeqCst);
    if !has_ended {
        stop.cancel();
        running.await;
        assert_eq!(steps.load(Ordering::SeqCst), made, "no step after the stop");
    }
    (made, has_ended)
}

/// A wake-up ends the pause after a success, and none ends the pause after a failure.
#[tokio::test]
async fn a_task_that_is_woken_goes_on_unless_it_failed() {
    for (name, succeed, stop_at, expected) in [
        ("each success is followed by a step", 9, 3, (3, true)),
        ("a failure is followed by its pause", 0, 9, (1, false)),
        ("a failure after successes", 2, 9, (3, false)),
        ("stopped during the last step", 9, 1, (1, true)),
    ] {
        let setup = Setup::new().await;
        let task = Counted::new(&setup, succeed, stop_at);
        let (steps, stop) = (Arc::clone(&task.steps), task.stop.clone());
        assert_eq!(steps_of(task, &steps, &stop).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_task_rests_while_zammad_cannot_be_used_if_it_needs_it() {
    for (state, needing, other) in
        [(ZammadState::Good, 3, 1), (ZammadState::Unreachable, 0, 1), (ZammadState::BotInactive, 0, 1)]
    {
        let setup = Setup::new().await;
        setup.health.zammad(state);
        let task = Counted::new(&setup, 9, 3);
        let (steps, stop) = (Arc::clone(&task.steps), task.stop.clone());
        assert_eq!(steps_of(task, &steps, &stop).await.0, needing, "{state:?}");
        let task = WithoutZammad(Counted::new(&setup, 9, 3));
        let (steps, stop) = (Arc::clone(&task.0.steps), task.0.stop.clone());
        assert_eq!(steps_of(task, &steps, &stop).await.0, other, "{state:?}");
    }
}

/// A step that hangs is cut off; the next process repeats it.
#[tokio::test]
async fn a_step_is_cut_off_by_the_stop() {
    struct Hanging(Env, Arc<Health>);

    impl Periodic for Hanging {
        const NAME: &'static str = "hanging";

        async fn step(&mut self) -> Result<Duration, ReconcileError> {
            std::future::pending().await
        }

        fn env(&self) -> &Env {
            &self.0
        }

        fn health(&self) -> &Health {
            &self.1
        }
    }

    let setup = Setup::new().await;
    let stop = CancellationToken::new();
    let mut running = std::pin::pin!(run(Hanging(setup.env.clone(), Arc::clone(&setup.health)), stop.clone()));
    assert!(running.as_mut().now_or_never().is_none());
    stop.cancel();
    assert!(running.as_mut().now_or_never().is_some());
}

/// The pause doubles with each failure, and is as long as Zammad asks for.
#[tokio::test]
async fn the_pause_after_a_failure_grows() {
    let setup = Setup::new().await;
    let task = Counted::new(&setup, 0, 0);
    let store = || StoreError::Unavailable { operation: "x", code: "SQLITE_FULL".into() }.into();
    let busy = |seconds: Option<u64>| {
        let retry_after = seconds.map(Duration::from_secs);
        let (operation, text, said) = ("x", String::new(), Said::NotZammad);
        ClientError::Status { operation, status: 429, text, said, retry_after }.into()
    };
    let boundary = || BoundaryError::UnknownKind("x".into()).into();
    let rows: [(ReconcileError, u32, u64); 9] = [
        (store(), 1, 500),
        (store(), 2, 1_000),
        (store(), 4, 4_000),
        (boundary(), 40, 150_000),
        (busy(None), 1, 500),
        (busy(Some(30)), 1, 30_000),
        (busy(Some(1)), 4, 4_000),
        (status("x", 403, Said::Other).into(), 1, 500),
        (ClientError::Connect { operation: "x" }.into(), 2, 1_000),
    ];
    for (error, failures, pause) in rows {
        assert_eq!(failed(&task, &error, failures), Duration::from_millis(pause), "{error:?} {failures}");
    }
}

/// Instances that share a database run each task once; another one takes over after two and a half pauses.
#[tokio::test]
async fn one_instance_runs_a_task_until_its_lease_expires() {
    let setup = Setup::new().await;
    for (passes, name, instance, holds) in [
        (0, "drift", "a", true),
        (0, "drift", "b", false),
        (0, "sweep", "b", true),
        (149_000, "drift", "b", false),
        (0, "drift", "a", true),
        (149_000, "drift", "b", false),
        (1_000, "drift", "b", true),
        (0, "drift", "a", false),
    ] {
        setup.pass(passes);
        let held = holds_lease(&setup.store, name, instance, &setup.env).await.unwrap();
        assert_eq!(held, holds, "{name} {instance} after {passes} ms");
    }
}
