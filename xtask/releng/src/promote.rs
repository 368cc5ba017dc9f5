//! `cargo xtask promote`: deploys a published release to the next environment, or goes back. It never builds: the build that
//! was uploaded under the release's tag is deployed, first to development, then to staging, then to production
//! (docs/releasing.md).
//!
//! `gates` and `approval` decide whether a change is allowed, `change` lists its steps, `forge_cli` runs them, `ledger` records
//! them; `history` reads the ledger.

mod approval;
mod change;
mod environment;
mod gates;
mod git;
mod history;
mod ledger;
mod policy;
mod propose;
mod record;
mod sums;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use semver::Version;
use time::OffsetDateTime;

use self::approval::Approval;
use self::change::{Action, Change, Step};
use self::environment::Environment;
use self::git::Git;
use self::history::{Attempt, History};
use self::ledger::{Event, Ledger, Outcome, Record};
use self::policy::Policy;
use crate::forge_cli::{Credentials, Forge};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Environment to change.
    #[arg(long, value_enum, required_unless_present = "record")]
    to: Option<Environment>,
    /// Version to deploy, without `v`.
    #[arg(long, required_unless_present_any = ["rollback", "record"], conflicts_with = "rollback")]
    version: Option<Version>,
    /// Folder with the published files of that version: release.json, SHA256SUMS, SHA256SUMS.sig and the kits.
    #[arg(long, value_name = "DIR", required_unless_present = "record")]
    release: Option<PathBuf>,
    /// Go back to the previous version; --release is the folder of that version.
    #[arg(long)]
    rollback: bool,
    /// Print the verdict of every gate and every step, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write the approval file, which another person has to merge, and change nothing else.
    #[arg(long, requires = "reason", conflicts_with = "dry_run")]
    propose: bool,
    /// Reason, for the approver.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Commit the new lines of the ledger and push them to a branch of this remote.
    #[arg(long, value_name = "REMOTE", conflicts_with = "to")]
    record: Option<String>,
    /// Also upgrade the app on this site, besides those of promotions/policy.toml.
    #[arg(long, value_name = "HOST")]
    site: Vec<String>,
    /// Forge CLI to call.
    #[arg(long, value_name = "PROGRAM", default_value = "forge")]
    forge: PathBuf,
    /// Allowed signers of releases, in the format of ssh-keygen [default: promotions/allowed_signers].
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
    /// Time limit of one call of the Forge CLI.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    time_limit: u64,
}

/// Everything outside that a promotion depends on.
struct Env<'a> {
    git: Git,
    clock: &'a dyn Fn() -> OffsetDateTime,
    credentials: Option<Credentials>,
    /// Prints a line.
    print: &'a (dyn Fn(&str) + Sync),
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("no workspace around this package")?;
    Env {
        git: Git::new(root),
        clock: &now,
        credentials: Credentials::from_environment(),
        print: &|line| println!("{line}"),
    }
    .run(options)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock; everything else takes it")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// The requested change, with everything that the gates check.
struct Case<'a> {
    change: Change,
    release: &'a Path,
    allowed_signers: PathBuf,
    sums: String,
    policy: Policy,
    here: History,
    before: Option<History>,
    records: Vec<Record>,
}

