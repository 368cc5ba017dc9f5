//! Prints the figures, and writes the table of docs/capacity.md.

use std::fmt::Write as _;

use crate::Figures;
use crate::model::{AFTER_PANEL, AT_NIGHT, IN_SESSION, OUT_OF_THE_BLUE};

/// Points an hour of the whole app in the first tier, and how much more than the mean a busy hour takes.
const POOL: f64 = 65_000.0;
const PEAK: f64 = 3.0;
const BEGIN: &str = "<!-- figures: written by `WRITE_CAPACITY=1 cargo xtask bench --only cost` -->\n";
const END: &str = "<!-- end of the figures -->\n";

/// The value below which this part of the sorted values lies, in seconds.
fn percentile(values: &[i64], part: usize) -> f64 {
    let place = (values.len() * part / 100).min(values.len().saturating_sub(1));
    values.get(place).map_or(f64::NAN, |ms| f64::from(i32::try_from(*ms).unwrap_or(i32::MAX)) / 1_000.0)
}

fn waits(figures: &[Figures], moment: &str) -> String {
    let all = figures.iter().flat_map(|one| &one.waits).filter(|(of, _)| *of == moment);
    let mut waits: Vec<i64> = all.map(|(_, ms)| *ms).collect();
    waits.sort_unstable();
    if waits.is_empty() {
        return "none".to_owned();
    }
    format!("{:.2} s / {:.2} s of {}", percentile(&waits, 50), percentile(&waits, 95), waits.len())
}

/// How many installations, nine quiet ones to each busy one, one pool serves.
fn installations(figures: &[Figures]) -> Option<f64> {
    let [quiet, busy] = figures else { return None };
    let mean = (0.9 * quiet.day_points
        + 0.1 * busy.day_points
        + 0.9 * quiet.round_points / 7.0
        + 0.1 * busy.round_points / 7.0)
        / 24.0;
    Some(POOL / (PEAK * mean))
}

pub(crate) fn report(figures: &[Figures], flooded: Option<f64>, open: usize) {
    let mut table = String::new();
    let mut row = |text: String| {
        let _ = writeln!(table, "{text}");
    };
    let names: Vec<&str> = figures.iter().map(|one| one.customer.name).collect();
    row(format!("| | goal | {} |", names.join(" | ")));
    row(format!("|---|---|{}", "---|".repeat(figures.len())));
    let mut line = |what: &str, goal: &str, of: &dyn Fn(&Figures) -> String| {
        let cells: Vec<String> = figures.iter().map(of).collect();
        row(format!("| {what} | {goal} | {} |", cells.join(" | ")));
    };
    line("links; changes a working day", "", &|one| format!("{}; {}", one.customer.links, one.changes));
    line("points a change of a working day, with a seventh of the round", "≤ 5 / ≤ 4", &|one| {
        format!("{:.2}", (one.day_points + one.round_points / 7.0) / one.changes)
    });
    line("the same over a whole week, with its days without work", "", &|one| format!("{:.2}", one.points_a_change()));
    line("points of a working day, of a day without work, of the weekly round", "", &|one| {
        format!("{:.0}, {:.0}, {:.0}", one.day_points, one.idle_day_points, one.round_points)
    });
    line("requests in a working day", "", &|one| format!("{:.0}", one.requests));
    line("GB-seconds a month", "", &|one| format!("{:.0}", one.month().gb_seconds));
    line("storage read, written, in MB a month", "", &|one| {
        format!("{:.0}, {:.1}", one.month().read_bytes / 1_048_576.0, one.month().written_bytes / 1_048_576.0)
    });
    line("$ a month by actual bytes", "≤ 0.10 / –", &|one| format!("{:.3}", one.month().dollars()));
    line("$ a month if each write counted 1 KB", "≤ 0.30 / –", &|one| {
        format!("{:.3}", one.month().dollars_by_kilobytes())
    });
    line("rounds of storage of a request without changes", "≤ 2", &|one| format!("{:.2}", one.empty_poll_rounds));
    let mut text = table;
    if let Some(installations) = installations(figures) {
        let _ = writeln!(
            text,
            "\nInstallations on one pool of 65,000 points an hour, nine quiet ones to each busy one, at three times \
            the mean: **{installations:.0}** (goal 900)."
        );
    }
    if let Some(flooded) = flooded {
        let _ = writeln!(
            text,
            "\nThe most that one installation took of an hour in which four fifths of the pool were used: \
            **{flooded:.0} points, {:.1} %** (goal 5 %).",
            flooded / POOL * 100.0
        );
    }
    let _ =
        writeln!(text, "\n| wait of a change in Jira until the sidecar has it, p50 / p95 | goal | |\n|---|---|---|");
    for (moment, goal) in [
        (IN_SESSION, "0.75 s / 1.5 s"),
        (AFTER_PANEL, "– / 5 s"),
        (OUT_OF_THE_BLUE, "– / 10 s"),
        (AT_NIGHT, "– / 30 s"),
    ] {
        let _ = writeln!(text, "| {moment} | {goal} | {} |", waits(figures, moment));
    }
    println!("{text}");
    println!("one link of {open} is open, and all changes are made there; points of the working day by request:");
    for one in figures {
        println!("  {}:", one.customer.name);
        for (endpoint, usage) in one.endpoints.iter().filter(|(_, usage)| usage.calls > 0) {
            println!("    {endpoint}: {} calls, {} points", usage.calls, usage.points);
        }
    }
    if std::env::var_os("WRITE_CAPACITY").is_some() {
        write(&text);
    }
}

/// Replaces the figures in docs/capacity.md.
fn write(figures: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/capacity.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    std::fs::write(path, [before, BEGIN, figures, END, after].concat()).unwrap();
}
