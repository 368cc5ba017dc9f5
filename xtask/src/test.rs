//! Everything that must be green, cheap steps first.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::run::{cargo, is_there, program, root, step, timed};
use crate::{forge_app, setup, tidy, wasm};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these steps.
    #[arg(long, value_enum, value_delimiter = ',', conflicts_with = "skip")]
    only: Vec<Step>,
    /// All but these steps.
    #[arg(long, value_enum, value_delimiter = ',')]
    skip: Vec<Step>,
    /// Run the steps after a failed one too.
    #[arg(long)]
    keep_going: bool,
    /// Fail where known vulnerabilities cannot be looked up, instead of saying so.
    #[arg(long)]
    advisories: bool,
}

/// In the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting.
    Fmt,
    /// What no compiler checks.
    Tidy,
    /// Lints, warnings denied.
    Clippy,
    /// The Forge half to wasm.
    Wasm,
    /// Lint, bundle and tests of the Forge app.
    ForgeApp,
    /// The binaries that the end-to-end tests run, and the tests themselves.
    Build,
    /// All tests.
    #[value(alias = "nextest")]
    Tests,
    /// Documentation, warnings denied.
    Doc,
    /// Bans, licences, sources and advisories of dependencies.
    Deny,
}

enum Outcome {
    Passed(Duration),
    Failed(Duration),
    NotRun,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut outcomes = Vec::new();
    let mut failed = Vec::new();
    for step in chosen(&options.only, &options.skip) {
        let name = step.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        if !failed.is_empty() && !options.keep_going {
            outcomes.push((name, Outcome::NotRun));
            continue;
        }
        let (result, took) = timed(|| run_step(step, options));
        match result {
            Ok(()) => outcomes.push((name, Outcome::Passed(took))),
            Err(error) => {
                println!("── {name}: {error:#}");
                failed.push(name.clone());
                outcomes.push((name, Outcome::Failed(took)));
            }
        }
    }
    print(&outcomes);
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn chosen(only: &[Step], skip: &[Step]) -> Vec<Step> {
    let wanted = |step: &&Step| (only.is_empty() || only.contains(step)) && !skip.contains(step);
    Step::value_variants().iter().filter(wanted).copied().collect()
}

fn print(outcomes: &[(String, Outcome)]) {
    println!();
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Passed(took) => println!("{name:<10} passed {:>6.0} s", took.as_secs_f64()),
            Outcome::Failed(took) => println!("{name:<10} FAILED {:>6.0} s", took.as_secs_f64()),
            Outcome::NotRun => println!("{name:<10} not run"),
        }
    }
}

fn run_step(which: Step, options: &Options) -> Result<()> {
    match which {
        Step::Fmt => step("cargo fmt --check", cargo().args(["fmt", "--all", "--check"])),
        Step::Tidy => tidy::run(),
        Step::Clippy => step(
            "cargo clippy",
            cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]),
        ),
        Step::Wasm => wasm::run(&wasm::Options::default()),
        Step::ForgeApp => forge_app::run(),
        // With `--tests`, cargo resolves the features of dev-dependencies too, as the next step does: everything is
        // compiled once.
        Step::Build => step("cargo build", cargo().args(["build", "--workspace", "--bins", "--tests", "--locked"])),
        Step::Tests => tests(),
        Step::Doc => {
            let mut doc = cargo();
            doc.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps", "--locked"]);
            step("cargo doc", &mut doc)
        }
        Step::Deny => deny(options.advisories),
    }
}

/// Atlassian's description of the REST API, which is not ours to hand on. Tests look for it beside the repository.
const DESCRIPTION: &str = "shared/contracts/jira-openapi-v3.json";

fn tests() -> Result<()> {
    if !root().ancestors().skip(1).any(|folder| folder.join(DESCRIPTION).is_file()) {
        println!("SKIPPED: {DESCRIPTION} is not beside this repository, so nothing is held against it");
    }
    // The durability test counts system calls.
    if !is_there("strace") {
        setup::debian(&["strace"])?;
    }
    if let Err(error) = setup::cargo_tool("cargo-nextest", "0.9.143") {
        println!("cargo-nextest cannot be installed, so cargo test runs the tests: {error:#}");
        return step("cargo test", cargo().args(["test", "--workspace", "--locked"]));
    }
    step("cargo nextest", cargo().args(["nextest", "run", "--workspace", "--locked"]))?;
    // nextest runs no examples from the documentation.
    step("cargo test --doc", cargo().args(["test", "--workspace", "--doc", "--locked"]))
}

fn deny(advisories: bool) -> Result<()> {
    setup::cargo_tool("cargo-deny", "0.20.2")?;
    let check = |what: &[&str]| {
        let mut deny = cargo();
        deny.args(["deny", "--log-level", "error", "check"]).args(what);
        deny
    };
    step("cargo deny", &mut check(&["bans", "licenses", "sources"]))?;
    match fetch_advisories(advisories) {
        Ok(()) => step("cargo deny advisories", &mut check(&["--disable-fetch", "advisories"])),
        Err(error) if advisories => Err(error).context("the advisory database cannot be reached"),
        Err(_) => {
            println!("advisories: not checked, the database cannot be reached from here");
            Ok(())
        }
    }
}

fn fetch_advisories(told: bool) -> Result<()> {
    let deny = cargo();
    // Where packets are dropped without a word, git would wait for minutes.
    let mut fetch = if is_there("timeout") {
        let mut timeout = program("timeout");
        timeout.arg("120").arg(deny.get_program());
        timeout
    } else {
        deny
    };
    fetch.args(["deny", "--log-level", "error", "fetch", "db"]);
    if !told {
        fetch.stdout(Stdio::null()).stderr(Stdio::null());
    }
    step("cargo deny fetch", &mut fetch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_in_their_own_order() {
        assert_eq!(chosen(&[Step::Deny, Step::Fmt], &[]), [Step::Fmt, Step::Deny]);
        assert_eq!(chosen(&[], &[Step::Tests]).len(), Step::value_variants().len() - 1);
    }
}
