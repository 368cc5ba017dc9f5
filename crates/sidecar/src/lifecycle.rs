//! Starting tasks, noticing their death, and stopping: softly first, then for good.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long tasks may finish what they are at. Docker sends SIGKILL 10 s after SIGTERM.
const SOFT: Duration = Duration::from_secs(8);

/// The tracked set of tasks.
pub struct Tasks {
    set: JoinSet<&'static str>,
    stop: CancellationToken,
}

impl Tasks {
    /// An empty set; cancelling `stop` asks every task to end.
    #[must_use]
    pub fn new(stop: CancellationToken) -> Self {
        Self { set: JoinSet::new(), stop }
    }

    /// Starts a task. One that ends before it was asked to is a fault that stops the process.
    pub fn start(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(async move {
            task.await;
            name
        });
    }

    /// Runs until a signal or the death of a task, then stops everything. `false` if it was a death.
    pub async fn run(mut self, on_stop: impl FnOnce()) -> bool {
        let died = tokio::select! {
            () = stop_signal() => None,
            () = self.stop.cancelled() => None,
            ended = self.set.join_next() => ended,
        };
        if let Some(ended) = &died {
            // A panic's own text is not printed: it may quote what the task was working on.
            let what = ended.as_ref().map_or("a task panicked", |name| name);
            tracing::error!(what, "a task ended unasked; stopping");
        }
        on_stop();
        self.stop.cancel();
        let all = async { while self.set.join_next().await.is_some() {} };
        if tokio::time::timeout(SOFT, all).await.is_err() {
            tracing::warn!(count = self.set.len(), "tasks did not end in time and are dropped");
            self.set.shutdown().await;
        }
        died.is_none()
    }
}

async fn stop_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without handlers the default action ends the process, which loses nothing.
        return std::future::pending().await;
    };
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tracing::info!(signal = name, "stopping");
}
