//! The simulator as a process.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result, ensure};

use xtask::run::{program, root, target_dir};

/// Login and password of the simulator's administrator.
pub(super) const ADMIN: (&str, &str) = ("admin@example.com", "Admin-Pw1");

/// A running simulator; dropping it ends the process.
pub(super) struct Simulator {
    process: Child,
    /// Its address.
    pub(super) url: String,
}

impl Simulator {
    pub(super) fn start() -> Result<Self> {
        let mut sim = program(&root().join(target_dir()).join("debug/devkit").to_string_lossy());
        // Soon after a write, but late enough that two immediate writes are both in the webhook.
        sim.args(["zammad-sim", "--first-delivery", "500"]).stdout(Stdio::piped());
        let process = sim.spawn().context("the simulator cannot be started; is devkit built?")?;
        let mut started = Self { process, url: String::new() };
        let out = started.process.stdout.take().context("the simulator has no output")?;
        BufReader::new(out).read_line(&mut started.url)?;
        started.url = started.url.trim().to_owned();
        ensure!(!started.url.is_empty(), "the simulator did not start");
        Ok(started)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
