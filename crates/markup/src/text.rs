//! Characters and addresses.

use std::borrow::Cow;

use url::Url;

/// Longer addresses stay text: one alone could fill a comment.
const MOST_ADDRESS: usize = 4_000;

/// Control characters and what XML and Jira refuse; line breaks and tabs are none.
pub(crate) fn is_control(letter: char) -> bool {
    (letter.is_control() && !matches!(letter, '\n' | '\t' | '\r'))
        || matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Shows nothing, whatever it does to its neighbours. Newsletters fill their hidden preview line with these.
pub(crate) fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
}

pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// What becomes of the address of a link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// The web, a mailbox, a telephone: a link.
    Link(Cow<'a, str>),
    /// Any other scheme: shown as text behind the words of the link.
    Text(&'a str),
    /// Not shown: scripts, data, and addresses inside of the page.
    Nothing,
}

impl Target<'_> {
    /// The address that readers get to see.
    pub(crate) fn address(&self) -> Option<&str> {
        match self {
            Self::Link(address) => Some(address),
            Self::Text(address) => Some(address),
            Self::Nothing => None,
        }
    }
}

/// What becomes of this address. One without a scheme (`//a.example`) is one of the web.
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

/// Whether a text names this address already.
pub(crate) fn names(text: &str, address: &str) -> bool {
    let bare = ["mailto:", "tel:"].into_iter().find_map(|scheme| address.strip_prefix(scheme)).unwrap_or(address);
    text.contains(bare.trim_end_matches('/'))
}

/// The address as it stands there, if it is one that may become a link.
fn address(href: &str) -> Option<&str> {
    matches!(target(href), Target::Link(Cow::Borrowed(_))).then(|| href.trim())
}

/// Likewise, the web only.
pub(crate) fn web_address(href: &str) -> Option<&str> {
    address(href).filter(|href| {
        let scheme = href.split(':').next().unwrap_or_default();
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

/// At most this many characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}

/// Cuts a line into what is a bare web address (`true`) and what is not.
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

/// Up to a blank or a mark that no address holds; without the punctuation of the sentence around it.
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
