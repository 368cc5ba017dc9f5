//! An envelope opened inside the wasm module, in the Node that Forge runs.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::load::average;
use super::report::{print_line, unexpected};
use crate::harness::{HarnessError, io};

const SCRIPT: &str = include_str!("open.mjs");

pub(super) async fn run() -> Result<(), HarnessError> {
    let app = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../forge-app");
    let own = app.join("node_modules/.bin/node");
    let node = if own.exists() { own } else { PathBuf::from("node") };
    let mut command = Command::new(node);
    command.args(["--input-type=module", "-", "src/wasm"]).current_dir(&app).stdin(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().map_err(io("starting node"))?;
    if let Some(mut script) = child.stdin.take() {
        script.write_all(SCRIPT.as_bytes()).await.map_err(io("the script for node"))?;
    }
    let status = child.wait().await.map_err(io("waiting for node"))?;
    print_line(&format!("load {}", average()));
    if status.success() {
        Ok(())
    } else {
        Err(unexpected(format!("node ended: {status}; `cargo xtask wasm` makes the module")))
    }
}
