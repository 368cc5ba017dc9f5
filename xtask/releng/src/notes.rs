//! Release notes: the changes, and every digest in a machine-readable block.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use crate::manifest::{PRODUCT, Release};

const BEGIN: &str = "<!-- digests v1: begin -->";
const END: &str = "<!-- digests v1: end -->";

/// The notes. `sums`: the published `SHA256SUMS`, for the notes beside the kits; those inside a kit cannot contain its digest.
pub(crate) fn write(release: &Release, changelog: &str, sums: Option<&str>) -> Result<String> {
    let Release { version, commit, source_date_epoch, .. } = release;
    // A kit can be built before its version has a section; a release checks that there is one.
    let changes = section(changelog, version).or_else(|_| section(changelog, "Unreleased"))?;
    let mut text = format!("# {PRODUCT} {version}\n\n{}\n\n", changes.trim());
    text.push_str("## Digests\n\n");
    text.push_str(
        "Engines name a loaded image by one of two digests: Docker's classic store and podman by `config`, Docker's containerd \
         store by `manifest`. `docker image inspect --format '{{.Id}}'` must show one of the two.\n\n",
    );
    let _ = writeln!(text, "{BEGIN}\n```text");
    for image in &release.images {
        let arch = &image.arch;
        let _ = writeln!(text, "image linux/{arch} tarball sha256:{} {}", image.tarball_sha256, image.file);
        let _ = writeln!(text, "image linux/{arch} config {}", image.config_digest);
        let _ = writeln!(text, "image linux/{arch} manifest {}", image.manifest_digest);
        let _ = writeln!(text, "binary linux/{arch} sha256:{}", image.binary_sha256);
        let _ = writeln!(text, "sbom linux/{arch} sha256:{}", image.sbom_sha256);
    }
    let _ = writeln!(text, "forge bundle sha256:{} {}", release.forge.bundle_sha256, release.forge.tag);
    let _ = writeln!(text, "sbom forge sha256:{}", release.forge.sbom_sha256);
    for line in sums.into_iter().flat_map(str::lines) {
        let (sum, name) = line.split_once("  ").context("a line of SHA256SUMS has no name")?;
        let _ = writeln!(text, "file {name} sha256:{sum}");
    }
    let _ = writeln!(text, "```\n{END}\n");
    text.push_str("## Rolling back\n\n");
    match &release.previous {
        None => text.push_str("This is the first release; there is no earlier one to go back to.\n"),
        Some(previous) => {
            let _ = writeln!(
                text,
                "The previous release is {}. Keep its kit: `docker load` it, set `CONNECTOR_VERSION={0}` and start again on the \
                 same volume. A program that is older than the database's schema refuses to start and changes nothing.\n",
                previous.version
            );
            for image in &previous.images {
                let _ = writeln!(
                    text,
                    "- linux/{}: config `{}`, manifest `{}`",
                    image.arch, image.config_digest, image.manifest_digest
                );
            }
        }
    }
    text.push_str("\n## Building it yourself\n\n");
    let _ = writeln!(
        text,
        "From commit `{commit}` (its time, {source_date_epoch}, is that of every file), on Debian 12:\n"
    );
    let _ = writeln!(text, "    git checkout v{version} && cargo xtask kit --out DIR\n");
    text.push_str("builds the same image, byte for byte, with the same compiler, C library and linker (Debian's):\n\n");
    for image in &release.images {
        let _ = writeln!(text, "- linux/{}: {}, glibc {}", image.arch, image.rustc, image.libc);
    }
    text.push_str("\nThe kit as a whole differs in its signature only.\n");
    Ok(text)
}

/// The changelog's section for `version` (Keep a Changelog), without its heading.
pub(crate) fn section<'a>(changelog: &'a str, version: &str) -> Result<&'a str> {
    let heading = format!("## [{version}]");
    let start = changelog.find(&heading).with_context(|| format!("CHANGELOG.md has no section {heading}"))?;
    let body = changelog[start..].split_once('\n').map_or("", |(_, body)| body);
    let body = body.split("\n## [").next().unwrap_or_default();
    ensure!(!body.trim().is_empty(), "CHANGELOG.md has no text under {heading}");
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::release;

    const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-26\n\n### Added\n\n- One thing.\n\n## [1.2.2]\n\n- Old.\n";

    #[test]
    fn notes_list_every_digest_once() {
        let notes = write(&release(), CHANGELOG, Some("aa  kit.tar\n")).unwrap();
        let block = notes.split(BEGIN).nth(1).unwrap().split(END).next().unwrap();
        for digest in [
            &release().images[0].tarball_sha256,
            &release().images[0].config_digest,
            &release().images[0].manifest_digest,
            &release().forge.bundle_sha256,
        ] {
            assert_eq!(block.matches(digest.as_str()).count(), 1, "{digest}");
        }
        assert!(block.contains("file kit.tar sha256:aa"));
        assert!(notes.contains("- One thing.") && !notes.contains("Old"));
        assert!(notes.contains("CONNECTOR_VERSION=1.2.2"));
    }

    #[test]
    fn rejects_a_version_without_a_section() {
        assert!(section(CHANGELOG, "2.0.0").is_err());
        assert!(section("## [1.0.0]\n\n## [0.9.0]\n\n- x", "1.0.0").is_err());
    }
}
