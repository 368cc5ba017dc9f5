//! The sidecar as a child process: started, killed, stopped, its log kept.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Built, HarnessError, io};

const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// A running sidecar; dropping it kills the process.
#[derive(Debug)]
pub struct Connector {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    log: Arc<Mutex<String>>,
    _reader: JoinSet<()>,
}

impl Connector {
    /// Starts `connector serve` with exactly these settings in its environment.
    ///
    /// # Errors
    /// It cannot be started, or ends before it listens; the text has its exit code and standard error.
    pub async fn start(built: &Built, settings: &BTreeMap<String, String>) -> Result<Self, HarnessError> {
        let mut child = command(built, settings, &["serve"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(io("starting connector"))?;
        let log = Arc::new(Mutex::new(String::new()));
        let (listening, mut started) = watch::channel(None);
        let mut reader = JoinSet::new();
        if let Some(out) = child.stdout.take() {
            let log = Arc::clone(&log);
            reader.spawn(async move {
                let mut lines = BufReader::new(out).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    if let Some(address) = listen_of(&line) {
                        let _ = listening.send(Some(address));
                    }
                    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                    log.push_str(&line);
                    log.push('\n');
                }
            });
        }
        let started = tokio::time::timeout(STARTS_WITHIN, started.wait_for(Option::is_some)).await;
        if let Ok(Ok(found)) = started
            && let Some(address) = *found
        {
            return Ok(Self { address, child, log, _reader: reader });
        }
        let mut stderr = String::new();
        let _ = child.start_kill();
        if let Some(mut errors) = child.stderr.take() {
            let _ = errors.read_to_string(&mut stderr).await;
        }
        let status = child.wait().await.map_err(io("waiting for connector"))?;
        Err(HarnessError::Unexpected(format!("connector did not start ({status}): {stderr}")))
    }

    /// Runs another verb to its end: exit status, standard output, standard error.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn run(
        built: &Built,
        settings: &BTreeMap<String, String>,
        arguments: &[&str],
    ) -> Result<(ExitStatus, String, String), HarnessError> {
        let output = command(built, settings, arguments).output().await.map_err(io("running connector"))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((output.status, text(output.stdout), text(output.stderr)))
    }

    /// SIGKILL, and waits for the end.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub async fn kill(mut self) -> Result<(), HarnessError> {
        self.child.kill().await.map_err(io("killing connector"))
    }

    /// The process id, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// The process cannot be signalled or waited for.
    pub async fn stop(&mut self) -> Result<ExitStatus, HarnessError> {
        self.signal("-TERM").await?;
        self.child.wait().await.map_err(io("waiting for connector"))
    }

    /// Sends a signal, e.g. `-STOP`, to this one process.
    ///
    /// # Errors
    /// There is no such process any more.
    pub async fn signal(&self, signal: &str) -> Result<(), HarnessError> {
        let id = self.child.id().ok_or_else(|| HarnessError::Unexpected("connector has ended".into()))?;
        let sent = Command::new("kill").args([signal, &id.to_string()]).status().await.map_err(io("kill"))?;
        if sent.success() { Ok(()) } else { Err(HarnessError::Unexpected("kill failed".into())) }
    }

    /// Whether a signal has stopped all its threads: `kill` returns before `-STOP` takes effect.
    ///
    /// # Errors
    /// There is no such process any more.
    pub fn is_stopped(&self) -> Result<bool, HarnessError> {
        let id = self.child.id().ok_or_else(|| HarnessError::Unexpected("connector has ended".into()))?;
        for thread in std::fs::read_dir(format!("/proc/{id}/task")).map_err(io("reading its threads"))? {
            let path = thread.map_err(io("reading its threads"))?.path().join("stat");
            let stat = std::fs::read_to_string(path).map_err(io("reading a thread's state"))?;
            // `pid (name) state …`; the name may hold anything, so the last bracket ends it.
            if !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T')) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The log so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn command(built: &Built, settings: &BTreeMap<String, String>, arguments: &[&str]) -> Command {
    let mut command = Command::new(&built.connector);
    command.args(arguments).env_clear().envs(settings).stdin(Stdio::null());
    command
}

/// The address in the log line of the sidecar's start.
fn listen_of(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["listen"].as_str()?.parse().ok()
}
