//! Starts tasks, notices when one exits, and stops them: first by request, then by force.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long tasks may take to finish. Docker sends SIGKILL 10 s after SIGTERM.
const GRACE_PERIOD: Duration = Duration::from_secs(8);

/// The set of running tasks.
pub struct Tasks {
    set: JoinSet<&'static str>,
    stop: CancellationToken,
}

impl Tasks {
    /// An empty set; cancelling `stop` asks every task to exit.
    #[must_use]
    pub fn new(stop: CancellationToken) -> Self {
        Self { set: JoinSet::new(), stop }
    }

    /// Starts a task. If it exits before `stop` is cancelled, the process stops.
    pub fn start(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(async move {
            task.await;
            name
        });
    }

    /// Runs until a signal or until a task exits, then stops everything. Returns false if a task exited.
    pub async fn run(mut self, on_stop: impl FnOnce()) -> bool {
        let exited = tokio::select! {
            () = stop_signal() => None,
            () = self.stop.cancelled() => None,
            ended = self.set.join_next() => ended,
        };
        if let Some(ended) = &exited {
            // The text of a panic is not printed: it may quote content.
            let what = ended.as_ref().map_or("a task panicked", |name| name);
            // Operator: the container restarts the process; report the log lines before this one if it happens again.
            tracing::error!(what, "task exited unexpectedly, stopping");
        }
        on_stop();
        self.stop.cancel();
        let all = async { while self.set.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE_PERIOD, all).await.is_err() {
            // Operator: nothing to do; unfinished work is repeated after the start.
            tracing::warn!(count = self.set.len(), "tasks did not stop in time and are aborted");
            self.set.shutdown().await;
        }
        exited.is_none()
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
