//! `promote --propose`: writes the approval file.

use std::fs;

use anyhow::{Context, Result, ensure};
use time::OffsetDateTime;

use super::approval::Proposal;
use super::change::Change;
use super::git::Git;

/// Writes the file, and returns its path.
pub(super) fn write(git: &Git, change: &Change, sums: &str, reason: &str, now: OffsetDateTime) -> Result<String> {
    let proposed = now.replace_nanosecond(0)?;
    let proposal = Proposal {
        version: change.version.clone(),
        to: change.environment,
        from: change.from.clone(),
        sums: sums.to_owned(),
        reason: reason.trim().to_owned(),
        proposed,
    };
    ensure!(!proposal.reason.is_empty(), "--reason is empty");
    let path = change.approval_path();
    let text = format!("# To {change}. Another person approves it by a signed-off merge: docs/releasing.md.\n");
    let text = text + &toml::to_string(&proposal)?;
    fs::write(git.root().join(&path), text).with_context(|| format!("cannot write {path}"))?;
    Ok(path)
}
