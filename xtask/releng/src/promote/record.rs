//! `promote --record`: commits the new lines of the ledger, so that the next promotion on any machine has them.

use anyhow::{Result, ensure};

use super::git::Git;
use super::ledger::{self, Ledger};

/// Commits the ledger alone and pushes the commit to a new branch, from which it is merged like any change. Without new
/// lines it changes nothing.
pub(super) fn run(git: &Git, remote: &str, print: &dyn Fn(&str)) -> Result<()> {
    ensure!(!remote.is_empty() && !remote.starts_with('-'), "{remote:?} is not the name of a remote");
    let ledger = Ledger::open(git)?;
    let Some((hash, last)) = ledger.records().last() else {
        print("the ledger is empty");
        return Ok(());
    };
    if git.file("HEAD", ledger::PATH)?.as_deref() == Some(ledger.bytes()) {
        print("the ledger has no new line");
        return Ok(());
    }
    let subject = format!("Record the change of {} to {}", last.environment, last.version);
    git.text(&["add", "--", ledger::PATH])?;
    git.text(&["commit", "--quiet", "-m", &subject, "--", ledger::PATH])?;
    let branch = format!("promotions/ledger-{}", &hash[..12]);
    git.text(&["push", "--quiet", remote, &format!("HEAD:refs/heads/{branch}")])?;
    print(&format!("pushed to {branch} of {remote}: open a pull request and merge it before the next promotion"));
    Ok(())
}
