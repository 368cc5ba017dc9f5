//! Which of our crates may use which, and what must never come with them (ARCHITECTURE.md, "Arrows").

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

use super::Report;
use xtask::run::{output, program, root};

/// A crate of ours, what it may use, and what its tests may use besides.
struct Arrow {
    from: &'static str,
    to: &'static [&'static str],
    tests: &'static [&'static str],
}

const fn arrow(from: &'static str, to: &'static [&'static str]) -> Arrow {
    Arrow { from, to, tests: &[] }
}

const ARROWS: &[Arrow] = &[
    arrow("envelope", &[]),
    arrow("markup", &[]),
    arrow("redaction", &[]),
    arrow("schema", &[]),
    arrow("sync", &["schema"]),
    arrow("store", &["schema"]),
    arrow("zammad", &["redaction"]),
    arrow("forge", &["envelope", "redaction", "schema"]),
    arrow("sidecar", &["envelope", "markup", "redaction", "schema", "sync", "store", "zammad"]),
    Arrow { from: "devkit", to: &["envelope", "schema"], tests: &["redaction", "sidecar", "store", "zammad"] },
    arrow("xtask", &[]),
    arrow("releng", &["xtask"]),
];

/// The Forge half has no tasks, no network and no database of its own: it has what `Platform` hands in.
const NEVER_IN_FORGE: &[&str] = &["hyper", "mio", "reqwest", "rustls", "socket2", "sqlx", "sqlx-core", "tokio"];
const WASM: &str = "wasm32-unknown-unknown";

pub(super) fn check(report: &mut Report) -> Result<()> {
    let rustc = output(program("rustc").arg("-vV"))?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    let metadata = graph(host)?;
    let members: BTreeSet<&str> = metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    for package in metadata.workspace_packages() {
        let uses: Vec<(&str, bool)> = package
            .dependencies
            .iter()
            .filter(|dependency| members.contains(dependency.name.as_str()))
            .map(|dependency| (dependency.name.as_str(), dependency.kind == DependencyKind::Development))
            .collect();
        report.faults.extend(wrong_arrows(package.name.as_str(), &uses));
    }
    never_in_forge(report, &metadata, host)?;
    never_in_forge(report, &graph(WASM)?, WASM)
}

/// What cargo resolves for one platform: dependencies of other platforms are not in it.
fn graph(platform: &str) -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec!["--filter-platform".to_owned(), platform.to_owned()])
        .exec()
        .context("cargo metadata")
}

fn wrong_arrows(from: &str, uses: &[(&str, bool)]) -> Vec<String> {
    let Some(arrow) = ARROWS.iter().find(|arrow| arrow.from == from) else {
        return vec![format!("{from}: a crate that the arrows in xtask/src/tidy/arrows.rs do not know")];
    };
    let allowed = |to: &str, in_tests: bool| arrow.to.contains(&to) || (in_tests && arrow.tests.contains(&to));
    uses.iter()
        .filter(|(to, in_tests)| !allowed(to, *in_tests))
        .map(|(to, in_tests)| {
            format!("{from} -> {to}: not an allowed arrow{}", if *in_tests { " (in tests)" } else { "" })
        })
        .collect()
}

fn never_in_forge(report: &mut Report, metadata: &Metadata, platform: &str) -> Result<()> {
    let nodes = &metadata.resolve.as_ref().context("cargo metadata resolved nothing")?.nodes;
    let names: HashMap<&PackageId, &str> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let edges: HashMap<&PackageId, Vec<&PackageId>> = nodes
        .iter()
        .map(|node| {
            let shipped = node
                .deps
                .iter()
                .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development));
            (&node.id, shipped.map(|dependency| &dependency.pkg).collect())
        })
        .collect();
    let forge = names.iter().find(|(_, name)| **name == "forge").map(|(id, _)| *id).context("no crate forge")?;
    let way_of = ways(forge, &edges);
    for banned in NEVER_IN_FORGE {
        for way in way_of.iter().filter(|(id, _)| names.get(*id) == Some(banned)).map(|(_, way)| way) {
            let way: Vec<&str> = way.iter().filter_map(|id| names.get(id).copied()).collect();
            report.fault(format!("forge must not come to {banned} on {platform}: {}", way.join(" -> ")));
        }
    }
    Ok(())
}

/// Everything that can be reached, each with one shortest way to it.
fn ways<'a, T: Eq + std::hash::Hash>(start: &'a T, edges: &HashMap<&'a T, Vec<&'a T>>) -> HashMap<&'a T, Vec<&'a T>> {
    let mut ways = HashMap::from([(start, vec![start])]);
    let mut waiting = std::collections::VecDeque::from([start]);
    while let Some(from) = waiting.pop_front() {
        for to in edges.get(from).into_iter().flatten() {
            if !ways.contains_key(to) {
                let mut way = ways.get(from).cloned().unwrap_or_default();
                way.push(to);
                ways.insert(to, way);
                waiting.push_back(to);
            }
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_arrows_are_silent() {
        assert!(wrong_arrows("sidecar", &[("store", false), ("zammad", false), ("schema", true)]).is_empty());
        assert!(wrong_arrows("devkit", &[("schema", false), ("sidecar", true)]).is_empty());
    }

    #[test]
    fn others_are_named() {
        assert_eq!(wrong_arrows("schema", &[("redaction", false)]), ["schema -> redaction: not an allowed arrow"]);
        assert_eq!(wrong_arrows("zammad", &[("devkit", true)]), ["zammad -> devkit: not an allowed arrow (in tests)"]);
        // The tests' arrow does not allow the same thing to the crate itself.
        assert_eq!(wrong_arrows("devkit", &[("sidecar", false)]).len(), 1);
        assert_eq!(wrong_arrows("xtask", &[("envelope", false)]).len(), 1);
        assert_eq!(wrong_arrows("newcomer", &[]).len(), 1);
    }

    #[test]
    fn ways_lead_through_others() {
        let edges = HashMap::from([(&1, vec![&2, &3]), (&2, vec![&4]), (&3, vec![&1]), (&5, vec![&6])]);
        let ways = ways(&1, &edges);
        assert_eq!(ways[&4], [&1, &2, &4]);
        assert_eq!(ways.len(), 4);
    }
}
