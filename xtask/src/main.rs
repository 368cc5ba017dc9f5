//! `cargo xtask <verb>`: builds, checks and measures this repository, one file a verb.
#![expect(clippy::print_stdout, reason = "a command-line tool prints to its terminal")]

mod bench;
mod conformance;
mod dev;
mod releng;
mod schema;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{forge_app, report, verbs, wasm};

/// Work on the ChefStackZ Connector for Zammad.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build everything, start simulators, Forge emulator and sidecar on loopback, print the URLs; Ctrl-C stops all
    Dev(dev::Options),
    /// Run every check: format, tidy, lints, wasm, Forge app, tests, conformance, documentation, dependencies, image
    Test(test::Options),
    #[command(about = verbs::WASM)]
    Wasm(releng::Arguments),
    /// Write docs/schema and the golden JSON from the wire's types; the diff is the review
    Schema,
    /// Write docs/log-events.md from the source
    LogEvents,
    /// Lint, bundle and test the Forge app
    ForgeApp,
    /// Check arrows, circles, file sizes, manifests, log messages, references and words
    Tidy,
    /// Run the conformance probe against zammad-sim and compare with the recording of a real Zammad
    Conformance(conformance::Options),
    /// Run the benchmarks; see docs/benchmarks.md
    Bench(bench::Options),
    #[command(about = verbs::KIT)]
    Kit(releng::Arguments),
    #[command(about = verbs::REBUILD)]
    Rebuild(releng::Arguments),
    #[command(about = verbs::RELEASE)]
    Release(releng::Arguments),
    #[command(about = verbs::VERIFY)]
    Verify(releng::Arguments),
    #[command(about = verbs::PROMOTE)]
    Promote(releng::Arguments),
}

fn main() -> ExitCode {
    report::guard_panics();
    let (name, result) = match Arguments::parse().verb {
        Verb::Dev(options) => ("dev", dev::run(&options)),
        Verb::Test(options) => ("test", test::run(&options)),
        Verb::Wasm(arguments) => ("wasm", wasm::exec(&arguments.rest)),
        Verb::Schema => ("schema", schema::run()),
        Verb::LogEvents => ("log-events", tidy::write_log_events()),
        Verb::ForgeApp => ("forge-app", forge_app::run()),
        Verb::Tidy => ("tidy", tidy::run()),
        Verb::Conformance(options) => ("conformance", conformance::run(&options)),
        Verb::Bench(options) => ("bench", bench::run(&options)),
        Verb::Kit(arguments) => ("kit", releng::run("kit", &arguments)),
        Verb::Rebuild(arguments) => ("rebuild", releng::run("rebuild", &arguments)),
        Verb::Release(arguments) => ("release", releng::run("release", &arguments)),
        Verb::Verify(arguments) => ("verify", releng::run("verify", &arguments)),
        Verb::Promote(arguments) => ("promote", releng::run("promote", &arguments)),
    };
    report::finish(name, result)
}
