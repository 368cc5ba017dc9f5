//! How the product reaches customers: build, image, kit, release, verification, promotion.
//!
//! Reached as `cargo xtask image|release|verify|promote`; a package of its own, because it needs an object store, signatures
//! and archives, and `cargo xtask test` should start without compiling them. The way of a release is the order of the
//! modules: `plan` (what, and may we) → `build` (binaries) → `image` → `sbom`, `licences` → `kit` → `sign` → `publish` →
//! `promote`. `manifest` types `release.json`, `verify` believes nothing of all this.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

mod manifest;
mod promote;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Move a published release to the next environment: development, staging, production. Never rebuilds.
    Promote(promote::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().verb {
        Verb::Promote(options) => promote::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("release: {error:#}");
            ExitCode::FAILURE
        }
    }
}
