//! Prerequisites: installed where that can be done, named in one line where it cannot.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run::{cargo, is_on_path, is_there, output, program, root, step};

/// Debian packages, through apt when we are root on a Debian.
pub fn debian(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    if !is_root || !is_there("apt-get") {
        bail!("install these first: apt-get install {}", missing.join(" "));
    }
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        command
    };
    // Package lists may be old or missing; an update that fails is told by the install after it.
    let _ = step("apt-get update", &mut apt(&["update", "-qq"]));
    step("apt-get install", apt(&["install", "-y", "-qq", "--no-install-recommends"]).args(&missing))
}

fn is_installed(package: &str) -> bool {
    output(Command::new("dpkg-query").args(["-W", "-f", "${Status}", package]))
        .is_ok_and(|status| status.ends_with("ok installed"))
}

/// A cargo subcommand, built from the registry if it is not there. Another version that is there will do; what we bring
/// is one that is known to build with our toolchain.
pub fn cargo_tool(name: &str, version: &str) -> Result<()> {
    if is_on_path(name) {
        return Ok(());
    }
    // A directory of its own: this build must not share or invalidate the workspace's.
    let target = crate::run::target_dir().join("tools");
    let mut install = cargo();
    install.args(["install", "--locked", &format!("{name}@{version}"), "--target-dir"]).arg(target);
    // It runs for seconds and is built once: building it well would take longer than it ever saves.
    for (setting, value) in [("OPT_LEVEL", "1"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0")] {
        install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    step(&format!("cargo install {name}"), &mut install)
}

/// Whether rustup has the standard library for a target, or can bring it. Not listed in `rust-toolchain.toml`: rustup would
/// try to download it at every call of cargo, and fail where it cannot.
#[must_use]
pub fn rustup_target(triple: &str) -> bool {
    let installed =
        || output(program("rustup").args(["target", "list", "--installed"])).is_ok_and(|list| list.contains(triple));
    installed()
        || program("rustup")
            .args(["target", "add", triple])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
}

/// The Forge app's packages.
pub fn npm() -> Result<()> {
    npm_in("forge-app")
}

/// The packages of a folder, exactly as its lockfile says.
pub fn npm_in(folder: &str) -> Result<()> {
    if !is_there("npm") {
        // Any Node that runs npm: the one the app is built and tested with comes with its packages.
        debian(&["nodejs", "npm"]).context("Node.js with npm is missing")?;
    }
    let folder = root().join(folder);
    if is_current(&folder.join("package-lock.json"), &folder.join("node_modules/.package-lock.json")) {
        return Ok(());
    }
    step("npm ci", program("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

fn is_current(source: &Path, made: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    matches!((modified(source), modified(made)), (Some(source), Some(made)) if source <= made)
}
