//! Every member takes lints, version, edition and `publish` from the workspace, so that none can differ quietly.

use std::fs;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

use super::Report;
use xtask::run::root;

/// Section and line, as every manifest of ours has it.
const INHERITED: &[(&str, &str)] = &[
    ("package", "version.workspace = true"),
    ("package", "edition.workspace = true"),
    ("package", "rust-version.workspace = true"),
    ("package", "publish.workspace = true"),
    ("lints", "workspace = true"),
];

pub(super) fn check(report: &mut Report) -> Result<()> {
    let metadata =
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().context("cargo metadata")?;
    for package in metadata.workspace_packages() {
        let manifest = fs::read_to_string(&package.manifest_path)?;
        for (section, line) in missing(&manifest) {
            report.fault(format!("{}: no `{line}` under [{section}]", package.name));
        }
    }
    Ok(())
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
    fn a_whole_manifest_misses_nothing() {
        assert!(missing(GOOD).is_empty());
    }

    #[test]
    fn a_line_counts_in_its_section_only() {
        let moved = GOOD.replace("[lints]", "[package.metadata]");
        assert_eq!(missing(&moved), [("lints", "workspace = true")]);
        let own = GOOD.replace("edition.workspace = true", "edition = \"2021\"");
        assert_eq!(missing(&own), [("package", "edition.workspace = true")]);
    }
}
