//! The licence report: every component with its licence, and each licence text once with the components that it covers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::sbom::{Component, Crate};

/// How the names of files with licences or required notices begin.
const NAMES: &[&str] = &["licen", "copying", "notice", "unlicense", "copyright"];
/// Debian's copy of the LGPL; glibc is linked into the binary.
const LGPL: &str = "/usr/share/common-licenses/LGPL-2.1";

/// The report as text. `libc` is the C library that is linked in.
pub(crate) fn report(crates: &[Crate], libc: &Component) -> Result<String> {
    let mut sorted: Vec<&Crate> = crates.iter().collect();
    sorted.sort_by(|a, b| a.component.purl.cmp(&b.component.purl));
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut without = Vec::new();
    for found in &sorted {
        let own = texts_in(&found.folder)?;
        if own.is_empty() {
            without.push(label(&found.component));
        }
        for text in own {
            texts.entry(text).or_default().push(label(&found.component));
        }
    }
    let lgpl = fs::read_to_string(LGPL).with_context(|| format!("{LGPL}: from Debian's package base-files"))?;
    texts.entry(lgpl).or_default().push(label(libc));

    let mut report =
        String::from("THIRD-PARTY LICENCES\n\nThe connector contains the following third-party software.\n\n");
    for component in sorted.iter().map(|found| &found.component).chain([libc]) {
        let _ = writeln!(report, "  {}: {}", label(component), component.licence.as_deref().unwrap_or("see the text"));
    }
    report.push_str(
        "\nSQLite, which libsqlite3-sys contains, is in the public domain (https://sqlite.org/copyright.html).\n",
    );
    if !without.is_empty() {
        let _ = writeln!(
            report,
            "\nThese come without a text of their own; the one of their licence is below: {}.",
            without.join(", ")
        );
    }
    for (text, whose) in &texts {
        let _ = write!(report, "\n{}\n{}\n\n{}\n", "-".repeat(80), whose.join(", "), text.trim_end());
    }
    Ok(report)
}

fn label(component: &Component) -> String {
    format!("{} {}", component.name, component.version)
}

/// The licence texts beside a crate's manifest, with Unix line breaks.
fn texts_in(folder: &Path) -> Result<Vec<String>> {
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let is_licence = |path: &&std::path::PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        NAMES.iter().any(|start| name.starts_with(start)) && !name.ends_with(".rs") && !name.ends_with(".toml")
    };
    let mut texts = Vec::new();
    for path in paths.iter().filter(is_licence) {
        let text = fs::read(path).with_context(|| path.display().to_string())?;
        texts.push(String::from_utf8_lossy(&text).replace("\r\n", "\n"));
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binary::libc;
    use crate::sbom::crates;

    #[test]
    fn lists_every_component_with_a_text() {
        let (found, _) = crates("sidecar", "x86_64-unknown-linux-gnu").unwrap();
        let report = report(&found, &libc("libc6-dev").unwrap()).unwrap();
        for found in &found {
            assert!(report.contains(&label(&found.component)), "{}", found.component.name);
        }
        for text in ["Apache License", "Permission is hereby granted", "GNU LESSER GENERAL PUBLIC LICENSE", "Mozilla"] {
            assert!(report.contains(text), "{text}");
        }
    }
}
