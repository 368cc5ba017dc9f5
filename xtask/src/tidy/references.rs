//! References end inside the repository: links, paths, numbered sections, quoted headings (`ARCHITECTURE.md, "Arrows"`) and
//! the case codes of `docs/testing.md` must exist. Read are Markdown files and the comments of programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::Result;

use super::flow::{Flow, prose};
use super::report::Report;
use xtask::run::root;

/// Folders at the top of the repository; a path that begins with one of them is a reference.
const FOLDERS: &[&str] = &[
    ".cargo/",
    ".ci/",
    ".config/",
    ".github/",
    "conformance/",
    "crates/",
    "docs/",
    "forge-app/",
    "promotions/",
    "sidecar-image/",
    "xtask/",
];
/// Not in git: made by a build, or by the owner when there is a release.
const NOT_IN_GIT: &[&str] =
    &["forge-app/dist", "forge-app/src/wasm", "node_modules", "promotions/allowed_signers", "promotions/1.2.0-"];
/// The page of test cases.
const CASES: &str = "docs/testing.md";
/// Folders and pages beside the repository that nothing may name, in two halves so that this file does not find itself.
const OUTSIDE: &[&str] = &[concat!("sha", "red/"), concat!("quality", " bar")];

pub(super) fn check(report: &mut Report, listed: &[String]) -> Result<()> {
    let repository = Repository::read(listed)?;
    for path in listed.iter().filter(|path| is_read(path)) {
        let file = root().join(path);
        if !file.is_file() {
            continue;
        }
        let Ok(text) = String::from_utf8(fs::read(file)?) else { continue };
        report.faults.extend(outside(path, &text));
        report.faults.extend(repository.faults(path, &text));
    }
    Ok(())
}

fn is_read(path: &str) -> bool {
    let recorded = ["/snapshots/", "/fixtures/", "/corpus/", "CHANGELOG.md", "package-lock.json", "conformance/6.5/"];
    let kinds = [
        ".md", ".rs", ".ts", ".tsx", ".js", ".cjs", ".mjs", ".toml", ".yml", ".yaml", ".sh", ".sql", ".py", ".example",
    ];
    kinds.iter().any(|kind| path.ends_with(kind)) && !recorded.iter().any(|part| path.contains(part))
}

/// Lines that name something beside the repository.
fn outside(path: &str, text: &str) -> Vec<String> {
    let is_named = |line: &str, name: &str| {
        line.match_indices(name).any(|(at, _)| {
            let before = line[..at].trim_end_matches("../");
            !before.ends_with(|letter: char| letter.is_alphanumeric() || "_-/.".contains(letter))
        })
    };
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let names = OUTSIDE.iter().filter(|name| is_named(line, name));
        faults.extend(names.map(|name| format!("{path}:{number}: names {name}, which is outside of the repository")));
    }
    faults
}

/// The files that can be referred to.
struct Repository {
    /// Files and folders, from the root.
    paths: BTreeSet<String>,
    /// The texts of the Markdown files.
    pages: BTreeMap<String, String>,
}

impl Repository {
    fn read(listed: &[String]) -> Result<Self> {
        let mut pages = BTreeMap::new();
        for path in listed.iter().filter(|path| path.ends_with(".md") && root().join(path).is_file()) {
            pages.insert(path.clone(), fs::read_to_string(root().join(path))?);
        }
        Ok(Self::of(listed.iter().filter(|path| root().join(path).exists()).map(String::as_str), pages))
    }

