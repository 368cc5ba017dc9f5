//! Every member inherits lints, version, edition and `publish` from the workspace, so that none can differ unnoticed; and
//! `xtask/clippy.toml`, which replaces the root's, has all of its bans.

use std::fs;

use anyhow::Result;

use super::report::Report;
use xtask::run::{metadata, root};

/// Section and line, as every manifest of ours has it.
const INHERITED: &[(&str, &str)] = &[
    ("package", "version.workspace = true"),
    ("package", "edition.workspace = true"),
    ("package", "rust-version.workspace = true"),
    ("package", "publish.workspace = true"),
    ("lints", "workspace = true"),
];

pub(super) fn check(report: &mut Report) -> Result<()> {
    for package in metadata(&["--no-deps"])?.workspace_packages() {
        let manifest = fs::read_to_string(&package.manifest_path)?;
        for (section, line) in missing(&manifest) {
            report.fault(format!("{}: no `{line}` under [{section}]", package.name));
        }
    }
    let read = |path: &str| fs::read_to_string(root().join(path));
    for line in missing_bans(&read("clippy.toml")?, &read("xtask/clippy.toml")?) {
        report.fault(format!("xtask/clippy.toml: lacks this line of clippy.toml: {line}"));
    }
    Ok(())
}

/// Settings and bans of the first text that the second does not have.
fn missing_bans<'a>(all: &'a str, own: &str) -> Vec<&'a str> {
    let is_setting = |line: &&str| !line.is_empty() && !line.starts_with('#');
    all.lines()
        .map(str::trim)
        .filter(is_setting)
        .filter(|line| !own.lines().any(|other| other.trim() == *line))
        .collect()
}

fn missing(manifest: &str) -> Vec<(&'static str, &'static str)> {
    let mut section = "";
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => section = name,
            None => found.push((section, line)),
        }
    }
    INHERITED.iter().filter(|wanted| !found.contains(wanted)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\npublish.workspace = true\n\n[lints]\nworkspace = true\n";

    #[test]
    fn accepts_a_complete_manifest() {
        assert!(missing(GOOD).is_empty());
    }

    #[test]
    fn names_bans_that_are_missing() {
        let all = "# why\nbans = [\n  { a },\n  { b },\n]\n";
        assert_eq!(missing_bans(all, "bans = [\n  { a },\n  { c },\n]\n"), ["{ b },"]);
        assert!(missing_bans(all, all).is_empty());
    }

    #[test]
    fn a_line_counts_in_its_section_only() {
        let moved = GOOD.replace("[lints]", "[package.metadata]");
        assert_eq!(missing(&moved), [("lints", "workspace = true")]);
        let own = GOOD.replace("edition.workspace = true", "edition = \"2021\"");
        assert_eq!(missing(&own), [("package", "edition.workspace = true")]);
    }
}
