//! The digests of a published release: `SHA256SUMS`, compared with the files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::digest::{read, sha256};
use crate::kit::SUMS;

/// SHA-256 of a release's `SHA256SUMS`, 64 hex digits: it identifies a release in approvals and in the ledger.
pub(super) fn digest(release: &Path) -> Result<String> {
    Ok(sha256(&read(&release.join(SUMS))?))
}

/// Compares every file that `SHA256SUMS` lists. Returns their names.
///
/// Fails at the first that is missing or has another digest, and on a line that is not `<64 hex digits>  <name>`.
pub(super) fn check(release: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(release.join(SUMS)).with_context(|| format!("cannot read {SUMS}"))?;
    let mut names: Vec<String> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let (listed, name) =
            line.split_once("  ").with_context(|| format!("{SUMS}:{number}: not a digest and a name"))?;
        ensure!(is_digest(listed), "{SUMS}:{number}: not a SHA-256 in small hex digits");
        // The file must be in the same folder as the list.
        let plain = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
        ensure!(plain, "{SUMS}:{number}: {name:?} is not the name of a file in this folder");
        ensure!(!names.iter().any(|known| known == name), "{SUMS}:{number}: {name} is listed twice");
        let path = release.join(name);
        ensure!(fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file()), "{name} is listed, but missing");
        let found = sha256(&read(&path)?);
        ensure!(found == listed, "{name} is not what was released: SHA-256 {found}, {SUMS} says {listed}");
        names.push(name.to_owned());
    }
    Ok(names)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
