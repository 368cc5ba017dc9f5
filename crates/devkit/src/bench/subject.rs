//! The connector under measurement: alone, with a Zammad and a Forge that take connections and never answer.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, io::Read as _, io::Write as _, thread};

use serde::Deserialize;
use tokio::time::Instant;

use super::report::unexpected;
use crate::harness::{HarnessError, io};

/// Signs the webhooks.
pub(super) const TOKEN: &str = "webhook-token-of-the-bench-91d4";
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// A folder beside the program, removed in the end. Not in /tmp, which may live in memory, where durability is free.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Result<Self, HarnessError> {
        let path = beside(&format!("bench-{name}-{}", std::process::id()))?;
        fs::create_dir_all(&path).map_err(io("bench folder"))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A path in the folder that this program is in.
pub(super) fn beside(name: &str) -> Result<PathBuf, HarnessError> {
    let own = std::env::current_exe().map_err(io("own path"))?;
    Ok(own.parent().unwrap_or(&own).join(name))
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> Result<SocketAddr, HarnessError> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(io("free port"))?;
    listener.local_addr().map_err(io("free port"))
}

/// The environment variables of the shipped image, which tell the C library how to use memory.
pub(super) fn image_variables() -> Result<BTreeMap<String, String>, HarnessError> {
    #[derive(Deserialize)]
    struct Image {
        env: BTreeMap<String, String>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sidecar-image/image.toml");
    let text = fs::read_to_string(path).map_err(io("image.toml"))?;
    let image: Image = toml::from_str(&text).map_err(|error| unexpected(error.to_string()))?;
    Ok(image.env)
}

/// Memory of a process in MiB, by the name of the line in its status; none after its end.
pub(super) fn memory(process: u32, which: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(which))?;
    line.split_ascii_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1_024.0)
}

/// A running connector; killed when dropped.
pub(super) struct Subject {
    pub(super) address: SocketAddr,
    /// From just before its start to the first 200 of /livez.
    pub(super) ready: Duration,
    child: Child,
    // Its backlog takes the connections.
    _silent: TcpListener,
}

impl Subject {
    /// Starts it on a data directory, on these cores, and waits until it lives. It logs as shipped, but to nowhere:
    /// what a log costs depends on who collects it.
    pub(super) fn start(data: &Folder, cores: &str, more: &[(&str, &str)]) -> Result<Self, HarnessError> {
        let silent = TcpListener::bind("127.0.0.1:0").map_err(io("silent port"))?;
        let unanswered = format!("http://{}", silent.local_addr().map_err(io("silent port"))?);
        let address = free_port()?;
        let connector = beside("connector")?;
        let mut command = Command::new("taskset");
        command.args(["-c", cores]).arg(&connector).arg("serve").env_clear();
        command.env("PATH", "/usr/bin:/bin").envs([
            ("ENVIRONMENT", "development"),
            ("FORGE_SHARED_SECRET", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            ("FORGE_INSTALL_ID", "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11"),
            ("FORGE_WEBTRIGGER_URL", &unanswered),
            ("ZAMMAD_URL", &unanswered),
            ("ZAMMAD_API_TOKEN", "token-of-the-bot-0123456789"),
            ("ZAMMAD_WEBHOOK_TOKEN", TOKEN),
            ("PUBLIC_URL", "http://127.0.0.1:1"),
            ("LISTEN_ADDR", &address.to_string()),
            ("INSTANCE", "bench"),
        ]);
        command
            .envs(image_variables()?)
            .env("DATA_DIR", &data.0)
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let began = Instant::now();
        let child = command.spawn().map_err(io("starting connector"))?;
        let mut subject = Self { address, ready: Duration::ZERO, child, _silent: silent };
        loop {
            if get(address, "/livez").is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                subject.ready = began.elapsed();
                return Ok(subject);
            }
            if let Ok(Some(status)) = subject.child.try_wait() {
                return Err(unexpected(format!("connector ended: {status}")));
            }
            if began.elapsed() > STARTS_WITHIN {
                return Err(unexpected("connector did not start in time"));
            }
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// The process: taskset replaces itself with the program that it starts.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Memory in MiB: `VmRSS` now, `VmHWM` the most so far.
    pub(super) fn memory(&self, which: &str) -> f64 {
        memory(self.id(), which).unwrap_or(f64::NAN)
    }

    /// Waiting notifications.
    pub(super) fn inbox(&self) -> u64 {
        let answer = get(self.address, "/readyz").unwrap_or_default();
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        let report: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        report["queue"]["inbox"].as_u64().unwrap_or_default()
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole response, if the program responds.
fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
