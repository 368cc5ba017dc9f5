//! Times in JQL.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::clock::Millis;

/// `-5m` (also `h`, `d`, `w`), `2026-11-26` or `2026-11-26 14:05`.
pub(super) fn moment(text: &str, now: Millis) -> Option<Millis> {
    let unit = match text.chars().last()? {
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        'w' => 604_800_000,
        _ => {
            let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00"));
            let at = format!("{}T{clock}:00Z", date.replace('/', "-"));
            return Some(OffsetDateTime::parse(&at, &Rfc3339).ok()?.unix_timestamp() * 1_000);
        }
    };
    let count: Millis = text.get(..text.len() - 1)?.parse().ok()?;
    now.checked_add(count.checked_mul(unit)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_absolute_and_relative_times() {
        assert_eq!(moment("-5m", 1_000_000), Some(700_000));
        assert_eq!(moment("-2h", 0), Some(-7_200_000));
        assert_eq!(moment("-1d", 0), Some(-86_400_000));
        assert_eq!(moment("1w", 0), Some(604_800_000));
        assert_eq!(moment("1970-01-02", 0), Some(86_400_000));
        assert_eq!(moment("1970/01/01 01:30", 0), Some(5_400_000));
        assert_eq!((moment("yesterday", 0), moment("5x", 0), moment("m", 0), moment("", 0)), (None, None, None, None));
    }
}
