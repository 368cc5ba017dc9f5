//! The conditions of a promotion. Each gate returns what it found, or why it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use semver::Version;
use time::OffsetDateTime;
use xtask::environment::plain;

use super::change::{Action, Change};
use super::git::Git;
use super::history::History;
use super::ledger::{self, Record};
use super::policy::Policy;
use super::sums;
use crate::forge_cli::Credentials;
use crate::manifest::{PRODUCT, Release};
use crate::sign::{self, IDENTITY};
use crate::{digest, kit};

/// The working tree equals HEAD except for new lines of the ledger, and the whole history is there.
pub(super) fn clean_tree(git: &Git) -> Result<String> {
    let shallow = git.text(&["rev-parse", "--is-shallow-repository"])? == "true";
    ensure!(!shallow, "this clone is shallow: approvals are read from the whole history (git fetch --unshallow)");
    let status = git.text(&["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"])?;
    // Two letters, a blank, a path. The ledger is checked when it is opened.
    let paths = status.split('\0').filter_map(|entry| entry.get(3..)).filter(|path| *path != ledger::PATH);
    let dirty: Vec<&str> = paths.collect();
    ensure!(dirty.is_empty(), "the working tree is not clean: {}", dirty.join(", "));
    Ok(format!("nothing differs from {}", git.text(&["rev-parse", "HEAD"])?))
}

/// There is a release of this version, built from the commit of its tag.
pub(super) fn released(git: &Git, release: &Path, version: &Version) -> Result<String> {
    let path = release.join("release.json");
    let text = fs::read(&path).with_context(|| format!("{version} is not released: cannot read {}", path.display()))?;
    let read = Release::read(&text).with_context(|| format!("{}", path.display()))?;
    ensure!(read.version == version.to_string(), "{version} is not released: release.json is that of {}", read.version);
    let tag = format!("v{version}");
    ensure!(read.forge.tag == tag, "release.json names the Forge build {}, not {tag}", read.forge.tag);
    ensure!(!read.forge.egress, "this release's Forge app declares egress");
    let commit = git
        .text(&["rev-parse", "--verify", "--quiet", &format!("refs/tags/{tag}^{{commit}}")])
        .map_err(|_| anyhow::anyhow!("{version} is not released: there is no tag {tag}"))?;
    ensure!(
        read.commit == commit,
        "release.json was made from {}, but the tag {tag} is on {commit}: one of them was moved",
        read.commit,
    );
    Ok(format!("{tag} is {commit}"))
}

/// Every file has its digest in `SHA256SUMS`, and that list is the same as at each earlier promotion.
pub(super) fn digests_unchanged(release: &Path, version: &Version, sums: &str, records: &[Record]) -> Result<String> {
    let names = sums::check(release)?;
    ensure!(names.iter().any(|name| name == "release.json"), "SHA256SUMS does not list release.json");
    let kit = format!("{PRODUCT}-{version}-");
    ensure!(names.iter().any(|name| name.starts_with(&kit)), "SHA256SUMS lists no kit of {version}");
    let other = records.iter().find(|record| record.version == *version && record.sums != sums);
    if let Some(record) = other {
        bail!(
            "{version} has changed since it went to {} on {}: SHA256SUMS was {}, is {sums}",
            record.environment,
            record.at,
            record.sums,
        );
    }
    Ok(format!("{} files hashed again, SHA256SUMS {sums}", names.len()))
}

/// The list of digests is signed by a key of ours.
pub(super) fn signature_good(release: &Path, allowed_signers: &Path) -> Result<String> {
    let signers = fs::read_to_string(allowed_signers)
        .with_context(|| format!("there is no list of signers at {}", allowed_signers.display()))?;
    let signature = fs::read_to_string(release.join(kit::SIGNATURE))
        .with_context(|| format!("the release is not signed: {} is missing", kit::SIGNATURE))?;
    sign::verify(&digest::read(&release.join(kit::SUMS))?, &signature, &signers)
        .with_context(|| format!("the signature of {}", kit::SUMS))?;
    Ok(format!("signed by {IDENTITY}"))
}

/// No stage is skipped, and a promotion goes to a newer version.
pub(super) fn stage_order(change: &Change, here: &History, before: Option<&History>) -> Result<String> {
    let Change { environment, version, .. } = change;
    if let Some(attempt) = &here.attempt {
        let record = &attempt.record;
        let same = (record.action, &record.version) == (change.action, version);
        ensure!(
            attempt.ended || same || change.action == Action::Rollback,
            "{environment}: {} of {} was begun on {} by {} and never ended: run it again, or roll back",
            if record.action == Action::Promote { "the promotion" } else { "the rollback" },
            record.version,
            record.at,
            record.by,
        );
    }
    if change.action == Action::Rollback {
        return Ok(format!("{version} was there before"));
    }
    if let Some(current) = here.current() {
        ensure!(current <= version, "{environment} has {current}, which is newer: use --rollback to go back");
    }
    let (Some(stage), Some(before)) = (environment.before(), before) else {
        return Ok(format!("{environment} is the first stage"));
    };
    let stay = before.last_stay(version).with_context(|| {
        format!("{version} was never in {stage}: stages are not skipped, promote it to {stage} first")
    })?;
    if let Some((at, Action::Rollback)) = stay.left {
        bail!("{version} was rolled back from {stage} on {at}: promote it to {stage} again first");
    }
    Ok(format!("{version} reached {stage} on {}", stay.entered))
}

/// The version was in the stage before for long enough.
pub(super) fn soaked(
    change: &Change,
    before: Option<&History>,
    policy: &Policy,
    now: OffsetDateTime,
) -> Result<String> {
    let (Action::Promote, Some(stage)) = (change.action, change.environment.before()) else {
        return Ok("nothing to wait for".to_owned());
    };
    let Change { environment, version, .. } = change;
    let wanted = policy.soak(*environment);
    let stay = before.and_then(|before| before.last_stay(version));
    let stay = stay.with_context(|| format!("{version} was never in {stage}"))?;
    let until = stay.left.map_or(now, |(at, _)| at);
    let stayed = until - stay.entered;
    if stayed < wanted {
        match stay.left {
            None => bail!("{version} may go to {environment} from {} on, not before", stay.entered + wanted),
            Some((at, _)) => bail!(
                "{version} was in {stage} for {} min only, until {at}; {environment} requires {} h",
                stayed.whole_minutes(),
                wanted.whole_hours(),
            ),
        }
    }
    Ok(format!("{} h in {stage}, {} h are required", stayed.whole_hours(), wanted.whole_hours()))
}

/// The Forge CLI is there and has a login.
pub(super) fn forge_ready(program: &Path, credentials: Option<&Credentials>) -> Result<String> {
    ensure!(credentials.is_some(), "FORGE_EMAIL and FORGE_API_TOKEN are not both set");
    let found = found(program).with_context(|| format!("there is no program {}", program.display()))?;
    Ok(format!("{}, credentials are set", found.display()))
}

/// The path of a program: as given, or found on `PATH`.
fn found(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let path = plain("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