type Verdicts = Vec<(&'static str, Result<String>)>;

impl Env<'_> {
    fn run(&self, options: &Options) -> Result<()> {
        if let Some(remote) = &options.record {
            return record::run(&self.git, remote, self.print);
        }
        let mut ledger = Ledger::open(&self.git).context("refused by the gate ledger")?;
        let case = self.case(options, &ledger)?;
        if options.propose {
            return self.propose(&case, options.reason.as_deref().unwrap_or_default());
        }
        let Change { action, environment, version, .. } = &case.change;
        if *action == Action::Promote && case.here.attempt.is_none() && case.here.current() == Some(version) {
            self.print(&format!("{environment} has {version} already, nothing to do"));
            return Ok(());
        }
        self.promote(options, &case, &mut ledger)
    }

    fn case<'o>(&self, options: &'o Options, ledger: &Ledger) -> Result<Case<'o>> {
        let environment = options.to.context("--to is missing")?;
        let release = options.release.as_deref().context("--release is missing")?;
        let here = History::of(environment, ledger.records());
        let change = if options.rollback {
            let target = here.rollback_target();
            let (version, from) =
                target.with_context(|| format!("{environment} had no version before: nothing to go back to"))?;
            Change { action: Action::Rollback, environment, version, from: Some(from) }
        } else {
            let version = options.version.clone().context("--version is missing")?;
            Change { action: Action::Promote, environment, version, from: None }
        };
        let root = self.git.root();
        Ok(Case {
            sums: sums::digest(release).with_context(|| format!("{} is not released there", change.version))?,
            change,
            release,
            allowed_signers: options.allowed_signers.clone().unwrap_or_else(|| root.join("promotions/allowed_signers")),
            policy: Policy::read(root)?,
            before: environment.before().map(|stage| History::of(stage, ledger.records())),
            here,
            records: ledger.records().iter().map(|(_, record)| record.clone()).collect(),
        })
    }

    /// Writes the approval file of a release that passes the release gates. Stage order and soak time are not checked yet.
    fn propose(&self, case: &Case<'_>, reason: &str) -> Result<()> {
        self.report(self.release_gates(case))?;
        let path = propose::write(&self.git, &case.change, &case.sums, reason, (self.clock)())?;
        self.print(&format!("wrote {path}: commit it on a new branch and ask an approver for the merge"));
        Ok(())
    }

    fn promote(&self, options: &Options, case: &Case<'_>, ledger: &mut Ledger) -> Result<()> {
        let change = &case.change;
        self.print(&format!("{change}, SHA256SUMS {}", case.sums));
        let mut verdicts = self.release_gates(case);
        verdicts.push(("stage order", gates::stage_order(change, &case.here, case.before.as_ref())));
        verdicts.push(("soak time", gates::soaked(change, case.before.as_ref(), &case.policy, (self.clock)())));
        let approval = approval::find(&self.git, change, &case.sums, &case.policy, &case.records);
        let (approval, verdict) = match approval {
            Ok(found) => (Some(found), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let found = approval.as_ref().map(|Approval { approver, writers, commit }| {
            format!("{approver} approved with {commit} the file that {} wrote", writers.join(", "))
        });
        verdicts.push(("approval", verdict.map_or_else(|| Ok(found.unwrap_or_default()), Err)));
        verdicts.push(("Forge CLI", gates::forge_ready(&options.forge, self.credentials.as_ref())));
        let verdict = self.report(verdicts);

        let sites = sites(case.policy.sites(change.environment), &options.site)?;
        let attempt = case.here.attempt.as_ref().filter(|attempt| attempt.record.is_about(change, &case.sums));
        let done = attempt.map(|attempt| attempt.done.clone()).unwrap_or_default();
        let (before, left): (Vec<_>, Vec<_>) = change.steps(&sites).into_iter().partition(|step| done.contains(step));
        for step in &before {
            self.print(&format!("step {step}: done already"));
        }
        for step in &left {
            self.print(&format!("step {step}: forge {}", step.arguments(change).join(" ")));
        }
        if options.dry_run {
            self.print("dry run, nothing was changed");
            return verdict;
        }
        verdict?;
        let (Some(approval), Some(credentials)) = (approval, self.credentials.clone()) else {
            bail!("approval or credentials are missing");
        };
        let forge = Forge {
            program: if options.forge.components().count() > 1 {
                options.forge.canonicalize()?
            } else {
                options.forge.clone()
            },
            app: self.git.root().join("forge-app"),
            credentials,
            time_limit: options.time_limit,
        };
        self.act(&forge, case, &approval, attempt, (done, left), ledger)
    }

    /// The gates that check the tree and the release only.
    fn release_gates(&self, case: &Case<'_>) -> Verdicts {
        let Case { change: Change { version, .. }, release, sums, records, .. } = case;
        vec![
            ("clean tree", gates::clean_tree(&self.git)),
            ("released", gates::released(&self.git, release, version)),
            ("digests", gates::digests_unchanged(release, version, sums, records)),
            ("signature", gates::signature_good(release, &case.allowed_signers)),
        ]
    }

    /// Prints every verdict. Fails with all refusals.
    fn report(&self, verdicts: Verdicts) -> Result<()> {
        let mut refusals = Vec::new();
        for (gate, verdict) in verdicts {
            match verdict {
                Ok(found) => self.print(&format!("gate {gate}: ok, {found}")),
                Err(refusal) => {
                    self.print(&format!("gate {gate}: REFUSED, {refusal:#}"));
                    refusals.push(format!("refused by the gate {gate}: {refusal:#}"));
                }
            }
        }
        ensure!(refusals.is_empty(), "{}", refusals.join("\n"));
        Ok(())
    }

    /// Records the begin, runs the steps, records the end.
    fn act(
        &self,
        forge: &Forge,
        case: &Case<'_>,
        approval: &Approval,
        attempt: Option<&Attempt>,
        (mut done, left): (Vec<Step>, Vec<Step>),
        ledger: &mut Ledger,
    ) -> Result<()> {
        let change = &case.change;
        let by = self.git.user()?;
        let record = |event| Record {
            at: (self.clock)(),
            by: by.clone(),
            action: change.action,
            environment: change.environment,
            version: change.version.clone(),
            sums: case.sums.clone(),
            approval: approval.commit.clone(),
            event,
        };
        let resumes = attempt.map(|attempt| attempt.begun.clone());
        let begun = ledger.append(record(Event::Begun { resumes, left: left.clone() }))?;
        let mut failure = None;
        for step in left {
            self.print(&format!("step {step}: started"));
            match forge.call(&step.arguments(change), self.print) {
                Ok(()) => done.push(step),
                Err(error) => {
                    failure = Some(format!("{step}: {error:#}"));
                    break;
                }
            }
        }
        let outcome = if failure.is_none() { Outcome::Done } else { Outcome::Failed };
        ledger.append(record(Event::Ended { begun, outcome, done, failure: failure.clone() }))?;
        if let Some(failure) = failure {
            bail!("{failure}; it is in the ledger, and the same command resumes there");
        }
        self.print(&format!("done: {change}; commit promotions/ledger.jsonl, or run `--record`"));
        Ok(())
    }

    fn print(&self, line: &str) {
        (self.print)(line);
    }
}

/// The sites of the policy and the requested ones, each once. Fails if one is no host name.
fn sites(own: &[String], requested: &[String]) -> Result<Vec<String>> {
    let mut sites: Vec<String> = Vec::new();
    for site in own.iter().chain(requested) {
        let letters = site.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
        ensure!(letters && !site.is_empty() && !site.starts_with('-'), "{site:?} is not the host name of a site");
        if !sites.contains(site) {
            sites.push(site.clone());
        }
    }
    Ok(sites)
}
