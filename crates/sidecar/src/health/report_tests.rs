//! Every code of `/readyz`: which state brings it up, its advice, and what ends it.

use std::collections::BTreeSet;

use super::*;

const NOW: UnixMs = UnixMs(1_790_000_000_000);
const OPERATORS_PAGE: &str = include_str!("../../../../docs/operators.md");

/// The codes that begin a row of a table in the chapter "Health".
fn documented() -> BTreeSet<&'static str> {
    let chapter = OPERATORS_PAGE.split("\n## ").find(|chapter| chapter.starts_with("Health\n")).unwrap();
    let first_cells = chapter.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    first_cells.flat_map(|cell| cell.split('`').step_by(2)).filter(|code| !code.is_empty()).collect()
}

/// The codes that have advice.
fn advised() -> BTreeSet<&'static str> {
    let arms = include_str!("advice.rs").lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"));
    arms.map(|(code, _)| code).collect()
}

/// The only code of the report, under `problems` or `warnings`, with its advice.
fn only(report: &Report) -> &'static str {
    let codes: Vec<_> = report.problems.iter().chain(&report.warnings).copied().collect();
    assert_eq!(codes.len(), 1, "{report:?}");
    assert_eq!(report.help.get(codes[0]).copied(), advice::of(codes[0]));
    assert_eq!(report.ready, report.problems.is_empty());
    codes[0]
}

fn assert_good(report: &Report) {
    let is_quiet = report.ready && report.problems.is_empty() && report.warnings.is_empty();
    assert!(is_quiet && report.help.is_empty() && report.details.is_empty(), "{report:?}");
}

#[test]
fn the_operators_page_lists_the_codes_that_have_advice() {
    assert!(documented().len() > 20, "{:?}", documented());
    assert_eq!(documented(), advised());
    assert!(documented().into_iter().all(|code| advice::of(code).is_some()));
}

#[test]
fn a_failed_exchange_is_named_until_one_succeeds() {
    for (exchange, code, ready) in [
        (Exchange::Unauthorized, "forge-refuses-the-signature", false),
        (Exchange::Ended, "disconnected-by-an-admin", false),
        (Exchange::UnsignedReply, "reply-not-signed-by-forge", false),
        (Exchange::Unreachable, "forge-unreachable", true),
    ] {
        let health = Health::default();
        health.exchange(exchange, NOW, None);
        let report = health.report(NOW, false);
        assert_eq!((only(&report), report.ready, report.last_good_exchange), (code, ready, None));
        assert!(report.help.contains_key(code), "{code} has advice");
        health.exchange(Exchange::Good, NOW, Some(NOW.seconds()));
        assert_good(&health.report(NOW, false));
        assert_eq!(health.report(NOW, false).last_good_exchange, Some(NOW));
    }
}

#[test]
fn a_clock_that_is_off_by_more_than_30_seconds_is_a_problem() {
    let health = Health::default();
    for (skew, is_off) in [(30, false), (31, true), (-30, false), (-31, true), (0, false)] {
        health.exchange(Exchange::Good, NOW, Some(NOW.seconds() + skew));
        let report = health.report(NOW, false);
        assert_eq!(report.skew_seconds, skew);
        if is_off {
            assert_eq!((only(&report), report.ready), ("clock-is-off", false));
            assert!(report.help.contains_key("clock-is-off"));
        } else {
            assert_good(&report);
        }
    }
}

#[test]
fn a_store_that_fails_and_stopped_content_are_problems() {
    let health = Health::default();
    let report = health.report(NOW, true);
    assert_eq!((only(&report), report.ready), ("store-not-writable", false));
    assert!(report.help.contains_key("store-not-writable"));
    assert_good(&health.report(NOW, false));
    health.leak_stopped();
    let report = health.report(NOW, false);
    assert_eq!((only(&report), report.ready), ("content-stopped-at-the-boundary", false));
    assert!(report.help.contains_key("content-stopped-at-the-boundary"));
}

#[test]
fn a_process_that_stops_is_not_ready() {
    let health = Health::default();
    health.stopping();
    let report = health.report(NOW, false);
    assert_eq!((only(&report), report.ready), ("stopping", false));
}

#[test]
fn messages_that_jira_refuses_are_named_by_ticket_until_they_are_through() {
    const CODE: &str = "jira-refuses-the-app";
    let health = Health::default();
    health.message_waits(8, Some("5008: issue-no-access".into()));
    health.message_waits(7, Some("5007: jira-forbidden".into()));
    let report = health.report(NOW, false);
    assert_eq!((only(&report), report.ready), (CODE, true));
    assert_eq!(report.details[CODE], ["5007: jira-forbidden", "5008: issue-no-access"]);
    assert!(report.help.contains_key(CODE));
    health.message_waits(7, None);
    assert_eq!(health.report(NOW, false).details[CODE], ["5008: issue-no-access"]);
    health.message_waits(8, None);
    assert_good(&health.report(NOW, false));
    for ticket in 0..30 {
        health.message_waits(ticket, Some(format!("{ticket}: jira-forbidden")));
    }
    assert_eq!(health.report(NOW, false).details[CODE].len(), MOST_LISTED);
}

#[test]
fn a_get_on_the_webhook_path_is_a_warning_for_a_day() {
    let health = Health::default();
    health.get_on_hook(NOW);
    let report = health.report(NOW.plus(86_399_999), false);
    assert_eq!((only(&report), report.ready), ("get-on-hook-path", true));
    assert!(report.help.contains_key("get-on-hook-path"));
    assert_good(&health.report(NOW.plus(86_400_000), false));
}
