//! `docs/log-events.md`: every event that a shipped crate logs, read from the source. `cargo xtask log-events` writes it.
//!
//! The column for operators comes from a comment on the line above the call: `// Operator: <what to do>`. Warnings and errors
//! must have one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use super::report::Report;
use super::source::{Call, calls, without_tests};
use super::{files, logs};
use xtask::run::root;

const PAGE: &str = "docs/log-events.md";
/// Most urgent first.
const LEVELS: &[&str] = &["error", "warn", "info", "debug"];
/// Not shipped.
const OTHERS: &[&str] = &["crates/devkit/"];
const COMMENT: &str = "// Operator: ";
const HEAD: &str = "# Log events\n\n\
    Generated from the source by `cargo xtask log-events`; do not edit. Every event that the sidecar logs, most urgent first. \
    A line of the log is JSON with the time, the level, the message and the listed fields.\n\n\
    | Level | Message | Fields | Operator | Source |\n|---|---|---|---|---|\n";

/// One kind of event, in the order of the page.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    /// Index in [`LEVELS`].
    level: usize,
    message: String,
    fields: Vec<String>,
    operator: Option<String>,
    path: String,
}

/// Writes the page.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn write(listed: &[String]) -> Result<()> {
    fs::write(root().join(PAGE), page(&read(listed)?.0)).with_context(|| format!("cannot write {PAGE}"))
}

pub(super) fn check(report: &mut Report, listed: &[String]) -> Result<()> {
    let (events, faults) = read(listed)?;
    report.faults.extend(faults);
    if fs::read_to_string(root().join(PAGE)).unwrap_or_default() != page(&events) {
        report.fault(format!("{PAGE}: out of date; `cargo xtask log-events` writes it"));
    }
    Ok(())
}

fn read(listed: &[String]) -> Result<(BTreeSet<Event>, Vec<String>)> {
    let (mut events, mut faults) = (BTreeSet::new(), Vec::new());
    for path in listed.iter().filter(|path| is_shipped(path) && root().join(path).is_file()) {
        let text = fs::read_to_string(root().join(path)).with_context(|| path.clone())?;
        for (line, event) in events_of(path, &text) {
            if event.operator.is_none() && event.level < 2 {
                let level = LEVELS[event.level];
                faults.push(format!("{path}:{line}: {level}! has no line `{COMMENT}…` above it"));
            }
            events.insert(event);
        }
    }
    Ok((events, faults))
}

fn is_shipped(path: &str) -> bool {
    let is_source = path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs");
    is_source && !files::is_test(path) && !OTHERS.iter().any(|other| path.starts_with(other))
}

/// The events of a file, each with its line.
fn events_of(path: &str, text: &str) -> Vec<(usize, Event)> {
    let lines: Vec<&str> = text.lines().collect();
    let event = |call: Call<'_>| {
        let level = LEVELS.iter().position(|level| *level == call.name)?;
        let above = call.line.checked_sub(2).and_then(|above| lines.get(above)).map_or("", |above| above.trim());
        let fields = call.arguments.iter().take_while(|argument| !logs::is_text(argument));
        let event = Event {
            level,
            message: call
                .arguments
                .iter()
                .find(|argument| logs::is_text(argument))
                .map_or("", |text| inner(text))
                .to_owned(),
            fields: fields.filter_map(|argument| logs::field(argument)).map(str::to_owned).collect(),
            operator: above.strip_prefix(COMMENT).map(str::to_owned),
            path: path.to_owned(),
        };
        Some((call.line, event))
    };
    calls(without_tests(text), LEVELS).into_iter().filter_map(event).collect()
}

/// A string's text without its quotes.
fn inner(text: &str) -> &str {
    text.strip_prefix('r').map_or(text, |raw| raw.trim_matches('#')).trim_matches('"')
}

fn page(events: &BTreeSet<Event>) -> String {
    let mut page = HEAD.to_owned();
    for event in events {
        let fields: Vec<String> = event.fields.iter().map(|field| format!("`{field}`")).collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            LEVELS[event.level],
            cell(&event.message),
            fields.join(", "),
            event.operator.as_deref().map_or_else(String::new, cell),
            event.path,
        );
    }
    page
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn f() {\n    // Operator: Restart it.\n    tracing::error!(ticket_id, code = %a, \"it | failed\");\n\n    \
        warn!(count, \"slow\");\n    if x {\n        tracing::info!(\n            took_ms = 1,\n            \"ready\"\n        );\n    }\n}\n";

    #[test]
    fn reads_events() {
        let found = events_of("crates/a/src/b.rs", SOURCE);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 5, 7]);
        assert_eq!(found[0].1.fields, ["ticket_id", "code"]);
        assert_eq!(found[0].1.operator.as_deref(), Some("Restart it."));
        assert_eq!((found[1].1.level, &found[1].1.operator), (1, &None));
        assert_eq!(found[2].1.message, "ready");
    }

    #[test]
    fn writes_a_sorted_table() {
        let mut events: BTreeSet<Event> = events_of("b.rs", SOURCE).into_iter().map(|(_, event)| event).collect();
        events.extend(events_of("a.rs", "error!(\"a\")").into_iter().map(|(_, event)| event));
        let page = page(&events);
        let rows: Vec<&str> = page.lines().skip_while(|line| !line.starts_with("|---")).skip(1).collect();
        assert_eq!(
            rows,
            [
                "| error | a |  |  | a.rs |",
                "| error | it \\| failed | `ticket_id`, `code` | Restart it. | b.rs |",
                "| warn | slow | `count` |  | b.rs |",
                "| info | ready | `took_ms` |  | b.rs |",
            ]
        );
    }

    #[test]
    fn tests_and_tools_are_not_shipped() {
        assert!(is_shipped("crates/sidecar/src/app.rs"));
        for other in
            ["crates/devkit/src/dev.rs", "crates/store/tests/a.rs", "crates/a/src/b_tests.rs", "xtask/src/run.rs"]
        {
            assert!(!is_shipped(other), "{other}");
        }
    }
}
