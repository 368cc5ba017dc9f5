//! zammad-sim held against recordings of a real Zammad: `conformance/probe` plays, compares, and what stays different
//! must be listed with its reason in `conformance/differences.toml`. Then a client that others wrote plays (`client`).

mod client;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use xtask::run::{cargo, output, program, root, step, target_dir, timed};
use xtask::setup;

/// Who the simulator lets in.
const ADMIN: (&str, &str) = ("admin@example.com", "Admin-Pw1");
/// Instead of a random one, so that two runs ask the same.
const SUFFIX: &str = "rxsim01";

#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Only these scenarios; what is listed for others is not looked at. Some lean on what earlier ones left behind.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Lines shown of each difference.
    #[arg(long, default_value_t = 0)]
    diff: usize,
    /// Leaves the results here, instead of in a folder that is removed.
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    #[serde(default)]
    difference: Vec<Difference>,
}

/// A step that stays different.
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
    step("cargo build", cargo().args(["build", "--package", "devkit", "--bins", "--locked"]))?;
    tell(timed(|| play(options)))
}

/// Brings Python; the client's packages need `venv` too, but that they cannot be had is no fault.
fn prepare() -> Result<()> {
    let has = |module: &str| output(program("python3").args(["-c", &format!("import {module}")])).is_ok();
    if has("json") && has("ensurepip") {
        return Ok(());
    }
    let brought = setup::debian(&["python3", "python3-venv"]);
    if has("json") { Ok(()) } else { brought.context("Python 3.11 is missing") }
}

/// What a run came to.
struct Outcome {
    text: String,
    /// Differences that are not listed, entries that are not needed, surprises of the client.
    faults: Vec<String>,
}

fn tell((outcome, took): (Result<Outcome>, Duration)) -> Result<()> {
    let outcome = outcome?;
    print!("{}", outcome.text);
    println!("took {:.0} s", took.as_secs_f64());
    if !outcome.faults.is_empty() {
        bail!("{}", outcome.faults.join("\n"));
    }
    Ok(())
}

/// Plays and compares. The simulator must have been built.
fn play(options: &Options) -> Result<Outcome> {
    let folder = match &options.keep {
        Some(folder) => folder.clone(),
        None => root().join(target_dir()).join("conformance"),
    };
    let outcome = play_into(options, &folder);
    if options.keep.is_none() {
        // Left over it does no harm.
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
            Ok(said) => outcome.text.push_str(&said),
            Err(error) => outcome.faults.push(format!("{error:#}")),
        }
    }
    Ok(outcome)
}

fn listed(path: &Path) -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let listed: Listed = toml::from_str(&text).with_context(|| format!("{} is not as it must be", path.display()))?;
    let mut steps = BTreeMap::new();
    for Difference { step, reason } in listed.difference {
        ensure!(!reason.trim().is_empty(), "{step} is listed without a reason");
        ensure!(steps.insert(step.clone(), reason).is_none(), "{step} is listed twice");
    }
    Ok(steps)
}

/// A running simulator, ended when it is not needed any more.
struct Simulator {
    process: Child,
    url: String,
}

impl Simulator {
    fn start() -> Result<Self> {
        let mut sim = program(&root().join(target_dir()).join("debug/devkit").to_string_lossy());
        // Soon after a write, but late enough that two writes of one moment are both in what is sent.
        sim.args(["zammad-sim", "--first-delivery", "500"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let process = sim.spawn().context("the simulator cannot be started; is devkit built?")?;
        let mut started = Self { process, url: String::new() };
        let out = started.process.stdout.take().context("the simulator has no output")?;
        BufReader::new(out).read_line(&mut started.url)?;
        started.url = started.url.trim().to_owned();
        ensure!(!started.url.is_empty(), "the simulator did not start");
        Ok(started)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn python() -> Command {
    let mut python = program("python3");
    python.current_dir(root().join("conformance/probe")).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
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
    let played = probe.output().context("python3 cannot be started")?;
    let said = String::from_utf8_lossy(&played.stdout);
    ensure!(played.status.success(), "the probe failed:\n{said}{}", String::from_utf8_lossy(&played.stderr));
    Ok(())
}

/// What `compare.py` found.
#[derive(Debug, Default)]
struct Compared {
    text: String,
    /// Scenario and number of its steps, in order.
    scenarios: Vec<(String, usize)>,
    /// `scenario/step` of those that differ or are missing.
    different: BTreeSet<String>,
    /// The same of those that the recording does not have.
    surplus: BTreeSet<String>,
}

fn compare(options: &Options, folder: &Path) -> Result<Compared> {
    let mut compare = python();
    compare.args(["compare.py", "../6.5"]).arg(folder).args(["--max-lines", &options.diff.to_string()]);
    if !options.only.is_empty() {
        compare.args(["--only", &format!("setup,{}", options.only.join(","))]);
    }
    let compared = compare.output().context("python3 cannot be started")?;
    // 1 says that there are differences.
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
    /// Waits for its end, and prints what it came to.
    pub(crate) fn finish(self) -> Result<()> {
        let Ok(done) = self.0.join() else { bail!("the conformance run ended by a fault of its own") };
        tell(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "--- tags/add: differs\n-  \"a\"\n--- tags/list: missing\n--- links/x: only in the other run\n\n\
                        scenario              steps  equal  differs  missing  extra\ntags   3   1  1  1  0\n\
                        links   2   2  0  0  1\ntotal   5   3  1  1  1\n";

    #[test]
    fn what_differs_is_read() {
        let compared = read(TEXT.to_owned()).unwrap();
        assert_eq!(compared.scenarios, [("tags".to_owned(), 3), ("links".to_owned(), 2)]);
        assert_eq!(compared.different, ["tags/add", "tags/list"].map(str::to_owned).into());
        assert_eq!(compared.surplus, ["links/x".to_owned()].into());
    }

    #[test]
    fn an_entry_that_is_missing_or_needless_is_a_fault() {
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