    fn of<'a>(files: impl Iterator<Item = &'a str>, pages: BTreeMap<String, String>) -> Self {
        let mut paths = BTreeSet::new();
        for file in files {
            for (at, _) in file.match_indices('/') {
                paths.insert(file[..at].to_owned());
            }
            paths.insert(file.to_owned());
        }
        Self { paths, pages }
    }

    fn faults(&self, path: &str, text: &str) -> Vec<String> {
        let flow = prose(path, text);
        let mut faults = Vec::new();
        let mut fault = |at: usize, what: String| faults.push(format!("{path}:{}: {what}", flow.line(at)));
        if path.ends_with(".md") {
            for (at, target) in links(&flow) {
                let Some(found) = joined(path, target) else { continue };
                if !self.exists(&found) {
                    fault(at, format!("link to {target}, which does not exist"));
                }
            }
        }
        for (at, name) in paths(&flow) {
            let page = self.page(path, name);
            if FOLDERS.iter().any(|folder| name.starts_with(folder)) && !self.exists(name) && page.is_none() {
                fault(at, format!("{name} does not exist"));
                continue;
            }
            let Some(page) = page else { continue };
            let rest = &flow.text[at + name.len()..];
            for section in sections(rest) {
                if !has_number(&self.pages[page], section) {
                    fault(at, format!("{page} has no section {section}"));
                }
            }
            if let Some(title) = quoted(rest)
                && !has_title(&self.pages[page], title)
            {
                fault(at, format!("{page} has no heading {title:?}"));
            }
            for case in cases(page, rest) {
                if !has_word(&self.pages[page], &case) {
                    fault(at, format!("{page} has no {case}"));
                }
            }
        }
        faults
    }

    fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        path.is_empty() || self.paths.contains(path) || NOT_IN_GIT.iter().any(|part| path.contains(part))
    }

    /// The Markdown file of that name: from the root, from the folder of `from`, or by its name alone if only one has it.
    fn page(&self, from: &str, name: &str) -> Option<&str> {
        let candidates = [Some(name.to_owned()), joined(from, name)];
        let found = candidates.into_iter().flatten().find_map(|path| self.pages.get_key_value(&path));
        found.map(|(path, _)| path.as_str())
    }
}

/// Targets of Markdown links into the repository, without anchors.
fn links(flow: &Flow) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, _) in flow.text.match_indices("](") {
        let Some((target, _)) = flow.text[at + 2..].split_once(')') else { continue };
        let target = target.split('#').next().unwrap_or_default().trim();
        if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
            found.push((at, target));
        }
    }
    found
}

/// A path from the folder of `from`, without `.` and `..`; `None` if it leads out of the repository.
fn joined(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Words that look like a path of the repository or like the name of a Markdown file, with their offset. Patterns and
/// placeholders (`*`, `<`, `{`, `…`) are none.
fn paths(flow: &Flow) -> Vec<(usize, &str)> {
    let is_path = |letter: char| letter.is_ascii_alphanumeric() || "._/-@".contains(letter);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = flow.text[at..].find(is_path).map(|start| at + start) {
        let end = flow.text[start..].find(|letter| !is_path(letter)).map_or(flow.text.len(), |end| start + end);
        at = end;
        let before = flow.text[..start].chars().next_back();
        let after = flow.text[end..].chars().next();
        let is_pattern = |letter: Option<char>| letter.is_some_and(|letter| "*<>{}$…~?".contains(letter));
        let word = flow.text[start..end].trim_end_matches(['.', '-']);
        let is_url = before == Some(':') || word.contains("//") || word.contains('@');
        if !is_pattern(before) && !is_pattern(after) && !is_url && !word.contains("...") {
            let is_page = word.ends_with(".md");
            if is_page || FOLDERS.iter().any(|folder| word.starts_with(folder) && word.len() > folder.len()) {
                found.push((start, word));
            }
        }
    }
    found
}

/// The numbers of the sections that directly follow a path: ` §2.1`, ` §1–§5`, `, §2 and §3`.
fn sections(rest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = rest;
    loop {
        let trimmed = [",", "–", "-", " and", " to", " or"]
            .iter()
            .fold(rest, |text, sign| text.strip_prefix(sign).unwrap_or(text));
        let Some(number) = trimmed.trim_start_matches([' ', '`']).strip_prefix('§') else { return found };
        let end = number.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(number.len());
        let section = number[..end].trim_end_matches('.');
        if section.is_empty() {
            return found;
        }
        found.push(section);
        rest = &number[section.len()..];
    }
}

/// The heading that a path is followed by: `ARCHITECTURE.md, "Arrows"`.
fn quoted(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches('`').strip_prefix(',')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(title, _)| title)
}

/// The codes that follow the page of cases: ` E7`, ` Q1–Q3`, ` finding 8`, ` E3 and E4`.
fn cases(page: &str, rest: &str) -> Vec<String> {
    let mut found = Vec::new();
    if page != CASES {
        return found;
    }
    let mut words = rest.trim_start_matches([',', '`']).split([' ', '–', '/']).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let ends = word.ends_with(['.', ';', ':', ')']);
        let bare = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
        if bare == "finding" || bare == "findings" {
            let number = words.next().unwrap_or_default().trim_matches(|letter: char| !letter.is_ascii_digit());
            if !number.is_empty() {
                found.push(format!("finding {number}"));
            }
        } else if is_code(bare) {
            found.push(bare.to_owned());
        } else if !matches!(bare, "and" | "or" | "to") {
            break;
        }
        if ends {
            break;
        }
    }
    found
}

