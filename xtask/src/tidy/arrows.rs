//! Which of our crates may depend on which, and which packages must never come with them (ARCHITECTURE.md, "Arrows").

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, PackageId};

use super::report::Report;
use xtask::run::{metadata, output, program};

/// A crate, what it may depend on, and what its tests may depend on besides.
struct Arrow {
    from: &'static str,
    to: &'static [&'static str],
    tests: &'static [&'static str],
}

const fn arrow(from: &'static str, to: &'static [&'static str]) -> Arrow {
    Arrow { from, to, tests: &[] }
}

const ARROWS: &[Arrow] = &[
    arrow("backoff", &[]),
    arrow("envelope", &[]),
    arrow("markup", &[]),
    arrow("redaction", &[]),
    arrow("schema", &[]),
    arrow("sync", &["schema"]),
    arrow("store", &["schema"]),
    arrow("zammad", &["backoff", "redaction"]),
    arrow("forge", &["envelope", "redaction", "schema"]),
    arrow("sidecar", &["backoff", "envelope", "markup", "redaction", "schema", "sync", "store", "zammad"]),
    Arrow { from: "devkit", to: &["envelope", "schema"], tests: &["redaction", "sidecar", "store", "zammad"] },
    arrow("xtask", &[]),
    arrow("releng", &["xtask"]),
    arrow("wasm-build", &["xtask"]),
];

/// The Forge core has no tasks, no network and no database: all I/O goes through `Platform`.
const NEVER_IN_FORGE: &[&str] = &["hyper", "mio", "reqwest", "rustls", "socket2", "sqlx", "sqlx-core", "tokio"];
const WASM: &str = "wasm32-unknown-unknown";

pub(super) fn check(report: &mut Report) -> Result<()> {
    let rustc = output(program("rustc").arg("-vV"))?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV prints no host")?;
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

/// The dependencies that cargo resolves for one platform.
fn graph(platform: &str) -> Result<Metadata> {
    metadata(&["--filter-platform", platform])
}

fn wrong_arrows(from: &str, uses: &[(&str, bool)]) -> Vec<String> {
    let Some(arrow) = ARROWS.iter().find(|arrow| arrow.from == from) else {
        return vec![format!("{from}: not listed in xtask/src/tidy/arrows.rs")];
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
    let nodes = &metadata.resolve.as_ref().context("cargo metadata has no resolved graph")?.nodes;
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
    let path_to = paths(forge, &edges);
    for banned in NEVER_IN_FORGE {
        for path in path_to.iter().filter(|(id, _)| names.get(*id) == Some(banned)).map(|(_, path)| path) {
            let path: Vec<&str> = path.iter().filter_map(|id| names.get(id).copied()).collect();
            report.fault(format!("forge must not depend on {banned} (on {platform}): {}", path.join(" -> ")));
        }
    }
    Ok(())
}

/// Everything that can be reached, each with one shortest path to it.
fn paths<'a, T: Eq + std::hash::Hash>(start: &'a T, edges: &HashMap<&'a T, Vec<&'a T>>) -> HashMap<&'a T, Vec<&'a T>> {
    let mut paths = HashMap::from([(start, vec![start])]);
    let mut waiting = std::collections::VecDeque::from([start]);
    while let Some(from) = waiting.pop_front() {
        for to in edges.get(from).into_iter().flatten() {
            if !paths.contains_key(to) {
                let mut path = paths.get(from).cloned().unwrap_or_default();
                path.push(to);
                paths.insert(to, path);
                waiting.push_back(to);
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_allowed_arrows() {
        assert!(wrong_arrows("sidecar", &[("store", false), ("zammad", false), ("schema", true)]).is_empty());
        assert!(wrong_arrows("devkit", &[("schema", false), ("sidecar", true)]).is_empty());
    }

    #[test]
    fn names_other_arrows() {
        assert_eq!(wrong_arrows("schema", &[("redaction", false)]), ["schema -> redaction: not an allowed arrow"]);
        assert_eq!(wrong_arrows("zammad", &[("devkit", true)]), ["zammad -> devkit: not an allowed arrow (in tests)"]);
        // The tests' arrow does not allow the same thing to the crate itself.
        assert_eq!(wrong_arrows("devkit", &[("sidecar", false)]).len(), 1);
        assert_eq!(wrong_arrows("xtask", &[("envelope", false)]).len(), 1);
        assert_eq!(wrong_arrows("xtask", &[("wasm-build", false)]).len(), 1);
        assert_eq!(wrong_arrows("newcomer", &[]).len(), 1);
    }

    #[test]
    fn finds_paths_through_others() {
        let edges = HashMap::from([(&1, vec![&2, &3]), (&2, vec![&4]), (&3, vec![&1]), (&5, vec![&6])]);
        let paths = paths(&1, &edges);
        assert_eq!(paths[&4], [&1, &2, &4]);
        assert_eq!(paths.len(), 4);
    }
}
