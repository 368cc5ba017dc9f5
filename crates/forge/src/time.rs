//! The times that Jira and the platform write.

use schema::UnixMs;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Jira's times come as `2026-11-24T09:15:30.123+0100`, the platform's as RFC 3339.
pub(crate) fn instant(text: &str) -> Option<UnixMs> {
    let colon_missing =
        text.len() > 5 && text.is_char_boundary(text.len() - 5) && text[text.len() - 5..].starts_with(['+', '-']);
    let rfc = if colon_missing {
        let (time, offset) = text.split_at(text.len() - 2);
        format!("{time}:{offset}")
    } else {
        text.to_owned()
    };
    let at = OffsetDateTime::parse(&rfc, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(UnixMs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_time() {
        assert_eq!(instant("2026-11-24T09:15:30.123+0100"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant("2026-11-24T08:15:30.123Z"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant("2026-11-24T08:15:30+00:00"), Some(UnixMs(1_795_508_130_000)));
        for bad in ["", "+0100", "yesterday", "2026-11-24", "é0100", "2026-13-24T09:15:30.123+0100"] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }
}
