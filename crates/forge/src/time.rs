//! The times that Jira and the platform write: `2026-11-24T09:15:30.123+0100`, or RFC 3339 as it should be.

use schema::UnixMs;

/// Reads one; `None` if it is none.
pub(crate) fn instant(text: &str) -> Option<UnixMs> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = bytes.get(from..to).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    };
    let is = |at: usize, one: u8| bytes.get(at) == Some(&one);
    if ![(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')].iter().all(|&(at, one)| is(at, one)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut zone = 19;
    let mut ms = 0;
    if is(zone, b'.') {
        let digits = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        ms = match digits {
            0 => return None,
            1 => number(20, 21)? * 100,
            2 => number(20, 22)? * 10,
            _ => number(20, 23)?,
        };
        zone = 20 + digits;
    }
    let offset = match (bytes.get(zone)?, bytes.len() - zone) {
        (b'Z', 1) => 0,
        (sign @ (b'+' | b'-'), 5 | 6) => {
            let minutes = number(zone + 1, zone + 3)? * 60 + number(bytes.len() - 2, bytes.len())?;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second;
    Some(UnixMs(seconds * 1_000 + ms))
}

/// Days since 1970-01-01 in the Gregorian calendar, by years that begin in March: then the leap day is the last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_time() {
        assert_eq!(instant("2026-11-24T09:15:30.123+0100"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant("2026-11-24T08:15:30.123Z"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant("2026-11-24T08:15:30+00:00"), Some(UnixMs(1_795_508_130_000)));
        assert_eq!(instant("2026-11-24T02:45:30.1234567-05:30"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant("2024-02-29T00:00:00.5Z"), Some(UnixMs(1_709_164_800_500)));
        assert_eq!(instant("2000-03-01T00:00:00Z"), Some(UnixMs(951_868_800_000)));
        assert_eq!(instant("1970-01-01T00:00:00Z"), Some(UnixMs(0)));
        for bad in [
            "",
            "+0100",
            "yesterday",
            "2026-11-24",
            "é0100",
            "2026-13-24T09:15:30.123+0100",
            "2026-11-24T09:15:30.123",
            "2026-11-24T09:15:30.Z",
            "2026-11-24T09:15:30é",
            "2026-11-24T09:15:30.123+01",
            "2026-11-24T09:15:30Zé",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }
}
