//! How the product reaches customers: build, image, kit, release, verification, promotion.
//!
//! Reached as `cargo xtask image|release|verify|promote`; a package of its own, because it needs an object store, signatures
//! and archives, and `cargo xtask test` should start without compiling them. The way of a release is the order of the
//! modules: `plan` (what, and may we) → `build` (binaries) → `image` → `sbom`, `licences` → `kit` → `sign` → `publish` →
//! `promote`. `manifest` types `release.json`, `verify` believes nothing of all this.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

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

#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a release's folder (images, kits, notes, sums) without releasing it; the same commit gives the same bytes.
    Kit(make::Options),
    /// Build the commit again elsewhere and otherwise, and compare the bytes.
    Rebuild(rebuild::Options),
    /// Plan, check, build, verify, sign, publish, announce a version.
    Release(release::Options),
    /// Check a downloaded kit offline: signature, members, sums, image, bills of materials.
    Verify(verify::Options),
    /// Move a published release to the next environment: development, staging, production. Never rebuilds.
    Promote(promote::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().verb {
        Verb::Kit(options) => make::run(&options),
        Verb::Rebuild(options) => rebuild::run(&options),
        Verb::Release(options) => release::run(&options),
        Verb::Verify(options) => verify::run(&options),
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
