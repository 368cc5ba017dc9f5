//! The end of a program: its error line and its exit code.

use std::process::ExitCode;

use anyhow::Result;

use crate::environment::redact;

/// Replaces the panic message by one without secrets. Call it first in `main`.
pub fn guard_panics() {
    std::panic::set_hook(Box::new(|panic| eprintln!("{}", redact(&panic.to_string()))));
}

/// Prints `<verb>: <error>` on standard error, without secrets. The exit code is 0 or 1.
pub fn finish(verb: &str, result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", redact(&format!("{verb}: {error:#}")));
            ExitCode::FAILURE
        }
    }
}
