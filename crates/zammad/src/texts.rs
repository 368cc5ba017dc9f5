//! Zammad's error texts that may be shown in logs: a fixed list, since other texts may quote content.

use std::borrow::Cow;

use serde::Deserialize;

use crate::error::Said;

/// Fixed texts of 6.1 and 6.5, from recordings. `*` matches any value and is shown instead of the value.
const KNOWN: &[&str] = &[
    "Authentication required",
    "Not authorized",
    "Not authorized (token)!",
    "Not authorized (user)!",
    "Not authorized (token expired)!",
    "Not authorized (admin permission required)!",
    "Not authorized (Time Accounting is not enabled)!",
    "Not authorized (you can only delete your own notes)!",
    "Token authorization failed.",
    "User authorization failed.",
    "Can't find User for Token",
    "The provided token is invalid.",
    "OAuth2 token is expired!",
    "Invalid BasicAuth credentials",
    "CSRF token verification failed!",
    "API token access disabled!",
    "Maintenance mode enabled!",
    "Bad Request",
    "Not Found",
    "This page doesn't exist.",
    "No route matches *",
    "Couldn't find Ticket*",
    "Couldn't find User*",
    "Couldn't find Group*",
    "The article does not belong to the specified ticket.",
    "The file does not belong to the specified article.",
    "Invalid disposition * requested. Only inline, attachment are valid.",
    "This object already exists.",
    "Need at least an 'article body' field.",
    "A mentioned user has no agent access to this ticket",
    "Invalid ticket selector conditions",
    "The required value '*' is missing.",
    "The required parameter '*' is missing.",
    "Missing required value for field '*'!",
    "Invalid value '*' for field '*'!",
    "Invalid value for param '*': *",
    "No lookup value found for '*': *",
    "Attachment needs '*' param for attachment with index '*'",
    "Invalid base64 for attachment with index '*'",
    "body of article is too large, * chars - only * allowed",
    "* is longer than the allowed length *",
    "Invalid email * of customer",
];

/// Reads an error body (`{"error":".."}`). Returns the text that may be shown, and its meaning. A known text is shown with `*`
/// for each quoted value, of an unknown text only the size.
pub(crate) fn read(body: &[u8]) -> (String, Said) {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        error: Cow<'a, str>,
    }
    match serde_json::from_slice::<Answer<'_>>(body) {
        Ok(answer) => {
            let shown = known(&answer.error).unwrap_or_else(|| hidden(answer.error.len()));
            (shown, meaning(&answer.error))
        }
        Err(_) => (hidden(body.len()), Said::NotZammad),
    }
}

fn meaning(text: &str) -> Said {
    match text {
        "Maintenance mode enabled!" => Said::Maintenance,
        "API token access disabled!" => Said::TokenAccessDisabled,
        "Authentication required" => Said::NoCredentials,
        // Texts of Rack and Rails for a path that Zammad does not have; they say nothing about an object.
        "Not Found" | "This page doesn't exist." => Said::NotZammad,
        // 403: the article or file was moved or deleted.
        "The article does not belong to the specified ticket."
        | "The file does not belong to the specified article." => Said::NotFound,
        _ if text.starts_with("Couldn't find ") => Said::NotFound,
        _ if text.starts_with("No route matches ") => Said::NotZammad,
        _ => Said::Other,
    }
}

fn known(text: &str) -> Option<String> {
    // Zammad hides the reason from users who are not admins; its own log has the reason with this id.
    let id = text.strip_prefix("Error ID ").and_then(|rest| rest.strip_suffix(": Please contact your administrator."));
    if id.is_some_and(|id| id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Some(text.to_owned());
    }
    KNOWN.iter().find(|known| matches(known, text)).map(|&known| known.to_owned())
}

fn hidden(bytes: usize) -> String {
    format!("a text of {bytes} bytes that is not shown")
}

/// Whether `text` is `pattern`, with anything in place of each `*`.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> String {
        read(serde_json::json!({ "error": text, "error_human": text }).to_string().as_bytes()).0
    }

    #[test]
    fn fixed_texts_are_shown_and_values_are_not() {
        for (text, expected) in [
            ("Not authorized", "Not authorized"),
            ("Invalid value 'canary' for field 'canary'!", "Invalid value '*' for field '*'!"),
            ("No lookup value found for 'group': \"canary\"", "No lookup value found for '*': *"),
            ("Couldn't find Ticket with 'id'=4711", "Couldn't find Ticket*"),
            ("canary is longer than the allowed length 120", "* is longer than the allowed length *"),
            (
                "Error ID a1B2c3D4: Please contact your administrator.",
                "Error ID a1B2c3D4: Please contact your administrator.",
            ),
            ("Error ID canary: Please contact your administrator.", "a text of 51 bytes that is not shown"),
            ("Not authorized canary", "a text of 21 bytes that is not shown"),
            ("canary Not authorized", "a text of 21 bytes that is not shown"),
            ("uninitialized constant canary", "a text of 29 bytes that is not shown"),
        ] {
            assert_eq!(said(text), expected);
        }
        assert_eq!(read(b"<html>canary</html>"), ("a text of 19 bytes that is not shown".to_owned(), Said::NotZammad));
        assert_eq!(read(br#"{"error":7}"#), ("a text of 11 bytes that is not shown".to_owned(), Said::NotZammad));
    }

    proptest! {
        #[test]
        fn what_somebody_wrote_is_never_shown(pattern in prop::sample::select(KNOWN), before: String, after: String) {
            let value = format!("{before}kanarienvogel{after}");
            let shown = said(&pattern.replace('*', &value));
            prop_assert!(!shown.contains("kanarienvogel"));
            prop_assert!(shown.contains('*') == pattern.contains('*'), "{shown}");
        }
    }
}
