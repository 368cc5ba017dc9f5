//! `docs/codes.md`: every code that a log line, `connector troubles` or `/readyz` can show is explained there, or in the tables
//! of `docs/operators.md`, "Health". Codes are read from the source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};

use super::files;
use super::report::Report;
use super::source::{code_only, strings, without_tests};
use xtask::run::root;

const PAGE: &str = "docs/codes.md";
const HEALTH_PAGE: &str = "docs/operators.md";
/// First cells of the tables that explain codes.
const TABLES: &[&str] = &["| code |", "| problem |", "| warning |"];

/// Files that produce codes. In these, every string with hyphens is a code unless [`OTHERS`] lists it.
const SOURCES: &[&str] = &[
    "crates/forge/src/access.rs",
    "crates/forge/src/jira.rs",
    "crates/forge/src/messages/",
    "crates/forge/src/panel/",
    "crates/forge/src/transitions/",
    "crates/schema/src/codes.rs",
    "crates/schema/src/reply.rs",
    "crates/schema/src/request.rs",
    "crates/sidecar/src/exchange/",
    "crates/sidecar/src/health/",
    "crates/sidecar/src/inbound/",
    "crates/sidecar/src/reconcile/",
    "crates/sidecar/src/ticket/",
    "crates/sidecar/src/visit/",
    "crates/store/src/inbox.rs",
    "crates/store/src/sqlite/batch.rs",
    "crates/sync/src/plan.rs",
    "crates/zammad/src/error.rs",
    "crates/zammad/src/tls.rs",
];

/// A string directly behind one of these is a code even if it has no hyphen.
const BEFORE: &[&str] =
    &["code: ", "rejected(", "Rejected(", "skipped(", "retry(", "Retry(", "Permanent(", "unwrap_or("];
/// The same holds for every string in a function with one of these names.
const FUNCTIONS: &[&str] = &["fn code(", "fn class("];

/// A code directly behind this is written by a statement of SQL.
const IN_SQL: &str = "code = '";

/// Strings with hyphens that are no codes.
const OTHERS: &[&str] = &[
    // Headers, and names in Zammad's JSON.
    "content-type",
    "is-auto-response",
    "retry-after",
    // Names of operations, which a client's error shows beside its code.
    "changed-tickets",
    "existing-tickets",
    // Keys in the store.
    "all-issues",
    "all-issues-requested",
    "changed-issues",
    "links-unknown",
    "poll-hours",
    "zammad-rights",
    // A kind of text that the check of outgoing bytes searches for.
    "file-name",
    // A reason of `IssueGone`, which ends in `issue-no-access`.
    "no-access",
    // A kind of thing that can be out of sync, beside its code.
    "not-erased",
    // An entry of the audit log.
    "link-removed",
    // An attribute of serde.
    "kebab-case",
    // Names of Forge's own log lines.
    "install-mismatch",
    "message-not-applied",
    "message-refused",
    "issue-not-readable",
    "panel-refused",
];

pub(super) fn check(report: &mut Report, listed: &[String]) -> Result<()> {
    let mut found = BTreeMap::new();
    for path in listed.iter().filter(|path| is_source(path) && root().join(path).is_file()) {
        let text = fs::read_to_string(root().join(path)).with_context(|| path.clone())?;
        for (line, code) in codes(without_tests(&text)) {
            found.entry(code).or_insert_with(|| format!("{path}:{line}"));
        }
    }
    let mut explained = BTreeSet::new();
    for page in [PAGE, HEALTH_PAGE] {
        explained.extend(rows(&fs::read_to_string(root().join(page)).with_context(|| page.to_owned())?));
    }
    report.faults.extend(faults(&found, &explained));
    Ok(())
}

fn is_source(path: &str) -> bool {
    path.ends_with(".rs") && !files::is_test(path) && SOURCES.iter().any(|source| path.starts_with(source))
}

