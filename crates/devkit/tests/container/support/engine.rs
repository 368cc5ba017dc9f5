//! A Docker engine of the test's own: its socket and its data in a temporary folder, no network but the host's.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::kit::run;

/// Nothing here takes this long unless it is broken.
pub(crate) const LONG: Duration = Duration::from_secs(90);

pub(crate) struct Engine {
    daemon: Child,
    folder: TempDir,
}

impl Engine {
    pub(crate) async fn start() -> Self {
        // A socket's path may have 107 bytes at most.
        let folder = tempfile::Builder::new().prefix("engine").tempdir_in("/tmp").unwrap();
        let at = |name: &str| folder.path().join(name);
        let log = std::fs::File::create(at("log")).unwrap();
        let mut daemon = Command::new("dockerd");
        daemon
            .arg("--host")
            .arg(format!("unix://{}", at("sock").display()))
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("--pidfile")
            .arg(at("pid"))
            .args(["--bridge", "none", "--iptables=false", "--ip6tables=false"]);
        daemon.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).kill_on_drop(true);
        let daemon = daemon.spawn().unwrap_or_else(|error| panic!("dockerd: {error}: apt-get install docker.io"));
        let engine = Self { daemon, folder };
        let ready = async {
            while !engine.docker(&["info"]).output().await.unwrap().status.success() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        if tokio::time::timeout(LONG, ready).await.is_err() {
            panic!("no engine: {}", std::fs::read_to_string(engine.folder.path().join("log")).unwrap_or_default());
        }
        engine
    }

    /// `docker` with this engine.
    pub(crate) fn docker(&self, arguments: &[&str]) -> Command {
        let mut docker = Command::new("docker");
        docker.env("DOCKER_HOST", self.host()).env("DOCKER_CONFIG", self.folder.path()).args(arguments);
        docker.stdin(Stdio::null());
        docker
    }

    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("sock").display())
    }

    /// Loads an image's archive.
    pub(crate) async fn load(&self, archive: &Path) {
        run(self.docker(&["load", "--input"]).arg(archive)).await;
    }

    /// One value of what the engine knows of a container or an image.
    pub(crate) async fn inspect(&self, what: &str, format: &str) -> Value {
        let text = run(&mut self.docker(&["inspect", "--format", &format!("{{{{json {format}}}}}"), what])).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what} {format}: {error}: {text}"))
    }

    /// Both streams of a container's log.
    pub(crate) async fn logs(&self, container: &str) -> String {
        let output = self.docker(&["logs", container]).output().await.unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }

    /// Looks until the engine itself calls the container healthy.
    pub(crate) async fn healthy(&self, container: &str) {
        let healthy = async {
            while self.inspect(container, ".State.Health.Status").await != "healthy" {
                assert_eq!(self.inspect(container, ".State.Running").await, true, "{}", self.logs(container).await);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        if tokio::time::timeout(LONG, healthy).await.is_err() {
            let seen = self.inspect(container, ".State.Health").await;
            panic!("never healthy: {seen}\n{}", self.logs(container).await);
        }
    }

    /// Ends the engine and what runs in it.
    pub(crate) async fn stop(mut self) {
        let containers = run(&mut self.docker(&["ps", "--all", "--quiet"])).await;
        for container in containers.lines() {
            run(&mut self.docker(&["rm", "--force", "--volumes", container])).await;
        }
        let id = self.daemon.id().unwrap().to_string();
        run(Command::new("kill").args(["-TERM", &id])).await;
        tokio::time::timeout(LONG, self.daemon.wait()).await.unwrap().unwrap();
    }
}
