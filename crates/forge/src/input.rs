//! Checks text that people enter, and values that become part of a URL or a query.

/// Returns the issue key or id in a text that a person entered: `PROJ-7`, `10007`, or the URL of an issue, also of one that is
/// selected on a board.
pub(crate) fn issue_in(text: &str) -> Option<&str> {
    let selected = text.split_once("selectedIssue=").map(|(_, rest)| rest.split(['&', '#']).next().unwrap_or_default());
    let path = text.trim().split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next()?;
    let last = selected.unwrap_or(path).trim();
    let is_id = (1..=19).contains(&last.len()) && is_number(last);
    let is_key = last.rsplit_once('-').is_some_and(|(project, number)| is_project_key(project) && is_number(number));
    (is_id || is_key).then_some(last)
}

/// Whether a text has the form of Jira's ids: digits only, at least one.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a project key.
pub(crate) fn is_project_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a URL may become a link that people click: http or https, without credentials (docs/platforms/forge.md §8).
pub(crate) fn is_web_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !authority.is_empty() && !authority.contains('@') && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_issue_in_keys_ids_and_urls() {
        for text in [
            "PROJ-7",
            " PROJ-7 ",
            "https://x.atlassian.net/browse/PROJ-7",
            "https://x.atlassian.net/browse/PROJ-7/?focus=1#c",
            "https://x.atlassian.net/jira/software/projects/PROJ/boards/1?selectedIssue=PROJ-7&x=1",
        ] {
            assert_eq!(issue_in(text), Some("PROJ-7"), "{text}");
        }
        assert_eq!(issue_in("10007"), Some("10007"));
        for text in [
            "",
            "PROJ",
            "-7",
            "PROJ-",
            "printer on fire",
            "../10007x",
            "7PROJ-1",
            "https://x/browse/",
            "https://x/?selectedIssue=../1",
        ] {
            assert_eq!(issue_in(text), None, "{text}");
        }
    }

    #[test]
    fn accepts_only_web_addresses_without_credentials() {
        assert!(is_web_url("https://help.example/#ticket/zoom/42") && is_web_url("http://zammad:8080/x"));
        for url in ["javascript:alert(1)", "https://", "https://user@host/", "ftp://x/", "https://a b/", "", "//x"] {
            assert!(!is_web_url(url), "{url}");
        }
    }
}
