//! `promote --propose`: writes the approval file.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::approval::Proposal;
use super::{Case, Env};

/// Writes the file for a release that passes the release gates. Stage order and soak time are not checked yet.
pub(super) fn run(env: &Env<'_>, case: &Case<'_>, reason: &str) -> Result<()> {
    let change = &case.change;
    env.report(env.release_gates(case))?;
    let proposed = (env.clock)().replace_nanosecond(0)?;
    let proposal = Proposal {
        version: change.version.clone(),
        to: change.environment,
        from: change.from.clone(),
        sums: case.sums.clone(),
        reason: reason.trim().to_owned(),
        proposed,
    };
    ensure!(!proposal.reason.is_empty(), "--reason is empty");
    let path = change.approval_path();
    let text = format!("# To {change}. Another person approves it by a signed-off merge: docs/releasing.md.\n");
    let text = text + &toml::to_string(&proposal)?;
    fs::write(env.git.root().join(&path), text).with_context(|| format!("cannot write {path}"))?;
    env.print(&format!("wrote {path}: commit it on a new branch and ask an approver for the merge"));
    Ok(())
}
