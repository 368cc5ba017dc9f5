//! Writes the promotion file.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::approval::Paper;
use super::{Case, World};

/// Writes the file for a release that is fit to be promoted, whether it is its turn already or not.
pub(super) fn run(world: &World<'_>, case: &Case<'_>, reason: &str) -> Result<()> {
    let change = &case.change;
    world.tell(world.release_gates(case))?;
    let proposed = (world.clock)().replace_nanosecond(0)?;
    let paper = Paper {
        version: change.version.clone(),
        to: change.environment,
        from: change.from.clone(),
        sums: case.sums.clone(),
        reason: reason.trim().to_owned(),
        proposed,
    };
    ensure!(!paper.reason.is_empty(), "--reason is empty");
    let path = change.paper();
    let text = format!("# To {change}. Approved by merging it, signed off, by somebody else: docs/releasing.md.\n");
    let text = text + &toml::to_string(&paper)?;
    fs::write(world.git.root().join(&path), text).with_context(|| format!("cannot write {path}"))?;
    world.say(&format!("wrote {path}: commit it on a branch of its own and ask an approver for the merge"));
    Ok(())
}
