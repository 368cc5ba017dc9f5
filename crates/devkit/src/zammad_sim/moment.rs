//! Times as clients write them.

use serde_json::Value;
use time::{Date, OffsetDateTime, Time, format_description::well_known::Rfc3339};

use crate::clock::Millis;

/// An ISO time with offset, or a date, which is midnight UTC.
pub(super) fn parse(value: &Value) -> Option<Millis> {
    let text = value.as_str()?.trim();
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let month = time::Month::try_from(month.parse::<u8>().ok()?).ok()?;
        let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
        Some(date.with_time(Time::MIDNIGHT).assume_utc())
    })?;
    Millis::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_converted_and_dates_are_midnight() {
        let noon = parse(&"2033-04-04T10:00:00+02:00".into()).unwrap();
        assert_eq!(super::super::render::time(noon), "2033-04-04T08:00:00.000Z");
        assert_eq!(super::super::render::time(parse(&"2033-04-04".into()).unwrap()), "2033-04-04T00:00:00.000Z");
        assert_eq!(parse(&"nonsense".into()), None);
    }
}
