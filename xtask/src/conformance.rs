//! `cargo xtask conformance`: compares zammad-sim with recordings of a real Zammad. `conformance/probe` runs its scenarios
//! against the simulator and compares; every remaining difference must be listed with its reason in
//! `conformance/differences.toml`. Then a third-party client runs against the simulator (`client`).

mod client;
mod simulator;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use self::simulator::{ADMIN, Simulator};
use xtask::command::Command;
use xtask::run::{cargo, long_step, output, program, root, target_dir, timed};
use xtask::setup;

/// A fixed suffix of names instead of a random one, so that two runs send the same requests.
const SUFFIX: &str = "rxsim01";

#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Run these scenarios only, and ignore the listed differences of others. Some depend on data of earlier ones.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Number of lines shown of each difference.
    #[arg(long, default_value_t = 0)]
    diff: usize,
    /// Keep the results in this folder, instead of one that is removed.
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    #[serde(default)]
    difference: Vec<Difference>,
}

/// A step whose result differs from the recording.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    /// `scenario/step`.
    step: String,
    /// Why.
    reason: String,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    prepare()?;
    let mut build = cargo();
    build.args(["build", "--package", "devkit", "--bins", "--locked"]);
    long_step("cargo build", "2 to 4 min", &mut build)?;
    println!("conformance: running the probe, about 4 min");
    report(timed(|| play(options)))
}

/// Installs Python. The third-party client needs `venv` too, but is optional.
fn prepare() -> Result<()> {
    let has = |module: &str| output(program("python3").args(["-c", &format!("import {module}")])).is_ok();
    if has("json") && has("ensurepip") {
        return Ok(());
    }
    let installed = setup::debian(&["python3", "python3-venv"]);
    if has("json") { Ok(()) } else { installed.context("Python 3.11 is missing") }
}

/// The result of a run.
struct Outcome {
    text: String,
    /// Differences that are not listed, entries that are not needed, failures of the client.
    faults: Vec<String>,
}

fn report((outcome, took): (Result<Outcome>, Duration)) -> Result<()> {
    let outcome = outcome?;
    print!("{}", outcome.text);
    println!("took {:.0} s", took.as_secs_f64());
    if !outcome.faults.is_empty() {
        bail!("{}", outcome.faults.join("\n"));
    }
    Ok(())
}

/// Runs the scenarios and compares. The simulator must have been built.
fn play(options: &Options) -> Result<Outcome> {
    let folder = match &options.keep {
        Some(folder) => folder.clone(),
        None => root().join(target_dir()).join("conformance"),
    };
    let outcome = play_into(options, &folder);
    if options.keep.is_none() {
        // A folder that remains does no harm.
        let _ = fs::remove_dir_all(&folder);
    }
    outcome
}

fn play_into(options: &Options, folder: &Path) -> Result<Outcome> {
    let listed = listed(&root().join("conformance/differences.toml"))?;
    probe(options, folder)?;
    let compared = compare(options, folder)?;
    let mut outcome = judge(&compared, &listed, &options.only)?;
    if options.diff > 0 {
        outcome.text.insert_str(0, &compared.text);
    }
    if options.only.is_empty() {
        match client::play() {
            Ok(printed) => outcome.text.push_str(&printed),
            Err(error) => outcome.faults.push(format!("{error:#}")),
        }
    }
    Ok(outcome)
}

fn listed(path: &Path) -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let listed: Listed =
        toml::from_str(&text).with_context(|| format!("{} is not of the expected form", path.display()))?;
    let mut steps = BTreeMap::new();
    for Difference { step, reason } in listed.difference {
        ensure!(!reason.trim().is_empty(), "{step} is listed without a reason");
        ensure!(steps.insert(step.clone(), reason).is_none(), "{step} is listed twice");
    }
    Ok(steps)
}

fn python() -> Command {
    let mut python = program("python3");
    python.current_dir(root().join("conformance/probe")).env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

fn probe(options: &Options, folder: &Path) -> Result<()> {
    let sim = Simulator::start()?;
    fs::create_dir_all(folder)?;
    let mut probe = python();
    probe.args(["probe.py", "--url", &sim.url, "--admin-login", ADMIN.0, "--admin-password", ADMIN.1]);
    probe.args(["--suffix", SUFFIX, "--allow-migrations", "--window", "2", "--settle", "1", "--out"]).arg(folder);
    if !options.only.is_empty() {
        probe.args(["--only", &options.only.join(",")]);
    }
    let played = probe.output()?;
    let printed = String::from_utf8_lossy(&played.stdout);
    ensure!(played.status.success(), "the probe failed:\n{printed}{}", String::from_utf8_lossy(&played.stderr));
    Ok(())
}

/// The result of `compare.py`.
#[derive(Debug, Default)]
struct Compared {
    text: String,
    /// Scenario and number of its steps, in order.
    scenarios: Vec<(String, usize)>,
    /// `scenario/step` of those that differ or are missing.
    different: BTreeSet<String>,
    /// `scenario/step` of those that the recording does not have.
    surplus: BTreeSet<String>,
}

fn compare(options: &Options, folder: &Path) -> Result<Compared> {
    let mut compare = python();
    compare.args(["compare.py", "../6.5"]).arg(folder).args(["--max-lines", &options.diff.to_string()]);
    if !options.only.is_empty() {
        compare.args(["--only", &format!("setup,{}", options.only.join(","))]);
    }
    let compared = compare.output()?;
    // Exit status 1: there are differences.
    let text = String::from_utf8_lossy(&compared.stdout).into_owned();
    ensure!(
        matches!(compared.status.code(), Some(0 | 1)) && compared.stderr.is_empty(),
        "comparing failed:\n{text}{}",
        String::from_utf8_lossy(&compared.stderr)
    );
    read(text)
}

fn read(text: String) -> Result<Compared> {
    let (steps, table) = text.split_once("\nscenario ").context("compare.py printed no table")?;
    let of = |verdicts: &[&str]| {
        let step = |line: &str| {
            let line = line.strip_prefix("--- ")?;
            verdicts.iter().find_map(|verdict| line.strip_suffix(verdict)).map(str::to_owned)
        };
        steps.lines().filter_map(step).collect()
    };
    let (different, surplus) = (of(&[": differs", ": missing"]), of(&[": only in the other run"]));
    let mut scenarios = Vec::new();
    for line in table.lines().skip(1) {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(count)) = (words.next(), words.next())
            && name != "total"
        {
            scenarios.push((name.to_owned(), count.parse()?));
        }
    }
    Ok(Compared { text, scenarios, different, surplus })
}

