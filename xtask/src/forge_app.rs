//! The Forge app: its npm packages, the inlined core, lint, bundle, tests.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;

use crate::run::{is_there, program, root, step};
use crate::{setup, wasm};

/// The sources of the wasm module, one a line. The end-to-end tests read the same list.
const SOURCES: &str = include_str!("../wasm/sources.txt");
/// The last file that `cargo xtask wasm` writes.
const MADE: &str = "forge-app/src/wasm/core.d.ts";

/// Lint, bundle, tests, tests in a browser.
///
/// # Errors
/// The first of them that fails.
pub fn run() -> Result<()> {
    lint()?;
    bundle()?;
    npm_run("test")?;
    browser()?;
    npm_run("test:browser")
}

/// The browser of the tests of pages; other tests need it too.
///
/// # Errors
/// It is missing and cannot be installed.
pub fn browser() -> Result<()> {
    if is_there("chromium") { Ok(()) } else { setup::debian(&["chromium"]) }
}

/// The bundle, without lint and tests.
///
/// # Errors
/// A step fails.
pub fn bundle() -> Result<()> {
    ready()?;
    npm_run("bundle")
}

fn lint() -> Result<()> {
    ready()?;
    npm_run("lint")
}

fn ready() -> Result<()> {
    setup::npm()?;
    let made = newest(&root().join(MADE));
    let sources = SOURCES.lines().filter_map(|source| newest(&root().join(source))).max();
    if made.is_none() || sources > made {
        wasm::build()?;
    }
    Ok(())
}

fn npm_run(script: &str) -> Result<()> {
    let mut npm = program("npm");
    npm.args(["run", "--silent", script]).current_dir(root().join("forge-app"));
    step(&format!("npm run {script}"), &mut npm)
}

/// When a file, or any file below a folder, was last written.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_file() {
        return path.metadata().and_then(|metadata| metadata.modified()).ok();
    }
    fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path())).max()
}
