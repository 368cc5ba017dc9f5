//! The verbs `cargo xtask kit`, `rebuild`, `release`, `verify` and `promote`: how a version reaches customers.
//!
//! A separate package, because it links an object store, signatures and archives, which the other verbs should not wait for.
//! Modules in the order of a release: `source` (the commit) → `binary`, `hardening`, `forge` → `image` → `sbom`, `licences` →
//! `kit`, `notes` → `sign`, all called by `assemble` → `release` (checks, publishing) → `promote`. `make` is the verb `kit`:
//! `assemble` without a release; `rebuild` does that again elsewhere and compares. `manifest` has the types of `release.json`.
//! `verify` checks a kit and trusts nothing in it.
#![expect(clippy::print_stdout, reason = "a command-line tool prints to its terminal")]

mod arch;
mod archive;
mod assemble;
mod binary;
mod digest;
mod forge;
mod forge_cli;
mod hardening;
mod image;
mod kit;
mod licences;
mod make;
mod manifest;
mod notes;
mod promote;
mod rebuild;
mod release;
mod sbom;
mod sign;
mod source;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{report, verbs};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    #[command(about = verbs::KIT)]
    Kit(make::Options),
    #[command(about = verbs::REBUILD)]
    Rebuild(rebuild::Options),
    #[command(about = verbs::RELEASE)]
    Release(release::Options),
    #[command(about = verbs::VERIFY)]
    Verify(verify::Options),
    #[command(about = verbs::PROMOTE)]
    Promote(promote::Options),
}

fn main() -> ExitCode {
    report::guard_panics();
    let (name, result) = match Arguments::parse().verb {
        Verb::Kit(options) => ("kit", make::run(&options)),
        Verb::Rebuild(options) => ("rebuild", rebuild::run(&options)),
        Verb::Release(options) => ("release", release::run(&options)),
        Verb::Verify(options) => ("verify", verify::run(&options)),
        Verb::Promote(options) => ("promote", promote::run(&options)),
    };
    report::finish(name, result)
}
