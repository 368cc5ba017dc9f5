//! Approval: a promotion file that came to this branch by a merge which somebody else signed off.
//!
//! What is believed here is what git says. That nobody merges past the review is the ruleset's work
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

/// GitHub commits merges as itself; who pressed the button is the author.
const GITHUB: &str = "noreply@github.com";

/// The promotion file. Proposed by one person, merged by another.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paper {
    /// The version that the environment is to have.
    pub(super) version: Version,
    pub(super) to: Environment,
    /// The version that is left, when this is a rollback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<Version>,
    /// SHA-256 of the release's `SHA256SUMS`, 64 hex digits.
    pub(super) sums: String,
    /// For the one who approves, and for the record.
    pub(super) reason: String,
    /// Makes the file another one when the same is proposed again: an approval is good once.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) proposed: OffsetDateTime,
}

/// Who approved, and by what.
#[derive(Debug)]
pub(super) struct Approval {
    /// The merge, 40 hex digits.
    pub(super) commit: String,
    pub(super) approver: String,
    pub(super) writers: Vec<String>,
}

/// Somebody, as a commit names them.
struct Person {
    /// E-mail as written, and as `.mailmap` maps it.
    mails: [String; 2],
}

impl Person {
    fn is(&self, mail: &str) -> bool {
        self.mails.iter().any(|own| own.eq_ignore_ascii_case(mail))
    }
}

/// Looks for the approval of a change to a release with these sums.
pub(super) fn find(git: &Git, change: &Change, sums: &str, policy: &Policy, records: &[Record]) -> Result<Approval> {
    let path = change.paper();
    let Some(text) = git.file("HEAD", &path)? else {
        bail!("nobody approved this: {path} is not in this branch (`--propose` writes it)");
    };
    says(&path, &text, change, sums)?;
    // Along first parents, the commit by which the file became what it is.
    let merge = git.text(&["log", "--first-parent", "-1", "--format=%H", "HEAD", "--", &path])?;
    let parents = git.text(&["rev-list", "--parents", "-n", "1", &merge])?;
    let [_, _, branch] = parents.split(' ').collect::<Vec<_>>()[..] else {
        bail!("{path} came by {merge}, which is no merge of a branch: nobody but its author was asked");
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

fn says(path: &str, text: &[u8], change: &Change, sums: &str) -> Result<()> {
    let text = std::str::from_utf8(text).with_context(|| path.to_owned())?;
    let paper: Paper = toml::from_str(text).with_context(|| path.to_owned())?;
    let same = (&paper.version, paper.to, &paper.from) == (&change.version, change.environment, &change.from);
    ensure!(same, "{path} approves something else than to {change}");
    ensure!(paper.sums == sums, "{path} approves other bytes: SHA256SUMS has {sums}, approved is {}", paper.sums);
    ensure!(!paper.reason.trim().is_empty(), "{path} gives no reason");
    Ok(())
}

/// Everybody who wrote or committed the file on the branch that was merged.
fn writers(git: &Git, merge: &str, path: &str) -> Result<Vec<String>> {
    let range = format!("{merge}^1..{merge}^2");
    let mails = git.text(&["log", "--full-history", "--format=%ae%n%aE%n%ce%n%cE", &range, "--", path])?;
    let mut mails: Vec<String> = mails.lines().map(str::to_lowercase).collect();
    mails.sort();
    mails.dedup();
    ensure!(!mails.is_empty(), "the merge {merge} brought {path}, but no commit of its branch did");
    Ok(mails)
}

/// Who made the merge, provided that they signed it off and may.
fn approver(git: &Git, merge: &str, policy: &Policy) -> Result<Person> {
    let shown = git.text(&["log", "-1", "--format=%ce%n%cE%n%ae%n%aE", merge])?;
    let [committer, mapped_committer, author, mapped_author] = shown.lines().collect::<Vec<_>>()[..] else {
        bail!("git does not say who made the merge {merge}");
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
