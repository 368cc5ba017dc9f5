//! Approval: an approval file that reached this branch by a merge which another person signed off.
//!
//! Names are taken from git's commits. The ruleset ensures that they are true and that nobody merges without a review
//! (`.github/rulesets/main.json`).

use anyhow::{Context, Result, bail, ensure};
use semver::Version;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::change::Change;
use super::environment::Environment;
use super::git::Git;
use super::ledger::{Event, Outcome, Record};
use super::policy::Policy;

/// The committer of GitHub's merges; the author is the person who pressed the button.
const GITHUB: &str = "noreply@github.com";

/// The approval file: proposed by one person, merged by another.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proposal {
    /// The version to deploy.
    pub(super) version: Version,
    pub(super) to: Environment,
    /// The version to leave; in a rollback only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<Version>,
    /// SHA-256 of the release's `SHA256SUMS`, 64 hex digits.
    pub(super) sums: String,
    /// For the approver and for the record.
    pub(super) reason: String,
    /// Makes the file different when the same change is proposed again: an approval is valid once.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) proposed: OffsetDateTime,
}

/// The approver and the merge.
#[derive(Debug)]
pub(super) struct Approval {
    /// The merge, 40 hex digits.
    pub(super) commit: String,
    pub(super) approver: String,
    pub(super) writers: Vec<String>,
}

/// A person as named by a commit.
struct Person {
    /// E-mail as written, and as `.mailmap` maps it.
    mails: [String; 2],
}

impl Person {
    fn is(&self, mail: &str) -> bool {
        self.mails.iter().any(|own| own.eq_ignore_ascii_case(mail))
    }
}

/// Finds the approval of a change to a release with these sums.
pub(super) fn find(git: &Git, change: &Change, sums: &str, policy: &Policy, records: &[Record]) -> Result<Approval> {
    let path = change.approval_path();
    let Some(text) = git.file("HEAD", &path)? else {
        bail!("nobody approved this: {path} is not in this branch (`--propose` writes it)");
    };
    check_content(&path, &text, change, sums)?;
    // The newest commit along first parents that changed the file.
    let merge = git.text(&["log", "--first-parent", "-1", "--format=%H", "HEAD", "--", &path])?;
    let parents = git.text(&["rev-list", "--parents", "-n", "1", &merge])?;
    let [_, _, branch] = parents.split(' ').collect::<Vec<_>>()[..] else {
        bail!("{path} was changed by {merge}, which is no merge of a branch: only its author has seen it");
    };
    ensure!(
        git.file(branch, &path)?.as_ref() == Some(&text),
        "{path} is not what was reviewed: the merge {merge} changed it",
    );
    let writers = writers(git, &merge, &path)?;
    let approver = approver(git, &merge, policy)?;
    let wrote = writers.iter().find(|writer| approver.mails.iter().any(|mail| mail.eq_ignore_ascii_case(writer)));
    if let Some(writer) = wrote {
        bail!("{writer} wrote {path} and merged it: author and approver must be two people");
    }
    let used = |record: &&Record| {
        record.approval == merge && matches!(record.event, Event::Ended { outcome: Outcome::Done, .. })
    };
    if let Some(record) = records.iter().find(used) {
        bail!("the approval {merge} was used on {}: propose again", record.at);
    }
    let [approver, _] = approver.mails;
    Ok(Approval { commit: merge, approver, writers })
}

fn check_content(path: &str, text: &[u8], change: &Change, sums: &str) -> Result<()> {
    let text = std::str::from_utf8(text).with_context(|| path.to_owned())?;
    let proposal: Proposal = toml::from_str(text).with_context(|| path.to_owned())?;
    let same = (&proposal.version, proposal.to, &proposal.from) == (&change.version, change.environment, &change.from);
    ensure!(same, "{path} approves another change than to {change}");
    ensure!(proposal.sums == sums, "{path} approves other bytes: SHA256SUMS has {sums}, approved is {}", proposal.sums);
    ensure!(!proposal.reason.trim().is_empty(), "{path} gives no reason");
    Ok(())
}

/// All authors and committers of the file on the branch that was merged.
fn writers(git: &Git, merge: &str, path: &str) -> Result<Vec<String>> {
    let range = format!("{merge}^1..{merge}^2");
    let mails = git.text(&["log", "--full-history", "--format=%ae%n%aE%n%ce%n%cE", &range, "--", path])?;
    let mut mails: Vec<String> = mails.lines().map(str::to_lowercase).collect();
    mails.sort();
    mails.dedup();
    ensure!(!mails.is_empty(), "the merge {merge} changed {path}, but no commit of its branch did");
    Ok(mails)
}

/// The person who made the merge, signed it off and is an approver.
fn approver(git: &Git, merge: &str, policy: &Policy) -> Result<Person> {
    let shown = git.text(&["log", "-1", "--format=%ce%n%cE%n%ae%n%aE", merge])?;
    let [committer, mapped_committer, author, mapped_author] = shown.lines().collect::<Vec<_>>()[..] else {
        bail!("git shows no author of the merge {merge}");
    };
    let mails = if committer == GITHUB { [author, mapped_author] } else { [committer, mapped_committer] };
    let person = Person { mails: mails.map(str::to_owned) };
    let signed = git.text(&["log", "-1", "--format=%(trailers:key=Signed-off-by,valueonly)", merge])?;
    let mut signers = signed.lines().filter_map(|line| line.split_once('<')?.1.strip_suffix('>'));
    ensure!(
        signers.any(|mail| person.is(mail)),
        "the merge {merge} has no Signed-off-by of {}, who made it",
        person.mails[0],
    );
    ensure!(
        policy.approvers.iter().any(|mail| person.is(mail)),
        "{} merged it, but is not among the approvers of promotions/policy.toml",
        person.mails[0],
    );
    Ok(person)
}
