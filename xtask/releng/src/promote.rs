//! Moves a published release to the next environment. Never rebuilds: the build that was uploaded under the release's tag
//! is deployed, first to development, then to staging, then to production. docs/releasing.md tells how to use it.
//!
//! `gates` and `approval` say whether it may be done, `change` what is done, `forge` does it, `ledger` remembers it;
//! `history` is what the ledger means.

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
    /// The environment.
    #[arg(long, value_enum, required_unless_present = "record")]
    to: Option<Environment>,
    /// The version that it is to have, without `v`.
    #[arg(long, required_unless_present_any = ["rollback", "record"], conflicts_with = "rollback")]
    version: Option<Version>,
    /// Where that version was published: release.json, SHA256SUMS, SHA256SUMS.sig and the kits.
    #[arg(long, value_name = "DIR", required_unless_present = "record")]
    release: Option<PathBuf>,
    /// Go back to the version that was there before; --release is that of the older version.
    #[arg(long)]
    rollback: bool,
    /// Print every gate's verdict and every step, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write the promotion file that somebody else has to merge, and do nothing else.
    #[arg(long, requires = "reason", conflicts_with = "dry_run")]
    propose: bool,
    /// Why, for the one who approves.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Commit the ledger's new lines and push them to a branch of this remote.
    #[arg(long, value_name = "REMOTE", conflicts_with = "to")]
    record: Option<String>,
    /// Also upgrade the app on this site of ours, besides those of promotions/policy.toml.
    #[arg(long, value_name = "HOST")]
    site: Vec<String>,
    /// The Forge CLI.
    #[arg(long, value_name = "PROGRAM", default_value = "forge")]
    forge: PathBuf,
    /// Who may sign releases, as ssh-keygen takes it [default: promotions/allowed_signers].
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
    /// Seconds that one call of the Forge CLI may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    time_limit: u64,
}

/// What is around a promotion; tests make their own.
struct World<'a> {
    git: Git,
    clock: &'a dyn Fn() -> OffsetDateTime,
    credentials: Option<Credentials>,
    /// Takes each line for the reader.
    say: &'a (dyn Fn(&str) + Sync),
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("no workspace around this package")?;
    World {
        git: Git::new(root),
        clock: &now,
        credentials: Credentials::from_environment(),
        say: &|line| println!("{line}"),
    }
    .run(options)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock; everything else takes it")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// What is asked for, with all that the gates look at.
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

impl World<'_> {
    fn run(&self, options: &Options) -> Result<()> {
        if let Some(remote) = &options.record {
            return record::run(&self.git, remote, self.say);
        }
        let mut ledger = Ledger::open(&self.git).context("refused by the gate ledger")?;
        let case = self.case(options, &ledger)?;
        if options.propose {
            return propose::run(self, &case, options.reason.as_deref().unwrap_or_default());
        }
        let Change { action, environment, version, .. } = &case.change;
        if *action == Action::Promote && case.here.attempt.is_none() && case.here.current() == Some(version) {
            self.say(&format!("{environment} has {version} already, nothing to do"));
            return Ok(());
        }
        self.promote(options, &case, &mut ledger)
    }

    fn case<'o>(&self, options: &'o Options, ledger: &Ledger) -> Result<Case<'o>> {
        let environment = options.to.context("--to is missing")?;
        let release = options.release.as_deref().context("--release is missing")?;
        let here = History::of(environment, ledger.records());
        let change = if options.rollback {
            let back = here.way_back();
            let (version, from) = back.with_context(|| format!("{environment} had no version before: no way back"))?;
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

    fn promote(&self, options: &Options, case: &Case<'_>, ledger: &mut Ledger) -> Result<()> {
        let change = &case.change;
        self.say(&format!("{change}, SHA256SUMS {}", case.sums));
        let mut verdicts = self.release_gates(case);
        verdicts.push(("stage order", gates::stage_order(change, &case.here, case.before.as_ref())));
        verdicts.push(("soak time", gates::soaked(change, case.before.as_ref(), &case.policy, (self.clock)())));
        let approval = approval::find(&self.git, change, &case.sums, &case.policy, &case.records);
        let (approval, verdict) = match approval {
            Ok(found) => (Some(found), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let seen = approval.as_ref().map(|Approval { approver, writers, commit }| {
            format!("{approver} approved with {commit} what {} wrote", writers.join(", "))
        });
        verdicts.push(("approval", verdict.map_or_else(|| Ok(seen.unwrap_or_default()), Err)));
        verdicts.push(("Forge CLI", gates::forge_ready(&options.forge, self.credentials.as_ref())));
        let verdict = self.tell(verdicts);

        let sites = sites(case.policy.sites(change.environment), &options.site)?;
        let attempt = case.here.attempt.as_ref().filter(|attempt| attempt.record.is_about(change, &case.sums));
        let done = attempt.map(|attempt| attempt.done.clone()).unwrap_or_default();
        let (before, left): (Vec<_>, Vec<_>) = change.steps(&sites).into_iter().partition(|step| done.contains(step));
        for step in &before {
            self.say(&format!("step {step}: done already"));
        }
        for step in &left {
            self.say(&format!("step {step}: forge {}", step.arguments(change).join(" ")));
        }
        if options.dry_run {
            self.say("dry run, nothing was done");
            return verdict;
        }
        verdict?;
        let (Some(approval), Some(credentials)) = (approval, self.credentials.clone()) else {
            bail!("neither approval nor credentials may be missing here");
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

    /// Gates that look at the tree and the release only.
    fn release_gates(&self, case: &Case<'_>) -> Verdicts {
        let Case { change: Change { version, .. }, release, sums, records, .. } = case;
        vec![
            ("clean tree", gates::clean_tree(&self.git)),
            ("released", gates::released(&self.git, release, version)),
            ("digests", gates::digests_unchanged(release, version, sums, records)),
            ("signature", gates::signature_good(release, &case.allowed_signers)),
        ]
    }

    /// Prints every verdict; fails with every refusal.
    fn tell(&self, verdicts: Verdicts) -> Result<()> {
        let mut refusals = Vec::new();
        for (gate, verdict) in verdicts {
            match verdict {
                Ok(seen) => self.say(&format!("gate {gate}: ok, {seen}")),
                Err(refusal) => {
                    self.say(&format!("gate {gate}: REFUSED, {refusal:#}"));
                    refusals.push(format!("refused by the gate {gate}: {refusal:#}"));
                }
            }
        }
        ensure!(refusals.is_empty(), "{}", refusals.join("\n"));
        Ok(())
    }

    /// A line before, the steps, a line after.
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
            self.say(&format!("step {step}: begun"));
            match forge.call(&step.arguments(change), self.say) {
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
            bail!("{failure}; it is in the ledger, and the same command goes on from there");
        }
        self.say(&format!("done: {change}; commit promotions/ledger.jsonl, or let `--record` do it"));
        Ok(())
    }

    fn say(&self, line: &str) {
        (self.say)(line);
    }
}

/// The policy's sites and the asked ones, each once. Fails on what is no host name.
fn sites(own: &[String], asked: &[String]) -> Result<Vec<String>> {
    let mut sites: Vec<String> = Vec::new();
    for site in own.iter().chain(asked) {
        let letters = site.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
        ensure!(letters && !site.is_empty() && !site.starts_with('-'), "{site:?} is not the host name of a site");
        if !sites.contains(site) {
            sites.push(site.clone());
        }
    }
    Ok(sites)
}
