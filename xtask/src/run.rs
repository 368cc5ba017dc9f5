//! Running the steps of a verb, from the root of the workspace.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

use crate::command::Command;
use crate::environment::plain;

/// The variable that names another workspace to work on: a rebuild works on a clone.
pub const ROOT: &str = "XTASK_ROOT";

/// The root of the workspace: this package's parent, unless [`ROOT`] names another.
pub fn root() -> PathBuf {
    if let Some(other) = plain(ROOT) {
        return other.into();
    }
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// Where cargo puts what it builds for the machine's own toolchain.
pub fn target_dir() -> PathBuf {
    plain("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs us, so that its toolchain is used throughout.
pub fn cargo() -> Command {
    let mut command = Command::new(plain("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// A program, started from the root.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Runs `work` and returns how long it took.
#[expect(clippy::disallowed_methods, reason = "a stopwatch for a person; nothing depends on it")]
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let made = work();
    (made, began.elapsed())
}

/// Runs a step to its end. Prints its name before, and how long it took after.
///
/// # Errors
/// The command cannot be started, or its exit status is not 0.
pub fn step(name: &str, command: &mut Command) -> Result<()> {
    run_step(name, None, command)
}

/// As [`step`], for one that takes long the first time: the line before says how long.
///
/// # Errors
/// As [`step`].
pub fn long_step(name: &str, first_time: &str, command: &mut Command) -> Result<()> {
    run_step(name, Some(first_time), command)
}

fn run_step(name: &str, first_time: Option<&str>, command: &mut Command) -> Result<()> {
    match first_time {
        Some(time) => println!("── {name} ({time} the first time)"),
        None => println!("── {name}"),
    }
    let (result, took) = timed(|| command.run());
    result.with_context(|| format!("{name} failed"))?;
    println!("── {name}: ok, {:.0} s", took.as_secs_f64());
    Ok(())
}

/// The program of a package of the workspace, built if it is out of date.
///
/// # Errors
/// It cannot be built.
pub fn build_program(name: &str, first_time: &str) -> Result<PathBuf> {
    let program = root().join(target_dir()).join("debug").join(name);
    let mut build = cargo();
    build.args(["build", "--locked", "--package", name]);
    if program.exists() {
        // Mostly nothing is left to compile; where something is, cargo shows it.
        build.run()?;
    } else {
        long_step(&format!("cargo build {name}"), first_time, &mut build)?;
    }
    Ok(program)
}

/// Whether a program can be started with `--version`.
pub fn is_there(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.run().is_ok()
}

/// Whether a program of that name is on the path: for programs that have no `--version`.
pub fn is_on_path(name: &str) -> bool {
    let path = plain("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// The standard output of a program, trimmed.
///
/// # Errors
/// The command cannot be started, or its exit status is not 0.
pub fn output(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8_lossy(&command.bytes()?).trim().to_owned())
}

/// The output of `cargo metadata` for the workspace.
///
/// # Errors
/// cargo fails, for example because `--locked` is among the arguments and the lockfile is out of date.
pub fn metadata(arguments: &[&str]) -> Result<Metadata> {
    let json = output(cargo().args(["metadata", "--format-version", "1"]).args(arguments))?;
    MetadataCommand::parse(json).context("the output of cargo metadata cannot be read")
}
