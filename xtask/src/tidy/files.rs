//! Checks of single files: size, marks of unfinished work, names of package registries, log messages.

use std::fs;

use anyhow::Result;

use super::logs;
use super::report::Report;
use super::source::without_tests;
use xtask::run::root;

const NOTE_LINES: usize = 400;
const MOST_LINES: usize = 600;

/// Written in two halves here and in the tests below, so that this file does not find itself.
const UNFINISHED: &[(&str, &str)] = &[
    (concat!("to", "do!"), "finish it"),
    (concat!("unimple", "mented!"), "finish it"),
    (concat!("TO", "DO"), "finish it or make it an issue"),
    (concat!("FIX", "ME"), "fix it or make it an issue"),
    (concat!("#[ig", "nore"), "a test runs or is not there"),
    (concat!("#[al", "low("), "write #[expect(.., reason = \"..\")]"),
    (concat!("#![al", "low("), "write #![expect(.., reason = \"..\")]"),
];

/// Which registry or mirror is used is the machine's own configuration.
const REGISTRIES: &[&str] = &[
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("registry.npmjs", ".org"),
    concat!("registry.yarnpkg", ".com"),
    concat!("pypi", ".org"),
    concat!("files.python", "hosted.org"),
    concat!("deb.debian", ".org"),
    concat!("security.debian", ".org"),
    concat!("ftp.debian", ".org"),
];

pub(super) fn check(report: &mut Report, listed: &[String]) -> Result<()> {
    let fields = fs::read_to_string(root().join("crates/redaction/src/logs.rs"))?;
    let fields = logs::listed_fields(&fields)?;
    for path in listed {
        let file = root().join(path);
        // Deleted but not committed yet, or a link to nowhere.
        if !file.is_file() {
            continue;
        }
        // Not a text file.
        let Ok(text) = String::from_utf8(fs::read(file)?) else { continue };
        registries(report, path, &text);
        if is_ours(path) {
            unfinished(report, path, &text);
            size(report, path, &text);
            if path.ends_with(".rs") && !is_test(path) {
                for fault in logs::faults(without_tests(&text), &fields) {
                    report.fault(format!("{path}:{fault}"));
                }
            }
        }
    }
    Ok(())
}

fn is_ours(path: &str) -> bool {
    let generated = ["node_modules/", "/dist/", "forge-app/src/wasm/", "/snapshots/"];
    let written = [".rs", ".ts", ".tsx", ".js", ".cjs", ".mjs", ".sh", ".sql", ".css"];
    written.iter().any(|end| path.ends_with(end)) && !generated.iter().any(|part| path.contains(part))
}

pub(super) fn is_test(path: &str) -> bool {
    let stem = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or_default();
    path.split('/').any(|part| part == "tests" || part == "fixtures")
        || path.contains(".test.")
        || stem == "tests"
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
}

fn size(report: &mut Report, path: &str, text: &str) {
    if is_test(path) || !(path.ends_with(".rs") || path.ends_with(".ts") || path.ends_with(".tsx")) {
        return;
    }
    let lines = without_tests(text).lines().count();
    if lines > MOST_LINES {
        report.fault(format!("{path}: {lines} lines, at most {MOST_LINES}; split it by concern"));
    } else if lines > NOTE_LINES {
        report.note(format!("{path}: {lines} lines; consider a split from {NOTE_LINES} lines on"));
    }
}

fn unfinished(report: &mut Report, path: &str, text: &str) {
    for (number, line) in (1..).zip(text.lines()) {
        for (mark, advice) in UNFINISHED {
            if has_word(line, mark) {
                report.fault(format!("{path}:{number}: {mark} - {advice}"));
            }
        }
    }
}

fn registries(report: &mut Report, path: &str, text: &str) {
    for (number, line) in (1..).zip(text.lines()) {
        for host in REGISTRIES {
            if line.contains(host) {
                report.fault(format!("{path}:{number}: names a package registry ({host})"));
            }
        }
    }
}

/// Whether the mark occurs as a whole word, not as part of a longer one.
fn has_word(line: &str, mark: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(mark).any(|(at, _)| {
        let inside = mark.starts_with(is_word) && line[..at].ends_with(is_word);
        let goes_on = mark.ends_with(is_word) && line[at + mark.len()..].starts_with(is_word);
        !inside && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: impl Fn(&mut Report)) -> usize {
        let mut report = Report::default();
        check(&mut report);
        report.faults.len()
    }

    #[test]
    fn marks_are_found_as_words() {
        let mark = UNFINISHED[2].0;
        assert_eq!(faults(|report| unfinished(report, "a.rs", &format!("// {mark}: later"))), 1);
        assert_eq!(faults(|report| unfinished(report, "a.rs", &format!("let X{mark} = 1;"))), 0);
        assert_eq!(
            faults(|report| unfinished(report, "a.rs", &format!("#[cfg_attr(x)] {}dead)]", UNFINISHED[5].0))),
            1
        );
        assert_eq!(faults(|report| unfinished(report, "a.rs", &format!("    {}()", UNFINISHED[0].0))), 1);
    }

    #[test]
    fn registries_are_found() {
        for host in REGISTRIES {
            assert_eq!(faults(|report| registries(report, "x", &format!("url = https://{host}/simple"))), 1);
        }
        assert_eq!(faults(|report| registries(report, "x", "crates and npm are words")), 0);
    }

    #[test]
    fn budget_counts_code_only() {
        let code = "fn a() {}\n".repeat(MOST_LINES);
        let tests = format!("{code}#[cfg(test)]\n{} tests {{\n{}}}\n", "mod", "\n".repeat(100));
        assert_eq!(faults(|report| size(report, "src/a.rs", &tests)), 0);
        assert_eq!(faults(|report| size(report, "src/a.rs", &format!("{code}fn b() {{}}\n"))), 1);
        assert_eq!(faults(|report| size(report, "tests/a.rs", &code.repeat(2))), 0);
    }

    #[test]
    fn tests_and_generated_files_are_told_apart() {
        for path in ["crates/a/tests/b.rs", "src/load_tests.rs", "src/tests.rs", "forge-app/tests/kvs.test.ts"] {
            assert!(is_test(path), "{path}");
        }
        assert!(!is_test("crates/a/src/testimony.rs"));
        assert!(!is_ours("forge-app/src/wasm/core.js") && !is_ours("forge-app/dist/bundle/index.cjs"));
        assert!(is_ours("forge-app/src/index.ts") && !is_ours("README.md"));
    }
}
