//! What has to hold before a version is released. All are looked at, so that whoever releases learns of all faults at once.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use xtask::run::root;

use super::{Options, has_section};
use crate::forge;
use crate::forge_cli::Credentials;
use crate::manifest::Previous;
use crate::source::{Source, check_version, git};

type Verdict = (&'static str, Result<(), String>);

/// Every check with its verdict, in a fixed order.
pub(super) fn all(source: &Source, previous: Option<&Previous>, options: &Options) -> Vec<Verdict> {
    let said = |result: Result<()>| result.map_err(|error| format!("{error:#}"));
    vec![
        ("clean tree", said(clean(source))),
        ("version", said(version(source, previous))),
        ("tag", said(tag(source))),
        ("changelog", said(changelog(source))),
        ("green CI", said(green(source, options))),
        ("what the Forge app asks for", said(asks(previous, options.consent_required))),
        ("Forge CLI", said(forge_cli(options))),
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
    ensure!(has_section(&text, &source.version), "CHANGELOG.md says nothing of {}", source.version);
    Ok(())
}

/// What `cargo xtask test --proof` writes.
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
    let proof: Proof = serde_json::from_slice(&text).with_context(|| format!("{} is no proof", path.display()))?;
    ensure!(proof.commit == source.commit, "the proof is for {}, and this is {}", proof.commit, source.commit);
    ensure!(proof.clean, "the proof is for a tree with changes that were in no commit");
    ensure!(proof.complete, "the proof is for {} only", proof.passed.join(", "));
    Ok(())
}

fn forge_cli(options: &Options) -> Result<()> {
    let program = root().join(&options.forge);
    ensure!(program.is_file(), "there is no program {}: npm ci --prefix xtask/releng/tools", program.display());
    ensure!(Credentials::from_environment().is_some(), "FORGE_EMAIL and FORGE_API_TOKEN are not both set");
    Ok(())
}

fn asks(previous: Option<&Previous>, consent_required: bool) -> Result<()> {
    let manifest = std::fs::read_to_string(root().join("forge-app/manifest.yml")).context("forge-app/manifest.yml")?;
    compare(&forge::asks(&manifest)?, previous, consent_required)
}

/// An app that could send data out is never released; one that asks for more is, if somebody said so.
fn compare(now: &forge::Asks, previous: Option<&Previous>, consent_required: bool) -> Result<()> {
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
        "warning: {} more than {} asks for: a major version, every admin has to agree",
        more.join(", "),
        previous.version
    );
    if !consent_required {
        bail!("{} more than the last release asks for; --consent-required says that this is meant", more.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::release;

    #[test]
    fn more_scopes_need_a_word_and_egress_is_never_released() {
        let previous = release().as_previous();
        let asks =
            |scopes: &[&str], egress| forge::Asks { scopes: scopes.iter().map(|s| (*s).to_owned()).collect(), egress };
        assert!(compare(&asks(&["read:jira-work"], false), Some(&previous), false).is_ok());
        assert!(compare(&asks(&[], false), Some(&previous), false).is_ok(), "fewer is always fine");
        let refused = compare(&asks(&["read:jira-work", "read:jira-user"], false), Some(&previous), false).unwrap_err();
        assert!(refused.to_string().contains("read:jira-user more"), "{refused}");
        assert!(compare(&asks(&["read:jira-work", "read:jira-user"], false), Some(&previous), true).is_ok());
        assert!(compare(&asks(&["a"], false), None, false).is_ok());
        assert!(compare(&asks(&[], true), None, true).is_err());
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