fn faults(found: &BTreeMap<String, String>, explained: &BTreeSet<String>) -> Vec<String> {
    let missing = found.iter().filter(|(code, _)| !explained.contains(*code));
    let stale = explained.iter().filter(|code| !found.contains_key(*code));
    missing
        .map(|(code, place)| format!("{place}: the code {code} is not explained in {PAGE}"))
        .chain(stale.map(|code| format!("{PAGE} or {HEALTH_PAGE}: nothing produces the code {code}")))
        .collect()
}

/// The codes in a file, each with its line.
fn codes(text: &str) -> Vec<(usize, String)> {
    let code = code_only(text);
    let functions: Vec<(usize, usize)> = FUNCTIONS.iter().flat_map(|name| bodies(&code, name)).collect();
    let is_code = |at: usize, string: &str| {
        let before = &text[..at];
        let is_named = BEFORE.iter().any(|sign| before.ends_with(sign))
            || functions.iter().any(|(start, end)| (*start..*end).contains(&at));
        has_form(string) && !OTHERS.contains(&string) && (is_named || string.contains('-'))
    };
    let found = strings(text).into_iter().filter(|(at, string)| is_code(*at, string));
    let in_sql =
        text.match_indices(IN_SQL).filter_map(|(at, _)| Some((at, text[at + IN_SQL.len()..].split_once('\'')?.0)));
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    found.chain(in_sql).map(|(at, string)| (line(at), string.to_owned())).collect()
}

/// The bodies of the functions that begin with `name`, as offsets.
fn bodies(code: &str, name: &str) -> Vec<(usize, usize)> {
    let end_of = |start: usize| {
        let mut depth = 0_usize;
        let closing = code[start..].char_indices().find(|(_, letter)| {
            match letter {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *letter == '}' && depth == 0
        });
        closing.map_or(code.len(), |(length, _)| start + length)
    };
    code.match_indices(name).map(|(start, _)| (start, end_of(start))).collect()
}

/// Lower-case words between single hyphens.
fn has_form(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.split('-').all(|word| !word.is_empty())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The codes in the first cells of a page's tables of codes.
fn rows(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_table = false;
    for line in page.lines() {
        is_table = if is_table { line.starts_with('|') } else { TABLES.iter().any(|head| line.starts_with(head)) };
        let cell = line.split('|').nth(1).filter(|_| is_table).unwrap_or_default();
        found.extend(cell.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        codes(text).into_iter().map(|(_, code)| code).collect()
    }

    #[test]
    fn reads_codes() {
        assert_eq!(found("return skipped(\"follower\");\nErr(x(\"not-linked\"))"), ["follower", "not-linked"]);
        assert_eq!(found("const fn code(self) -> &str { match self { A => \"empty\" } }\nlet b = \"c\";"), ["empty"]);
        assert!(found("f(\"word\"); g(\"Two-Words\"); h(\"a--b\"); // \"a-comment\"").is_empty());
        assert!(found("header(\"content-type\")").is_empty());
        assert_eq!(codes("\n\ncode: \"store\""), [(3, "store".to_owned())]);
        assert_eq!(found("\"UPDATE message SET code = 'damaged', token = NULL\""), ["damaged"]);
    }

    #[test]
    fn reads_tables_of_codes() {
        let page =
            "| name | |\n|---|---|\n| `not-this` | |\n\n| code | meaning |\n|---|---|\n| `a`, `b-c` | `d` |\n\n| `e` |";
        assert_eq!(rows(page), ["a", "b-c"]);
    }

    #[test]
    fn names_codes_that_are_missing_or_stale() {
        let found = [("a-b".to_owned(), "x.rs:1".to_owned()), ("c-d".to_owned(), "y.rs:2".to_owned())].into();
        let explained = ["c-d".to_owned(), "e-f".to_owned()].into();
        let faults = faults(&found, &explained);
        assert_eq!(faults.len(), 2);
        assert!(faults[0].starts_with("x.rs:1: the code a-b") && faults[1].ends_with("the code e-f"));
    }
}
