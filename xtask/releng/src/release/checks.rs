//! The conditions of a release. All are checked, so that all faults are reported at once.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use xtask::run::root;

use super::options::Options;
use crate::forge_cli::Credentials;
use crate::manifest::Previous;
use crate::source::{Source, check_version, git};
use crate::{forge, notes};

type Verdict = (&'static str, Result<(), String>);

/// Every check with its verdict, in a fixed order.
pub(super) fn all(source: &Source, previous: Option<&Previous>, options: &Options) -> Vec<Verdict> {
    let verdict = |result: Result<()>| result.map_err(|error| format!("{error:#}"));
    vec![
        ("clean tree", verdict(clean(source))),
        ("version", verdict(version(source, previous))),
        ("tag", verdict(tag(source))),
        ("changelog", verdict(changelog(source))),
        ("green CI", verdict(green(source, options))),
        ("permissions of the Forge app", verdict(permissions(previous, options.consent_required))),
        ("Forge CLI", verdict(forge_cli(options))),
    ]
}

fn clean(source: &Source) -> Result<()> {
    ensure!(source.clean, "there are changes that are in no commit");
    Ok(())
}

fn version(source: &Source, previous: Option<&Previous>) -> Result<()> {
    check_version(&source.version)?;
    if let Some(previous) = previous {
        ensure!(
            parts(&source.version) > parts(&previous.version),
            "{} does not come after {}, which is published",
            source.version,
            previous.version
        );
    }
    Ok(())
}

/// Numbers of a version that [`check_version`] has let through.
pub(super) fn parts(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|part| part.parse().ok()).collect()
}

fn tag(source: &Source) -> Result<()> {
    let tag = source.tag();
    let tagged = git(&["rev-parse", "--verify", "--quiet", &format!("refs/tags/{tag}^{{commit}}")])
        .map_err(|_| anyhow::anyhow!("there is no tag {tag}: git tag --sign {tag}"))?;
    ensure!(tagged == source.commit, "{tag} is on {tagged}, and this is {}", source.commit);
    Ok(())
}

fn changelog(source: &Source) -> Result<()> {
    let text = std::fs::read_to_string(root().join("CHANGELOG.md")).context("CHANGELOG.md")?;
    ensure!(notes::section(&text, &source.version).is_ok(), "CHANGELOG.md has no section for {}", source.version);
    Ok(())
}

/// The file that `cargo xtask test --proof` writes.
#[derive(Deserialize)]
struct Proof {
    commit: String,
    clean: bool,
    complete: bool,
    passed: Vec<String>,
}

fn green(source: &Source, options: &Options) -> Result<()> {
    let path = &options.ci_proof;
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let proof: Proof = serde_json::from_slice(&text)
        .with_context(|| format!("{} is not a proof of cargo xtask test", path.display()))?;
    ensure!(proof.commit == source.commit, "the proof is for {}, and this is {}", proof.commit, source.commit);
    ensure!(proof.clean, "the proof is for a tree with changes that are in no commit");
    ensure!(proof.complete, "the proof covers {} only", proof.passed.join(", "));
    Ok(())
}

fn forge_cli(options: &Options) -> Result<()> {
    let program = root().join(&options.forge);
    ensure!(program.is_file(), "there is no program {}: npm ci --prefix xtask/releng/tools", program.display());
    ensure!(Credentials::from_environment().is_some(), "FORGE_EMAIL and FORGE_API_TOKEN are not both set");
    Ok(())
}

fn permissions(previous: Option<&Previous>, consent_required: bool) -> Result<()> {
    let manifest = std::fs::read_to_string(root().join("forge-app/manifest.yml")).context("forge-app/manifest.yml")?;
    compare(&forge::permissions(&manifest)?, previous, consent_required)
}

/// An app with egress is never released; one with more scopes is, with `--consent-required`.
fn compare(now: &forge::Permissions, previous: Option<&Previous>, consent_required: bool) -> Result<()> {
    ensure!(
        !now.egress,
        "manifest.yml declares egress, remotes or providers: this app reaches nothing but its Jira site"
    );
    let Some(previous) = previous else { return Ok(()) };
    let more: Vec<&str> =
        now.scopes.iter().filter(|scope| !previous.scopes.contains(scope)).map(String::as_str).collect();
    if more.is_empty() {
        return Ok(());
    }
    println!(
        "warning: {} more than {} has: every admin has to consent, which calls for a major version",
        more.join(", "),
        previous.version
    );
    if !consent_required {
        bail!("{} more than the last release has; --consent-required accepts this", more.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::release;

    #[test]
    fn more_scopes_need_an_option_and_egress_is_never_released() {
        let previous = release().as_previous();
        let permissions = |scopes: &[&str], egress| forge::Permissions {
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            egress,
        };
        assert!(compare(&permissions(&["read:jira-work"], false), Some(&previous), false).is_ok());
        assert!(compare(&permissions(&[], false), Some(&previous), false).is_ok(), "fewer scopes are accepted");
        let refused =
            compare(&permissions(&["read:jira-work", "read:jira-user"], false), Some(&previous), false).unwrap_err();
        assert!(refused.to_string().contains("read:jira-user more"), "{refused}");
        assert!(compare(&permissions(&["read:jira-work", "read:jira-user"], false), Some(&previous), true).is_ok());
        assert!(compare(&permissions(&["a"], false), None, false).is_ok());
        assert!(compare(&permissions(&[], true), None, true).is_err());
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parts("1.10.0") > parts("1.9.9"));
        let source = |version: &str| Source { version: version.into(), ..crate::image::tests::source() };
        let previous = release().as_previous();
        assert_eq!(previous.version, "1.2.3");
        for refused in ["1.2.3", "1.2.2", "0.9.0"] {
            assert!(version(&source(refused), Some(&previous)).is_err(), "{refused}");
        }
        assert!(version(&source("1.2.4"), Some(&previous)).is_ok());
        assert!(version(&source("1.2.4-rc1"), None).is_err());
    }
}