fn is_code(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|letter| letter.is_ascii_uppercase())
        && letters.clone().next().is_some()
        && letters.all(|letter| letter.is_ascii_digit())
}

fn headings(page: &str) -> impl Iterator<Item = &str> {
    page.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().trim_start_matches('§'))
}

fn has_number(page: &str, number: &str) -> bool {
    headings(page).any(|heading| {
        heading.strip_prefix(number).is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_ascii_digit()))
    })
}

fn has_title(page: &str, title: &str) -> bool {
    headings(page).any(|heading| {
        let unnumbered = heading.trim_start_matches(|letter: char| letter.is_ascii_digit() || ". ".contains(letter));
        heading == title || unnumbered == title
    })
}

fn has_word(page: &str, word: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric();
    let page = page.to_lowercase();
    let word = word.to_lowercase();
    page.match_indices(&word)
        .any(|(at, _)| !page[..at].ends_with(is_letter) && !page[at + word.len()..].starts_with(is_letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> Repository {
        let pages = [
            ("docs/platforms/zammad.md", "# Zammad\n\n## 2 Webhooks\n\n### 2.1 Headers\n\n## 10. More\n"),
            ("docs/testing.md", "| E7 | x |\n\nFinding 8: y\n"),
            ("ARCHITECTURE.md", "# Architecture\n\n## Arrows\n"),
            ("docs/adr/0001-a.md", "# A\n"),
        ];
        let files = [
            "docs/platforms/zammad.md",
            "docs/testing.md",
            "ARCHITECTURE.md",
            "docs/adr/0001-a.md",
            "crates/sync/src/lib.rs",
        ];
        Repository::of(files.into_iter(), pages.map(|(path, text)| (path.to_owned(), text.to_owned())).into())
    }

    fn faults(path: &str, text: &str) -> Vec<String> {
        repository().faults(path, text)
    }

    #[test]
    fn accepts_what_exists() {
        for good in [
            "// docs/platforms/zammad.md §2",
            "// docs/platforms/zammad.md §2.1 says so",
            "// docs/platforms/zammad.md §2, §2.1 and §10.",
            "// see docs/platforms/zammad.md\n// §2.",
            "// ARCHITECTURE.md, \"Arrows\"",
            "// (docs/testing.md E7, finding 8)",
            "// crates/sync/src and crates/*/src, crates/<name>",
            "// crates/sync/src/lib.rs: see there",
            "// https://example.com/docs/none.md",
            "let text = \"docs/none.md\";",
            "// forge-app/src/wasm/core.js is generated",
        ] {
            assert!(faults("crates/a/src/b.rs", good).is_empty(), "{good}: {:?}", faults("crates/a/src/b.rs", good));
        }
        assert!(
            faults("docs/x.md", "[a](adr/0001-a.md#top) [b](../ARCHITECTURE.md) [c](https://example.com)").is_empty()
        );
        assert!(faults("README.md", "[docs](docs/adr) and `docs/testing.md`").is_empty());
    }

    #[test]
    fn names_what_does_not() {
        for (bad, fault) in [
            ("// docs/none.md", "docs/none.md does not exist"),
            ("// crates/none/src", "crates/none/src does not exist"),
            ("// docs/platforms/zammad.md §3", "has no section 3"),
            ("// docs/platforms/zammad.md §1", "has no section 1"),
            ("// docs/platforms/zammad.md §2–§5", "has no section 5"),
            ("// docs/platforms/zammad.md\n// §2.4", "has no section 2.4"),
            ("// ARCHITECTURE.md, \"Ways\"", "has no heading \"Ways\""),
            ("// docs/testing.md E8", "has no E8"),
            ("// docs/testing.md finding 9", "has no finding 9"),
        ] {
            let found = faults("crates/a/src/b.rs", bad);
            assert!(found.len() == 1 && found[0].contains(fault), "{bad}: {found:?}");
        }
        assert_eq!(faults("docs/x.md", "\n[a](none.md)")[0], "docs/x.md:2: link to none.md, which does not exist");
    }

    #[test]
    fn finds_names_of_the_outside() {
        for name in OUTSIDE {
            let line = |before: &str| format!("see {before}{name}protocol.md");
            assert_eq!(outside("a.rs", &line("../")).len(), 1);
            assert_eq!(outside("a.rs", &line("")).len(), 1);
            assert!(outside("a.rs", &line("crates/")).is_empty() && outside("a.rs", &line("un")).is_empty());
        }
    }
}
