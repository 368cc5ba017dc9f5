//! `promotions/ledger.jsonl`: the record of all promotions and rollbacks. One line before the steps, one after.
//!
//! Each line holds the SHA-256 of the line before, so that no line can be changed, removed or inserted without changing all
//! that follow. A chain that was shortened or written anew is still valid; therefore every version of the file in git's
//! history must also be the beginning of the current file.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::change::{Action, Change, Step};
use super::environment::Environment;
use super::git::Git;

/// The path from the root of the repository.
pub(super) const PATH: &str = "promotions/ledger.jsonl";
/// The format version of a line; raised when a field is removed or changes its meaning.
const FORMAT: u32 = 1;
/// The hash of the line before the first line.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The content of a line, without its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Record {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// git's user, `Name <mail>`.
    pub(super) by: String,
    pub(super) action: Action,
    pub(super) environment: Environment,
    /// The version to deploy.
    pub(super) version: Version,
    /// SHA-256 of the release's `SHA256SUMS`, 64 hex digits.
    pub(super) sums: String,
    /// The merge commit that approved it, 40 hex digits.
    pub(super) approval: String,
    pub(super) event: Event,
}

/// The begin or the end of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Event {
    /// Written before the first step.
    Begun {
        /// The hash of the line that began the resumed attempt.
        resumes: Option<String>,
        /// The steps to do.
        left: Vec<Step>,
    },
    /// Written after the last step, or after one that failed.
    Ended {
        /// The hash of the line that began it.
        begun: String,
        outcome: Outcome,
        /// The steps that are done, including those of resumed attempts.
        done: Vec<Step>,
        /// The step that failed, and its error.
        failure: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// The environment has the version.
    Done,
    /// It may or may not have the version: resume or roll back.
    Failed,
}

impl Record {
    /// Whether it is about this change, begun with the same bytes.
    pub(super) fn is_about(&self, change: &Change, sums: &str) -> bool {
        self.action == change.action
            && self.environment == change.environment
            && self.version == change.version
            && self.sums == sums
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    format: u32,
    /// SHA-256 of the line before, without its line end; [`NOTHING`] in the first.
    previous: String,
    record: Record,
}

/// The ledger, read, checked and locked against other processes of this machine.
pub(super) struct Ledger {
    file: File,
    bytes: Vec<u8>,
    /// Each with the hash of its line.
    records: Vec<(String, Record)>,
}

impl Ledger {
    /// Opens or creates the ledger of a working tree, and checks chain and history.
    ///
    /// Fails on a broken chain, on history that was rewritten, and while another process holds the lock.
    pub(super) fn open(git: &Git) -> Result<Self> {
        let path = git.root().join(PATH);
        let file = open(&path).with_context(|| format!("cannot open {PATH}"))?;
        file.try_lock().map_err(|_| anyhow::anyhow!("another promotion is running: it holds {PATH}"))?;
        let bytes = fs::read(&path)?;
        let records = parse(&bytes)?;
        only_grew(git, &bytes)?;
        Ok(Self { file, bytes, records })
    }

    /// The records in order, each with the hash of its line.
    pub(super) fn records(&self) -> &[(String, Record)] {
        &self.records
    }

    /// Appends one line and syncs it to the disk. Returns its hash.
    pub(super) fn append(&mut self, record: Record) -> Result<String> {
        let last = self.records.last();
        if let Some((_, before)) = last {
            ensure!(record.at >= before.at, "the clock is behind the ledger: {} is before {}", record.at, before.at);
        }
        let previous = last.map_or_else(|| NOTHING.to_owned(), |(hash, _)| hash.clone());
        let mut line = serde_json::to_vec(&Line { format: FORMAT, previous, record: record.clone() })?;
        let hash = hash(&line);
        line.push(b'\n');
        self.file
            .write_all(&line)
            .and_then(|()| self.file.sync_all())
            .with_context(|| format!("cannot write {PATH}"))?;
        self.bytes.extend_from_slice(&line);
        self.records.push((hash.clone(), record));
        Ok(hash)
    }

    /// The content of the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Closing the file is not enough: a child that another thread is starting shares it until its `exec`.
impl Drop for Ledger {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

/// The records of a file. Fails at the first line that does not fit the chain.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<(String, Record)>> {
    let mut records: Vec<(String, Record)> = Vec::new();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let Some(line) = line.strip_suffix(b"\n") else {
            bail!("{PATH}:{number}: torn, its end was not written");
        };
        let parsed: Line =
            serde_json::from_slice(line).with_context(|| format!("{PATH}:{number}: not a line of the ledger"))?;
        ensure!(parsed.format == FORMAT, "{PATH}:{number}: format {} is unknown", parsed.format);
        let before = records.last();
        let expected = before.map_or(NOTHING, |(hash, _)| hash);
        ensure!(
            parsed.previous == expected,
            "{PATH}:{number}: the chain is broken, it follows {} and not {expected}: a line before it was changed, \
             removed or inserted",
            parsed.previous,
        );
        ensure!(
            before.is_none_or(|(_, before)| before.at <= parsed.record.at),
            "{PATH}:{number}: is older than the line before",
        );
        if let Event::Ended { begun, .. } = &parsed.record.event {
            let known = records.iter().any(|(hash, record)| hash == begun && is_begin_of(record, &parsed.record));
            ensure!(known, "{PATH}:{number}: ends a change that was never begun");
        }
        records.push((hash(line), parsed.record));
    }
    Ok(records)
}

fn is_begin_of(begun: &Record, ended: &Record) -> bool {
    matches!(begun.event, Event::Begun { .. })
        && (begun.action, begun.environment, &begun.version, &begun.sums, &begun.approval)
            == (ended.action, ended.environment, &ended.version, &ended.sums, &ended.approval)
}

/// Every version of the file in this branch's history is the beginning of the current file.
fn only_grew(git: &Git, bytes: &[u8]) -> Result<()> {
    let commits = git.text(&["log", "--full-history", "--format=%H", "HEAD", "--", PATH])?;
    for commit in commits.lines() {
        let Some(then) = git.file(commit, PATH)? else { bail!("{PATH}: commit {commit} removed it") };
        ensure!(
            bytes.starts_with(&then),
            "{PATH}: it does not continue its version of commit {commit}: lines were removed or rewritten",
        );
    }
    Ok(())
}

fn hash(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line))
}
