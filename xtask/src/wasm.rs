//! The wasm step, from the outside: it links wasm-bindgen's support library, which takes a minute to compile, so it is a
//! separate program (`xtask/wasm`) that is compiled when a verb needs it.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use crate::command::Command;
use crate::environment::plain;
use crate::run::build_program;

/// The variable that names a program to use instead of building the workspace's own: a rebuild has one already.
pub const PROGRAM: &str = "XTASK_WASM_BUILD";

/// Makes `forge-app/src/wasm`.
///
/// # Errors
/// A step fails, or the module is larger than its limit.
pub fn build() -> Result<()> {
    command()?.run()
}

/// Replaces this process by the wasm step, called with these arguments. Returns only if that fails.
///
/// # Errors
/// The program cannot be built or started.
pub fn exec(arguments: &[OsString]) -> Result<()> {
    Err(command()?.args(arguments).exec())
}

fn command() -> Result<Command> {
    Ok(Command::new(executable()?))
}

/// The program, built if it is out of date.
///
/// # Errors
/// It cannot be built.
pub fn executable() -> Result<PathBuf> {
    if let Some(other) = plain(PROGRAM) {
        return Ok(other.into());
    }
    build_program("wasm-build", "1 to 2 min")
}
