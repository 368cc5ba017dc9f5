//! The modules of a crate and which of them import which: one node a file, read from `use` declarations and from paths in
//! code. Tests are not read. A name that a module only re-exports counts as imported from where it is defined.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::source::{code_only, without_tests};
use super::uses::{self, Use};

/// Re-exports of re-exports are followed this far.
const DEEPEST: usize = 8;

/// A module's path without `crate`; the crate's root is empty.
pub(super) type Module = Vec<String>;

/// The modules of one crate.
pub(super) struct Graph {
    /// Every module that is a file, and the file's path from the crate's `src`.
    pub(super) files: BTreeMap<Module, String>,
    /// Importing module and imported module, both with a file.
    pub(super) edges: BTreeSet<(Module, Module)>,
}

struct Source {
    code: String,
    uses: Vec<Use>,
}

/// Reads the files of a crate. `listed`: their paths from `source`, the crate's `src` folder.
pub(super) fn read(source: &Path, listed: &[&str]) -> Result<Graph> {
    let mut texts = BTreeMap::new();
    for path in listed {
        let text = fs::read_to_string(source.join(path)).with_context(|| (*path).to_owned())?;
        texts.insert((*path).to_owned(), text);
    }
    Ok(graph(&texts))
}

/// As [`read`], from texts by path.
pub(super) fn graph(texts: &BTreeMap<String, String>) -> Graph {
    let mut files = BTreeMap::new();
    let mut sources = BTreeMap::new();
    for (path, text) in texts.iter().filter(|(path, _)| !super::files::is_test(path)) {
        let Some(module) = module_of(path) else { continue };
        let code = code_only(without_tests(text));
        let uses = uses::declarations(&code);
        files.insert(module.clone(), path.clone());
        sources.insert(module, Source { code, uses });
    }
    let mut edges = BTreeSet::new();
    for (module, source) in &sources {
        for (path, is_public) in references(module, source, &files) {
            let Some(target) = resolve(module, &path, &sources, DEEPEST) else { continue };
            // A parent that declares and re-exports its child does not use it.
            let only_declares = is_public && target.starts_with(module);
            if target != *module && !only_declares {
                edges.insert((module.clone(), target));
            }
        }
    }
    Graph { files, edges }
}

/// The module that a file is, by its path from `src`; `None` for other programs of the package.
fn module_of(path: &str) -> Option<Module> {
    let path = path.strip_suffix(".rs")?;
    if path.starts_with("bin/") {
        return None;
    }
    let path = path.strip_suffix("/mod").unwrap_or(path);
    Some(match path {
        "lib" => Vec::new(),
        // Beside a library it is a separate root, which imports and is never imported.
        "main" => vec!["main".to_owned()],
        _ => path.split('/').map(str::to_owned).collect(),
    })
}

/// Absolute paths that a module names, and whether only in a `pub use`.
fn references(module: &Module, source: &Source, files: &BTreeMap<Module, String>) -> Vec<(Vec<String>, bool)> {
    // The root of a program without a library names its modules as a library does.
    let here = if *module == ["main"] && !files.contains_key(&Vec::new()) { Vec::new() } else { module.clone() };
    let children: BTreeSet<&str> = files
        .keys()
        .filter(|other| other.len() == here.len() + 1 && other.starts_with(&here))
        .filter_map(|other| other.last().map(String::as_str))
        .collect();
    let absolute = |path: &[String]| absolute(&here, path, &children);
    let mut found: Vec<(Vec<String>, bool)> =
        source.uses.iter().filter_map(|used| Some((absolute(&used.path)?, used.is_public))).collect();
    found.extend(uses::inline_paths(&source.code).iter().filter_map(|path| Some((absolute(path)?, false))));
    found
}

/// A path from the crate's root, if it leads into this crate.
fn absolute(here: &[String], path: &[String], children: &BTreeSet<&str>) -> Option<Vec<String>> {
    let mut base = here.to_vec();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => {
            base.clear();
            rest = &path[1..];
        }
        "self" => rest = &path[1..],
        "super" => {
            while rest.first().is_some_and(|name| name == "super") {
                base.pop()?;
                rest = &rest[1..];
            }
        }
        child if children.contains(child) => {}
        _ => return None,
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

/// The module in whose file the thing at this path is defined, as `from` sees it: a private import of a module is visible to
/// that module's children only.
fn resolve(from: &[String], path: &[String], sources: &BTreeMap<Module, Source>, depth: usize) -> Option<Module> {
    let length = (0..=path.len()).rev().find(|length| is_module(&path[..*length], sources))?;
    let (module, rest) = path.split_at(length);
    if let (Some(name), true) = (rest.first(), depth > 0)
        && let Some(source) = source_of(module, sources)
        && let Some(used) =
            source.uses.iter().find(|used| used.name == *name && (used.is_public || from.starts_with(module)))
    {
        let children: BTreeSet<&str> = sources
            .keys()
            .filter(|other| other.len() == length + 1 && other.starts_with(module))
            .filter_map(|other| other.last().map(String::as_str))
            .collect();
        if let Some(next) = absolute(module, &used.path, &children).filter(|next| next != path) {
            return resolve(from, &next, sources, depth - 1);
        }
    }
    Some(if module.is_empty() && !sources.contains_key(module) { vec!["main".to_owned()] } else { module.to_vec() })
}

fn is_module(path: &[String], sources: &BTreeMap<Module, Source>) -> bool {
    path.is_empty() || sources.contains_key(path)
}

fn source_of<'a>(module: &[String], sources: &'a BTreeMap<Module, Source>) -> Option<&'a Source> {
    sources.get(module).or_else(|| if module.is_empty() { sources.get(["main".to_owned()].as_slice()) } else { None })
}

