//! Characters and addresses.

use std::borrow::Cow;

use url::Url;

/// Longer addresses stay text: one alone could fill a comment.
const MOST_ADDRESS: usize = 4_000;

/// Control characters, and other characters that XML and Jira refuse. Line breaks and tabs are allowed.
pub(crate) fn is_control(letter: char) -> bool {
    (letter.is_control() && !matches!(letter, '\n' | '\t' | '\r'))
        || matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// A character without a visible form. Newsletters fill their hidden preview line with these.
pub(crate) fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
}

pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// The treatment of the address of a link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// Make a link: a web page, a mailbox or a telephone.
    Link(Cow<'a, str>),
    /// Write the address as text behind the words of the link: any other scheme.
    Text(&'a str),
    /// Write nothing: scripts, data, relative addresses, and what is no address.
    Nothing,
}

impl Target<'_> {
    /// The address, if it is to be shown or linked.
    pub(crate) fn address(&self) -> Option<&str> {
        match self {
            Self::Link(address) => Some(address),
            Self::Text(address) => Some(address),
            Self::Nothing => None,
        }
    }
}

/// Decides what to do with an address. An address without a scheme (`//a.example`) gets `https`.
pub(crate) fn target(href: &str) -> Target<'_> {
    let href = href.trim();
    if href.len() > MOST_ADDRESS || href.chars().any(|letter| letter.is_control()) {
        return Target::Nothing;
    }
    let whole: Cow<'_, str> = if href.starts_with("//") { format!("https:{href}").into() } else { href.into() };
    let Ok(url) = Url::parse(&whole) else { return Target::Nothing };
    match url.scheme() {
        "http" | "https" | "mailto" | "tel" => Target::Link(whole),
        "javascript" | "vbscript" | "livescript" | "data" | "cid" | "mid" | "blob" | "about" => Target::Nothing,
        _ => Target::Text(href),
    }
}

/// Whether a text contains this address already.
pub(crate) fn names(text: &str, address: &str) -> bool {
    let bare = ["mailto:", "tel:"].into_iter().find_map(|scheme| address.strip_prefix(scheme)).unwrap_or(address);
    text.contains(bare.trim_end_matches('/'))
}

/// The address without blanks around it, if it may become a link as it is.
fn address(href: &str) -> Option<&str> {
    matches!(target(href), Target::Link(Cow::Borrowed(_))).then(|| href.trim())
}

/// The same for `http` and `https` only.
pub(crate) fn web_address(href: &str) -> Option<&str> {
    address(href).filter(|href| {
        let scheme = href.split(':').next().unwrap_or_default();
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

/// The beginning of a text, at most this many characters long.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}

/// Splits a line into bare web addresses (`true`) and the text between them (`false`).
pub(crate) fn addresses(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(found) = rest[from..].find("http") {
        let at = from + found;
        let length = address_length(&rest[at..]);
        let joined = rest[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        if joined || web_address(&rest[at..at + length]).is_none() {
            from = at + length.max("http".len());
            continue;
        }
        if at > 0 {
            pieces.push((&rest[..at], false));
        }
        pieces.push((&rest[at..at + length], true));
        (rest, from) = (&rest[at + length..], 0);
    }
    if !rest.is_empty() {
        pieces.push((rest, false));
    }
    pieces
}

/// The length of the address at the beginning of a text, without the punctuation of the sentence around it; 0 if there is
/// none.
fn address_length(text: &str) -> usize {
    let prefix = ["https://", "http://"].into_iter().find(|prefix| text.starts_with(prefix));
    let Some(prefix) = prefix else { return 0 };
    let end = text.find(|letter: char| {
        letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | '`' | '|' | '\u{ab}'..='\u{bb}')
    });
    let mut found = &text[..end.unwrap_or(text.len())];
    // A closing bracket belongs to the address if it was opened there.
    let unopened = |open: char, close: char| found.matches(close).count().saturating_sub(found.matches(open).count());
    let mut brackets = [(')', unopened('(', ')')), (']', unopened('[', ']')), ('}', unopened('{', '}'))];
    while let Some(last) = found.chars().next_back() {
        let unopened = brackets.iter_mut().find(|(close, count)| *close == last && *count > 0);
        if let Some((_, count)) = unopened {
            *count -= 1;
        } else if !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '…' | '’' | '”') {
            break;
        }
        found = &found[..found.len() - last.len_utf8()];
    }
    if found.len() > prefix.len() { found.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_schemes_are_links() {
        for good in ["https://a.example/x?y=1#z", "HTTP://a.example", " mailto:a@b.example ", "tel:+49123"] {
            assert_eq!(address(good), Some(good.trim()));
        }
        for bad in [
            "javascript:alert(1)",
            "/path",
            "#x",
            "//a.example",
            "data:text/html,x",
            "ftp://a",
            "",
            "https://",
            "java\nscript:x",
        ] {
            assert_eq!(address(bad), None, "{bad}");
        }
        assert_eq!(target("//a.example/x"), Target::Link("https://a.example/x".into()));
        assert_eq!(target(" ftp://a.example/x "), Target::Text("ftp://a.example/x"));
        for silent in ["JAVASCRIPT:x", "vbscript:x", "data:x", "/path", "", "//", "cid:1"] {
            assert_eq!(target(silent), Target::Nothing, "{silent}");
        }
        assert_eq!(web_address("mailto:a@b.example"), None);
        assert_eq!(address(&format!("https://a.example/{}", "a".repeat(5_000))), None);
    }

    #[test]
    fn bare_addresses_end_before_the_sentence_does() {
        let found = |text: &str| -> Vec<String> {
            addresses(text).into_iter().filter(|(_, is_link)| *is_link).map(|(piece, _)| piece.to_owned()).collect()
        };
        assert_eq!(
            found("see https://a.example/b, or (http://c.example/d(e)f)."),
            ["https://a.example/b", "http://c.example/d(e)f"]
        );
        assert_eq!(found("<https://a.example/?q=1&r=2>"), ["https://a.example/?q=1&r=2"]);
        assert_eq!(found("https:// http and xhttps://no.example"), [""; 0]);
        let text = "a http://b.example. c https://d.example/é!";
        assert_eq!(addresses(text).into_iter().map(|(piece, _)| piece).collect::<String>(), text);
    }
}
