//! Paths of this machine and the names that replace them in what is built, so that two machines build the same bytes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::environment::plain;
use crate::run::{output, program, root};

/// Pairs of a real path and its name, for what `rustc` compiles into `target_dir`. The last match wins, so wider paths come
/// first.
///
/// # Errors
/// `rustc` does not run, or neither `CARGO_HOME` nor `HOME` is set.
pub fn remapped(rustc: &str, target_dir: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
    let sysroot = PathBuf::from(output(program(rustc).args(["--print", "sysroot"]))?);
    Ok(vec![
        (root(), "/connector"),
        (cargo_home()?, "/cargo"),
        (target_dir.to_owned(), "/target"),
        (sysroot.join("lib/rustlib/src/rust"), "/rust"),
    ])
}

/// The same pairs as flags of rustc.
///
/// # Errors
/// As [`remapped`].
pub fn rust_flags(rustc: &str, target_dir: &Path) -> Result<Vec<String>> {
    let flag = |(from, to): &(PathBuf, &str)| format!("--remap-path-prefix={}={to}", from.display());
    Ok(remapped(rustc, target_dir)?.iter().map(flag).collect())
}

fn cargo_home() -> Result<PathBuf> {
    let home = plain("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| plain("HOME").map(|home| Path::new(&home).join(".cargo")))
        .context("neither CARGO_HOME nor HOME is set")
}
