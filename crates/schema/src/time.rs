//! Points in time: one unit for everything that is stored or compared, and its text forms.
//!
//! [`parse_rfc3339`] reads what Zammad, Jira and the Forge platform send; [`rfc3339`] writes what goes over the wire and
//! into logs; [`for_people`] writes what a person reads. All three handle the years 1970 to 9999.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch. The caller owns the clock; this crate never reads one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// The instant `ms` milliseconds later (earlier if negative); saturates instead of overflowing.
    #[must_use]
    pub const fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds since the epoch, the unit of the envelope's timestamp.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// The last millisecond of the year 9999.
const LAST: i64 = 253_402_300_799_999;
const DAY_MS: i64 = 86_400_000;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads a time: `2026-11-24T09:15:30Z`, with 1 to 9 digits of a second (cut to milliseconds), and with `Z`, `+01:00` or
/// Jira's `+0100` as offset. Returns `None` for every other text, for a date that is not in the calendar, and for an instant
/// outside of 1970 to 9999.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<UnixMs> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = bytes.get(from..to).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    };
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    if ![(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')].iter().all(|&(at, byte)| is(at, byte)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_date = (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (mut offset_at, mut ms) = (19, 0);
    if is(offset_at, b'.') {
        let digits = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        ms = match digits {
            1 => number(20, 21)? * 100,
            2 => number(20, 22)? * 10,
            3..=9 => number(20, 23)?,
            _ => return None,
        };
        offset_at = 20 + digits;
    }
    let offset = match (bytes.get(offset_at)?, bytes.len() - offset_at) {
        (b'Z', 1) => 0,
        (sign @ (b'+' | b'-'), length @ (5 | 6)) => {
            if length == 6 && !is(offset_at + 3, b':') {
                return None;
            }
            let (hours, minutes) = (number(offset_at + 1, offset_at + 3)?, number(bytes.len() - 2, bytes.len())?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let minutes = hours * 60 + minutes;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let seconds = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second;
    let at = seconds * 1_000 + ms;
    (year >= 1970 && (0..=LAST).contains(&at)).then_some(UnixMs(at))
}

/// Writes a time for the wire and for logs: `2026-11-24T08:15:30.123Z`, without trailing zeros of the fraction. An instant
/// outside of 1970 to 9999 is written as the nearest one inside.
#[must_use]
pub fn rfc3339(at: UnixMs) -> String {
    let Utc { year, month, day, hour, minute, second, ms } = utc(at);
    let whole = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if ms == 0 {
        return whole + "Z";
    }
    let fraction = format!("{ms:03}");
    format!("{whole}.{}Z", fraction.trim_end_matches('0'))
}

/// Writes a time for people, to the minute: `28 Nov 2026, 01:16 UTC`. An instant outside of 1970 to 9999 is written as the
/// nearest one inside.
#[must_use]
pub fn for_people(at: UnixMs) -> String {
    let Utc { year, month, day, hour, minute, .. } = utc(at);
    let month = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"");
    format!("{day} {month} {year}, {hour:02}:{minute:02} UTC")
}

/// A time in UTC. Months and days begin at 1.
struct Utc {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    ms: i64,
}

fn utc(at: UnixMs) -> Utc {
    let at = at.0.clamp(0, LAST);
    let (days, ms) = (at / DAY_MS, at % DAY_MS);
    // Counted from 1 March of the year 0, so that a leap day is the last day of its year; 400 years have 146,097 days.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    Utc {
        year: era * 400 + year_of_era + i64::from(month <= 2),
        month,
        day: of_year - (153 * shifted_month + 2) / 5 + 1,
        hour: ms / 3_600_000,
        minute: ms / 60_000 % 60,
        second: ms / 1_000 % 60,
        ms: ms % 1_000,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
const fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin on 1 March, so that a leap day is the last day of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
