//! Everything that must be green, cheap steps first.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use crate::{conformance, tidy};
use xtask::run::{cargo, is_on_path, is_there, output, program, root, step, target_dir, timed};
use xtask::{forge_app, setup, wasm};

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
    /// Write what passed, and for which commit: `cargo xtask release` asks for it.
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
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
    /// The conformance probe against zammad-sim. Minutes of it are waiting, so it runs beside the tests.
    Conformance,
    /// Documentation, warnings denied.
    Doc,
    /// Bans, licences, sources and advisories of dependencies.
    Deny,
    /// Kits for both architectures, a rebuild elsewhere, and the image in a Docker engine.
    Image,
}

enum Outcome {
    Passed(Duration),
    Failed(Duration),
    NotRun,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut outcomes = Vec::new();
    let mut failed = Vec::new();
    let steps = chosen(&options.only, &options.skip);
    let mut beside = None;
    for step in steps.iter().copied() {
        let name = step.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        // What runs already is waited for: it has processes of its own, which nobody else would end.
        let runs = step == Step::Conformance && beside.is_some();
        if !failed.is_empty() && !options.keep_going && !runs {
            outcomes.push((name, Outcome::NotRun));
            continue;
        }
        if step == Step::Tests && steps.contains(&Step::Conformance) {
            // What keeps it from starting, the step itself will tell.
            beside = conformance::start().ok();
        }
        let (result, took) = timed(|| match beside.take_if(|_| step == Step::Conformance) {
            Some(beside) => beside.finish(),
            None => run_step(step, options),
        });
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
    if let Some(file) = &options.proof {
        prove(file, &outcomes)?;
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn chosen(only: &[Step], skip: &[Step]) -> Vec<Step> {
    let wanted = |step: &&Step| (only.is_empty() || only.contains(step)) && !skip.contains(step);
    Step::value_variants().iter().filter(wanted).copied().collect()
}

/// A proof is for a commit: of a tree with changes it says so, and of a part of the steps too.
fn prove(file: &Path, outcomes: &[(String, Outcome)]) -> Result<()> {
    let git = |arguments: &[&str]| output(program("git").args(arguments));
    let passed: Vec<&str> = outcomes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Passed(_)))
        .map(|(name, _)| name.as_str())
        .collect();
    let proof = serde_json::json!({
        "commit": git(&["rev-parse", "HEAD"])?,
        "clean": git(&["status", "--porcelain"])?.is_empty(),
        "complete": passed.len() == Step::value_variants().len(),
        "passed": passed,
    });
    std::fs::write(file, format!("{proof:#}\n")).with_context(|| format!("cannot write {}", file.display()))
}

fn print(outcomes: &[(String, Outcome)]) {
    println!();
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Passed(took) => println!("{name:<11} passed {:>6.0} s", took.as_secs_f64()),
            Outcome::Failed(took) => println!("{name:<11} FAILED {:>6.0} s", took.as_secs_f64()),
            Outcome::NotRun => println!("{name:<11} not run"),
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
        Step::Conformance => conformance::run(&conformance::Options::default()),
        Step::Doc => {
            let mut doc = cargo();
            doc.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps", "--locked"]);
            step("cargo doc", &mut doc)
        }
        Step::Deny => deny(options.advisories),
        Step::Image => image(),
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
    // Promotion is tried with the real Forge CLI, against a gateway on loopback.
    setup::npm_in("xtask/releng/tools")?;
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

/// What an operator gets, run as an operator runs it.
fn image() -> Result<()> {
    let is_root = output(program("id").arg("-u"))? == "0";
    let may_be_root = is_root || output(program("sudo").args(["--non-interactive", "true"])).is_ok();
    ensure!(may_be_root, "an engine of its own needs root, or sudo without a password; `--skip image` leaves it out");
    if !is_on_path("dockerd") {
        setup::debian(&["docker.io"])?;
    }
    setup::debian(&["docker-compose", "qemu-user-static", "skopeo", "umoci"])?;
    let releng = |arguments: &[&str]| {
        let mut command = cargo();
        command.args(["run", "--quiet", "--locked", "--package", "releng", "--"]).args(arguments);
        step(&arguments.join(" "), &mut command)
    };
    let (kit, next) = (target_dir().join("kit"), target_dir().join("kit-next"));
    let (kit, next) = (kit.to_string_lossy(), next.to_string_lossy());
    releng(&["kit", "--out", &kit])?;
    releng(&["kit", "--out", &next, "--arch", "amd64", "--version", "999.0.0"])?;
    if output(program("git").args(["status", "--porcelain"]))?.is_empty() {
        releng(&["rebuild", "--times", "1", "--arch", "amd64", "--against", &kit])?;
    } else {
        println!("rebuild: left out, the tree has changes that are in no commit");
    }
    // Of the whole workspace, so that nothing is compiled again with other features.
    let tests = ["nextest", "run", "--workspace", "--locked", "--ignore-default-filter", "-E", "binary(container)"];
    let mut run = cargo();
    if !is_root {
        let cargo = run.get_program().to_owned();
        run = program("sudo");
        run.args(["--non-interactive", "--preserve-env", "env"]);
        run.arg(format!("PATH={}", std::env::var("PATH").unwrap_or_default())).arg(cargo);
    }
    step("image in an engine", run.args(tests))
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