fn judge(compared: &Compared, listed: &BTreeMap<String, String>, only: &[String]) -> Result<Outcome> {
    if compared.scenarios.is_empty() {
        bail!("nothing was compared");
    }
    let scenario = |step: &str| step.split('/').next().unwrap_or_default().to_owned();
    let played = |step: &str| only.is_empty() || compared.scenarios.iter().any(|(name, _)| *name == scenario(step));
    let mut table = format!("{:<20} {:>6} {:>7} {:>6}\n", "scenario", "equal", "listed", "total");
    let (mut all, mut all_equal, mut all_listed) = (0, 0, 0);
    for (name, total) in &compared.scenarios {
        let of = |step: &&String| scenario(step) == *name;
        let different = compared.different.iter().filter(of).count();
        let known = compared.different.iter().filter(of).filter(|step| listed.contains_key(*step)).count();
        let equal = total.saturating_sub(different);
        writeln!(table, "{name:<20} {equal:>6} {known:>7} {total:>6}")?;
        (all, all_equal, all_listed) = (all + total, all_equal + equal, all_listed + known);
    }
    writeln!(table, "{:<20} {all_equal:>6} {all_listed:>7} {all:>6}", "total")?;
    let unlisted = compared.different.union(&compared.surplus).filter(|step| !listed.contains_key(*step));
    let mut faults: Vec<String> = unlisted.map(|step| format!("{step} differs and is not listed")).collect();
    let needless = listed.keys().filter(|step| played(step) && !compared.different.contains(*step));
    faults.extend(needless.map(|step| format!("{step} is listed and does not differ")));
    Ok(Outcome { text: table, faults })
}

/// A run beside other work.
pub(crate) struct Beside(JoinHandle<(Result<Outcome>, Duration)>);

/// Starts one; the simulator must have been built.
pub(crate) fn start() -> Result<Beside> {
    prepare()?;
    Ok(Beside(std::thread::spawn(|| timed(|| play(&Options::default())))))
}

impl Beside {
    /// Waits until it ends and prints the result.
    pub(crate) fn finish(self) -> Result<()> {
        let Ok(done) = self.0.join() else { bail!("the conformance run panicked") };
        report(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "--- tags/add: differs\n-  \"a\"\n--- tags/list: missing\n--- links/x: only in the other run\n\n\
                        scenario              steps  equal  differs  missing  extra\ntags   3   1  1  1  0\n\
                        links   2   2  0  0  1\ntotal   5   3  1  1  1\n";

    #[test]
    fn reads_differences() {
        let compared = read(TEXT.to_owned()).unwrap();
        assert_eq!(compared.scenarios, [("tags".to_owned(), 3), ("links".to_owned(), 2)]);
        assert_eq!(compared.different, ["tags/add", "tags/list"].map(str::to_owned).into());
        assert_eq!(compared.surplus, ["links/x".to_owned()].into());
    }

    #[test]
    fn reports_missing_and_needless_entries() {
        let compared = read(TEXT.to_owned()).unwrap();
        let entry = |step: &str| (step.to_owned(), "why".to_owned());
        let listed: BTreeMap<_, _> = ["tags/add", "links/equal", "merge/x"].map(entry).into();
        let outcome = judge(&compared, &listed, &[]).unwrap();
        assert_eq!(
            outcome.faults,
            [
                "links/x differs and is not listed",
                "tags/list differs and is not listed",
                "links/equal is listed and does not differ",
                "merge/x is listed and does not differ"
            ]
        );
        let row = |name: &str| outcome.text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert!(
            row("tags").ends_with(" 1       1      3") && row("links").ends_with(" 2       0      2"),
            "{}",
            outcome.text
        );
        assert_eq!(judge(&compared, &listed, &["tags".to_owned()]).unwrap().faults.len(), 3);
    }
}