/// Groups of modules that import each other, each in order; empty if there is no circle.
pub(super) fn circles(edges: &BTreeSet<(Module, Module)>) -> Vec<Vec<Module>> {
    let modules: BTreeSet<&Module> = edges.iter().flat_map(|(from, to)| [from, to]).collect();
    let reach: BTreeMap<&Module, BTreeSet<&Module>> =
        modules.iter().map(|module| (*module, reachable(module, edges))).collect();
    let mut circles: BTreeSet<Vec<Module>> = BTreeSet::new();
    for (module, reached) in reach.iter().filter(|(module, reached)| reached.contains(*module)) {
        let together = reached.iter().filter(|other| reach[*other].contains(module));
        circles.insert(together.map(|other| (*other).clone()).collect());
    }
    circles.into_iter().collect()
}

fn reachable<'a>(start: &Module, edges: &'a BTreeSet<(Module, Module)>) -> BTreeSet<&'a Module> {
    let next = |from: &Module| -> Vec<&'a Module> {
        edges.iter().filter(|(other, _)| other == from).map(|(_, to)| to).collect()
    };
    let mut reached = BTreeSet::new();
    let mut waiting = next(start);
    while let Some(module) = waiting.pop() {
        if reached.insert(module) {
            waiting.extend(next(module));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph_of(files: &[(&str, &str)]) -> Graph {
        graph(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn edges(files: &[(&str, &str)]) -> Vec<String> {
        graph_of(files).edges.iter().map(|(from, to)| format!("{} -> {}", from.join("::"), to.join("::"))).collect()
    }

    #[test]
    fn reads_use_declarations_and_paths() {
        let found = edges(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::{self, Thing};\nuse std::fmt;"),
            ("b/mod.rs", "mod d;\nfn f() { crate::c::g(); }"),
            ("b/d.rs", "use super::super::c;\n// use crate::a;\nconst X: &str = \"crate::a::B\";"),
            ("c.rs", ""),
        ]);
        assert_eq!(found, ["a -> b", "b -> c", "b::d -> c"]);
    }

    #[test]
    fn a_parent_that_only_declares_its_child_does_not_use_it() {
        let child = ("b/d.rs", "use super::Error;");
        assert_eq!(edges(&[("b/mod.rs", "mod d;\npub(crate) use d::Thing;\nstruct Error;"), child]), ["b::d -> b"]);
        let used = edges(&[("b/mod.rs", "mod d;\nstruct Error;\nfn f() { d::g() }"), child]);
        assert_eq!(used, ["b -> b::d", "b::d -> b"]);
    }

    #[test]
    fn a_re_exported_name_counts_where_it_is_defined() {
        let found = edges(&[
            ("lib.rs", "mod a; mod b;\npub use b::Thing;"),
            ("a.rs", "use crate::Thing;"),
            ("b.rs", "pub struct Thing;"),
        ]);
        assert_eq!(found, ["a -> b"]);
    }

    #[test]
    fn tests_are_not_read() {
        let test = format!("struct B;\n#[cfg(test)]\n{} tests {{\nuse crate::a::A;\n}}\n", "mod");
        assert!(edges(&[("a.rs", "use crate::b::B;"), ("b.rs", &test), ("b_tests.rs", "use crate::a::A;")]).len() == 1);
    }

    #[test]
    fn the_root_of_a_program_names_its_modules() {
        assert_eq!(edges(&[("main.rs", "mod a;\nfn main() { a::run() }"), ("a.rs", "")]), ["main -> a"]);
    }

    #[test]
    fn finds_circles() {
        let graph = graph_of(&[
            ("a.rs", "use crate::b::X;"),
            ("b.rs", "use crate::c::X;"),
            ("c.rs", "use crate::a::X;\nuse crate::d::Y;"),
            ("d.rs", ""),
        ]);
        let circles = circles(&graph.edges);
        assert_eq!(circles, [vec![vec!["a".to_owned()], vec!["b".to_owned()], vec!["c".to_owned()]]]);
        assert!(super::circles(&BTreeSet::new()).is_empty());
    }
}
