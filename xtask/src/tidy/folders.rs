//! Arrows between the folders of a crate, and no circle between its files (ARCHITECTURE.md, "Arrows").

use std::collections::BTreeMap;

use anyhow::Result;

use super::modules::{Graph, Module, circles, read};
use super::report::Report;
use xtask::run::root;

/// The folders and files at the top of a crate's `src`, and which of the others each may import.
struct Folders {
    package: &'static str,
    /// Everybody may import these, and they import nothing but each other.
    floors: &'static [&'static str],
    /// These may import everything.
    tops: &'static [&'static str],
    arrows: &'static [(&'static str, &'static [&'static str])],
}

const FOLDERS: &[Folders] = &[Folders {
    package: "sidecar",
    floors: &["config", "env", "health", "lifecycle", "settings", "telemetry"],
    tops: &["app", "cores", "main", "support"],
    arrows: &[
        ("ticket", &[]),
        ("ledger", &[]),
        ("exchange", &["inbound", "ledger", "ticket"]),
        ("inbound", &["ledger", "ticket"]),
        ("visit", &["ledger", "ticket"]),
        ("reconcile", &["ledger", "ticket"]),
        ("provision", &["ledger", "ticket"]),
        ("cli", &["app", "ledger", "provision", "reconcile", "ticket", "visit"]),
        ("http", &["ledger", "ticket"]),
    ],
}];

pub(super) fn check(report: &mut Report, listed: &[String]) -> Result<()> {
    for (folder, files) in packages(listed) {
        let package = folder.rsplit('/').next().unwrap_or(folder);
        let graph = read(&root().join(folder).join("src"), &files)?;
        if let Some(folders) = FOLDERS.iter().find(|folders| folders.package == package) {
            report.faults.extend(wrong_folders(folders, &graph));
        }
        report.faults.extend(wrong_circles(package, &graph));
    }
    Ok(())
}

/// The folders of the crates, xtask's included, each with the paths of its source files from its `src` folder.
fn packages(listed: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut packages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in listed.iter().filter(|path| path.ends_with(".rs") && root().join(path).is_file()) {
        let Some((folder, file)) = path.split_once("/src/") else { continue };
        let parent = folder.split_once('/').map(|(parent, name)| (parent, name.contains('/')));
        if folder == "xtask" || matches!(parent, Some(("crates" | "xtask", false))) {
            packages.entry(folder).or_default().push(file);
        }
    }
    packages
}

fn wrong_folders(folders: &Folders, graph: &Graph) -> Vec<String> {
    let mut faults = Vec::new();
    let known = |top: &str| {
        folders.floors.contains(&top)
            || folders.tops.contains(&top)
            || folders.arrows.iter().any(|(name, _)| *name == top)
    };
    let mut tops: Vec<&str> = graph.files.keys().filter_map(|module| top(module)).collect();
    tops.dedup();
    for unknown in tops.into_iter().filter(|top| !known(top)) {
        faults.push(format!("{}: {unknown} is not listed in xtask/src/tidy/folders.rs", folders.package));
    }
    for (from, to) in &graph.edges {
        let (Some(above), Some(below)) = (top(from), top(to)) else { continue };
        if above != below && known(above) && known(below) && !is_allowed(folders, above, below) {
            faults.push(format!(
                "{}: {} -> {}: {above} must not import {below} (xtask/src/tidy/folders.rs)",
                folders.package,
                graph.files[from],
                to.join("::"),
            ));
        }
    }
    faults
}

fn is_allowed(folders: &Folders, above: &str, below: &str) -> bool {
    let listed = folders.arrows.iter().find(|(name, _)| *name == above);
    folders.tops.contains(&above)
        || folders.floors.contains(&below)
        || listed.is_some_and(|(_, to)| to.contains(&below))
}

fn top(module: &Module) -> Option<&str> {
    module.first().map(String::as_str)
}

fn wrong_circles(package: &str, graph: &Graph) -> Vec<String> {
    let described = |circle: Vec<Module>| {
        let within = |(from, to): &&(Module, Module)| circle.contains(from) && circle.contains(to);
        let arrows: Vec<String> =
            graph.edges.iter().filter(within).map(|(from, to)| format!("{} -> {}", name(from), name(to))).collect();
        format!("{package}: {} files import each other: {}", circle.len(), arrows.join(", "))
    };
    circles(&graph.edges).into_iter().map(described).collect()
}

fn name(module: &Module) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("::") }
}

#[cfg(test)]
mod tests {
    use super::super::modules::graph;
    use super::*;

    const TABLE: Folders =
        Folders { package: "p", floors: &["clock"], tops: &["app"], arrows: &[("a", &["b"]), ("b", &[])] };

    fn graph_of(files: &[(&str, &str)]) -> Graph {
        graph(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn accepts_allowed_folders() {
        let good = graph_of(&[
            ("app.rs", "use crate::a::A; use crate::b::B; use crate::clock::C;"),
            ("a/mod.rs", "use crate::b::B; use crate::clock::C;"),
            ("b/mod.rs", "use crate::clock::C;"),
            ("clock.rs", ""),
        ]);
        assert!(wrong_folders(&TABLE, &good).is_empty());
    }

    #[test]
    fn names_forbidden_and_unknown_folders() {
        let bad = graph_of(&[
            ("a/x.rs", ""),
            ("b/y.rs", "use crate::a::x::X;"),
            ("clock.rs", "use crate::b::y::Y;"),
            ("new.rs", ""),
        ]);
        let faults = wrong_folders(&TABLE, &bad);
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].contains("new is not listed"));
        assert!(faults[1].starts_with("p: b/y.rs -> a::x: b must not import a"));
        assert!(faults[2].contains("clock must not import b"));
    }

    #[test]
    fn names_circles() {
        let circle = graph_of(&[("a.rs", "use crate::b::B;"), ("b.rs", "use crate::a::A;")]);
        assert_eq!(wrong_circles("p", &circle), ["p: 2 files import each other: a -> b, b -> a"]);
        let parent = [("a/mod.rs", "mod b; struct A; fn f() { b::g() }"), ("a/b.rs", "use super::A;")];
        assert_eq!(wrong_circles("p", &graph_of(&parent)).len(), 1);
        assert!(wrong_circles("p", &graph_of(&[("a.rs", "use crate::b::B;"), ("b.rs", "")])).is_empty());
    }

    #[test]
    fn files_are_grouped_by_crate() {
        let listed = [
            "crates/sync/src/lib.rs",
            "crates/sync/tests/a.rs",
            "xtask/src/run.rs",
            "crates/sync/src/plan.rs",
            "xtask/wasm/src/main.rs",
            "README.md",
        ];
        let expected =
            [("crates/sync", vec!["lib.rs", "plan.rs"]), ("xtask", vec!["run.rs"]), ("xtask/wasm", vec!["main.rs"])];
        assert_eq!(packages(&listed.map(str::to_owned)), expected.into());
    }
}
