//! `cargo xtask test`: every check, cheap steps first.

mod image;
mod steps;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use self::steps::Step;
use crate::conformance;
use xtask::run::{output, program, timed};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run these steps only.
    #[arg(long, value_enum, value_delimiter = ',', conflicts_with = "skip")]
    only: Vec<Step>,
    /// Run all but these steps.
    #[arg(long, value_enum, value_delimiter = ',')]
    skip: Vec<Step>,
    /// Run the steps after a failed one too.
    #[arg(long)]
    keep_going: bool,
    /// Fail if the database of known vulnerabilities cannot be reached, instead of printing so.
    #[arg(long)]
    advisories: bool,
    /// Write to this file what passed, and for which commit: `cargo xtask release` requires it.
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
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
    for (number, step) in (1..).zip(steps.iter().copied()) {
        let name = step.name();
        // The conformance run starts processes: once started, it is always waited for.
        let runs = step == Step::Conformance && beside.is_some();
        if !failed.is_empty() && !options.keep_going && !runs {
            outcomes.push((name, Outcome::NotRun));
            continue;
        }
        println!("test: {number}/{} {name}: {}", steps.len(), step.describe());
        if step == Step::Tests && steps.contains(&Step::Conformance) {
            // If it cannot start, the step itself reports why.
            beside = conformance::start().ok();
        }
        let (result, took) = timed(|| match beside.take_if(|_| step == Step::Conformance) {
            Some(beside) => beside.finish(),
            None => steps::run(step, options.advisories),
        });
        match result {
            Ok(()) => outcomes.push((name, Outcome::Passed(took))),
            Err(error) => {
                println!("{}", xtask::environment::redact(&format!("test: {name}: {error:#}")));
                failed.push(name.clone());
                outcomes.push((name, Outcome::Failed(took)));
            }
        }
    }
    print(&outcomes);
    if let Some(file) = &options.proof {
        write_proof(file, &outcomes)?;
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

/// The proof names the commit, and whether the tree had changes or steps were left out.
fn write_proof(file: &Path, outcomes: &[(String, Outcome)]) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_in_their_own_order() {
        assert_eq!(chosen(&[Step::Deny, Step::Fmt], &[]), [Step::Fmt, Step::Deny]);
        assert_eq!(chosen(&[], &[Step::Tests]).len(), Step::value_variants().len() - 1);
    }
}
