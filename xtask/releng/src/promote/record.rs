//! Brings the ledger's new lines into git, so that the next promotion, on whichever machine, knows of this one.

use anyhow::{Result, ensure};

use super::git::Git;
use super::ledger::{self, Ledger};

/// Commits the ledger, and nothing else, and pushes the commit to a branch of its own. From there it is merged like any
/// change. Nothing new, nothing done.
pub(super) fn run(git: &Git, remote: &str, say: &dyn Fn(&str)) -> Result<()> {
    ensure!(!remote.is_empty() && !remote.starts_with('-'), "{remote:?} is not the name of a remote");
    let ledger = Ledger::open(git)?;
    let Some((hash, last)) = ledger.records().last() else {
        say("the ledger is empty");
        return Ok(());
    };
    if git.file("HEAD", ledger::PATH)?.as_deref() == Some(ledger.bytes()) {
        say("the ledger has no new line");
        return Ok(());
    }
    let subject = format!("Record what was done to {}: {}", last.environment, last.version);
    git.text(&["add", "--", ledger::PATH])?;
    git.text(&["commit", "--quiet", "-m", &subject, "--", ledger::PATH])?;
    let branch = format!("promotions/ledger-{}", &hash[..12]);
    git.text(&["push", "--quiet", remote, &format!("HEAD:refs/heads/{branch}")])?;
    say(&format!("pushed to {branch} of {remote}: open a pull request and merge it before the next promotion"));
    Ok(())
}
