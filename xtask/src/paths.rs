//! Paths of this machine, and the names they get in what is built: so that two machines build the same bytes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run::{output, program, root};

/// Real path and its name, for what `rustc` compiles into `target_dir`. The last that fits wins, so the wider ones come
/// first.
///
/// # Errors
/// `rustc` does not run, or there is no cargo home.
pub fn remapped(rustc: &str, target_dir: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
    let sysroot = PathBuf::from(output(program(rustc).args(["--print", "sysroot"]))?);
    Ok(vec![
        (root(), "/connector"),
        (cargo_home()?, "/cargo"),
        (target_dir.to_owned(), "/target"),
        (sysroot.join("lib/rustlib/src/rust"), "/rust"),
    ])
}

/// rustc's flags for them.
///
/// # Errors
/// As [`remapped`].
pub fn rust_flags(rustc: &str, target_dir: &Path) -> Result<Vec<String>> {
    let flag = |(from, to): &(PathBuf, &str)| format!("--remap-path-prefix={}={to}", from.display());
    Ok(remapped(rustc, target_dir)?.iter().map(flag).collect())
}

fn cargo_home() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")))
        .context("no CARGO_HOME, no HOME")
}
