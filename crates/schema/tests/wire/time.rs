//! Times: what is read, what is refused, and agreement with the crate `time`.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
use proptest::prelude::*;
use schema::UnixMs;
use schema::time::{for_people, parse_rfc3339, rfc3339};

/// The last millisecond of the year 9999.
const LAST: i64 = 253_402_300_799_999;

/// Reads a time with the crate `time`, which requires a colon in the offset and accepts the years 0 to 9999.
fn by_library(text: &str) -> Option<UnixMs> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(UnixMs)
}

fn any_time() -> impl Strategy<Value = UnixMs> {
    prop_oneof![(0..=LAST).prop_map(UnixMs), (0..=LAST / 1_000).prop_map(|seconds| UnixMs(seconds * 1_000))]
}

#[test]
fn reads_every_form_of_zammad_jira_and_forge() {
    for (text, at) in [
        ("2026-11-24T09:15:30.123+0100", 1_795_508_130_123),
        ("2026-11-24T09:15:30.123+01:00", 1_795_508_130_123),
        ("2026-11-24T08:15:30.123Z", 1_795_508_130_123),
        ("2026-11-24T08:15:30+00:00", 1_795_508_130_000),
        ("2026-11-24T08:15:30-0000", 1_795_508_130_000),
        ("2026-11-24T02:45:30.1234567-05:30", 1_795_508_130_123),
        ("2026-11-24T08:15:30.123999999Z", 1_795_508_130_123),
        ("2024-02-29T00:00:00.5Z", 1_709_164_800_500),
        ("2000-02-29T00:00:00.05Z", 951_782_400_050),
        ("2000-03-01T00:00:00Z", 951_868_800_000),
        ("1970-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59.999Z", LAST),
    ] {
        assert_eq!(parse_rfc3339(text), Some(UnixMs(at)), "{text}");
    }
}

#[test]
fn refuses_every_other_text() {
    for text in [
        "",
        "+0100",
        "yesterday",
        "é0100",
        "2026-11-24",
        "2026-11-24T09:15:30",
        "2026-11-24T09:15:30.123",
        "2026-11-24T09:15:30.Z",
        "2026-11-24T09:15:30.1234567890Z",
        "2026-11-24T09:15:30é",
        "2026-11-24T09:15:30Zé",
        "2026-11-24T09:15:30Z ",
        " 2026-11-24T09:15:30Z",
        "2026-11-24T09:15:30z",
        "2026-11-24t09:15:30Z",
        "2026-11-24 09:15:30Z",
        "2026-11-24T09:15:30.123+01",
        "2026-11-24T09:15:30+01-00",
        "2026-11-24T09:15:30+010",
        "2026-11-24T09:15:30+01:000",
        "2026-11-24T09:15:30+24:00",
        "2026-11-24T09:15:30+0160",
        "2026-11-24T24:00:00Z",
        "2026-11-24T09:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-00-24T09:15:30Z",
        "2026-13-24T09:15:30Z",
        "2026-11-00T09:15:30Z",
        "+026-11-24T09:15:30Z",
        "1969-12-31T23:59:59Z",
        "1969-12-31T23:59:59-01:00",
        "1970-01-01T00:59:59+01:00",
        "9999-12-31T23:59:59-00:01",
    ] {
        assert_eq!(parse_rfc3339(text), None, "{text}");
    }
}

/// Every day number of every month of every kind of year, against the calendar of the crate `time`.
#[test]
fn accepts_exactly_the_days_of_the_calendar() {
    for year in [1970, 1999, 2000, 2023, 2024, 2100, 2400, 9999] {
        for month in 0..=13 {
            for day in 0..=40 {
                let text = format!("{year:04}-{month:02}-{day:02}T12:00:00Z");
                assert_eq!(parse_rfc3339(&text), by_library(&text), "{text}");
            }
        }
    }
    for day in ["2026-02-29", "2024-02-30", "1900-02-29", "2100-02-29", "2026-02-31", "2026-04-31", "2026-12-32"] {
        assert_eq!(parse_rfc3339(&format!("{day}T00:00:00Z")), None, "{day}");
    }
}

#[test]
fn writes_times_for_people_to_the_minute() {
    let at = |text: &str| for_people(parse_rfc3339(text).unwrap());
    assert_eq!(at("2026-11-28T01:16:12.426Z"), "28 Nov 2026, 01:16 UTC");
    assert_eq!(at("2026-11-28T01:16:59+0100"), "28 Nov 2026, 00:16 UTC");
    assert_eq!(at("2024-02-29T23:59:59Z"), "29 Feb 2024, 23:59 UTC");
    assert_eq!(at("1970-01-01T00:00:00Z"), "1 Jan 1970, 00:00 UTC");
    assert_eq!(at("9999-12-31T12:00:00Z"), "31 Dec 9999, 12:00 UTC");
}

#[test]
fn writes_an_instant_out_of_range_as_the_nearest_one_inside() {
    for (at, text) in [(i64::MIN, "1970-01-01T00:00:00Z"), (-1, "1970-01-01T00:00:00Z")] {
        assert_eq!(rfc3339(UnixMs(at)), text);
    }
    for at in [LAST, LAST + 1, i64::MAX] {
        assert_eq!(rfc3339(UnixMs(at)), "9999-12-31T23:59:59.999Z");
    }
    assert_eq!(for_people(UnixMs(i64::MAX)), "31 Dec 9999, 23:59 UTC");
}

proptest! {
    #[test]
    fn reads_back_what_it_writes(at in any_time()) {
        prop_assert_eq!(parse_rfc3339(&rfc3339(at)), Some(at));
    }

    #[test]
    fn writes_what_the_library_writes(at in any_time()) {
        let library = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000).unwrap();
        prop_assert_eq!(rfc3339(at), library.format(&Rfc3339).unwrap());
    }

    #[test]
    fn reads_what_the_library_reads(
        (year, month, day) in (1971..9999, 0..14, 0..33),
        (hour, minute, second) in (0..25, 0..61, 0..60),
        fraction in "(\\.[0-9]{1,9})?",
        offset in prop_oneof![Just("Z".to_owned()), "[+-](0[0-9]|1[0-9]|2[0-4]):[0-6][0-9]"],
    ) {
        let date = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}");
        let text = format!("{date}{offset}");
        prop_assert_eq!(parse_rfc3339(&text), by_library(&text), "{}", text);
        let in_jira = format!("{date}{}", offset.replace(':', ""));
        prop_assert_eq!(parse_rfc3339(&in_jira), by_library(&text), "{}", in_jira);
    }

    #[test]
    fn never_panics(text in any::<String>(), ascii in "[0-9TZ:.+-]{0,32}") {
        let _ = parse_rfc3339(&text);
        let _ = parse_rfc3339(&ascii);
    }
}
