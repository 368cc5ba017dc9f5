//! The meaning of Zammad's version for the connector: <https://zammad.com/en/advisories> and the release notes, as of November
//! 2026. Zammad publishes security fixes for its newest release line only.

/// The warning about a version as Zammad states it (`6.5.1`); `None` for a supported one and for a version that is no number, such
/// as that of a build from source.
pub(super) fn warning(version: &str) -> Option<&'static str> {
    let mut numbers = version.trim().split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor, patch) = (numbers.next()??, numbers.next()??, numbers.next().flatten().unwrap_or(0));
    Some(match (major, minor, patch) {
        (7, 2, 2..) | (7, 3, _) => return None,
        (7, 2, _) => "has a known security hole in its packages, fixed in 7.2.2",
        (7, 1, 3..) => "works, but gets no security fixes any more; 7.3 does",
        (7, 0 | 1, _) => "has known security holes, fixed in 7.1.3 and later",
        (6, 5, 4..) => "works, but gets no security fixes any more; 7.3 does",
        (6, 3..=5, _) => "has a known security hole that is exploited, fixed in 6.5.4 and 7.1.3",
        (6, 1 | 2, _) => "works, but gets no security fixes any more; 7.3 does",
        (..6, _, _) | (6, 0, _) => "is older than the versions that the connector was tested with",
        _ => "is newer than the versions that the connector was tested with",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_word() {
        for (version, word) in [
            ("7.3.0", None),
            ("7.2.2", None),
            ("7.2.1", Some("7.2.2")),
            ("7.1.3", Some("no security fixes")),
            ("7.1.2", Some("7.1.3")),
            ("7.0.0", Some("7.1.3")),
            ("6.5.4", Some("no security fixes")),
            ("6.5.1", Some("exploited")),
            ("6.4.0", Some("exploited")),
            ("6.1.0", Some("no security fixes")),
            ("5.4.1", Some("older")),
            ("7.4.0", Some("newer")),
            ("8.0", Some("newer")),
            ("develop", None),
            ("", None),
            ("7", None),
        ] {
            match (warning(version), word) {
                (Some(text), Some(word)) => assert!(text.contains(word), "{version}: {text}"),
                (found, word) => assert_eq!(found, word, "{version}"),
            }
        }
    }
}
