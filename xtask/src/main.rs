//! `cargo xtask <verb>`: everything this repository does to itself, one file a verb.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

mod bench;
mod conformance;
mod dev;
mod releng;
mod schema;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{forge_app, wasm};

/// Work on the ChefStackZ Connector for Zammad.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build everything, start simulators, Forge emulator and sidecar on loopback, print the URLs. Ctrl-C stops all.
    Dev(dev::Options),
    /// Everything that must be green: format, lints, tests, documentation, dependencies, wasm, Forge app, end to end, tidy.
    Test(test::Options),
    /// Build the Forge half to wasm and inline it into forge-app/src/wasm.
    Wasm(wasm::Options),
    /// Write docs/schema and the golden JSON from the wire's types; the diff is the review.
    Schema,
    /// Lint, bundle and test the Forge app.
    ForgeApp,
    /// Check arrows between crates, file sizes, lint inheritance, forbidden dependencies, log messages.
    Tidy,
    /// Play the conformance probe against zammad-sim and compare with what a real Zammad answered.
    Conformance(conformance::Options),
    /// Measure; see docs/benchmarks.md.
    Bench(bench::Options),
    /// Build the sidecar's image and the kit for one architecture; the same commit gives the same bytes.
    Kit(releng::Arguments),
    /// Build the kit again elsewhere, under another user, umask, time zone, locale and core count, and compare the bytes.
    Rebuild(releng::Arguments),
    /// Plan, check, build, verify, sign, publish, announce a version.
    Release(releng::Arguments),
    /// Check a downloaded kit offline.
    Verify(releng::Arguments),
    /// Move a published release to the next environment.
    Promote(releng::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().verb {
        Verb::Dev(options) => dev::run(&options),
        Verb::Test(options) => test::run(&options),
        Verb::Wasm(options) => wasm::run(&options),
        Verb::Schema => schema::run(),
        Verb::ForgeApp => forge_app::run(),
        Verb::Tidy => tidy::run(),
        Verb::Conformance(options) => conformance::run(&options),
        Verb::Bench(options) => bench::run(&options),
        Verb::Kit(arguments) => releng::run("kit", &arguments),
        Verb::Rebuild(arguments) => releng::run("rebuild", &arguments),
        Verb::Release(arguments) => releng::run("release", &arguments),
        Verb::Verify(arguments) => releng::run("verify", &arguments),
        Verb::Promote(arguments) => releng::run("promote", &arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
