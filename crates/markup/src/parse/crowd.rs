//! Finds tags with too many attributes. The tokeniser compares each attribute of a tag with all others, so its time grows
//! with the square of their number.

/// Far more attributes than any element has after Zammad's sanitiser.
const MOST_ATTRIBUTES: usize = 500;

/// Whether a tag has more than [`MOST_ATTRIBUTES`]. It reads comments, quoted values and scripts as the tokeniser does, so
/// that no tag is overlooked.
pub(crate) fn is_crowded(html: &str) -> bool {
    let mut rest = html.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[at + 1..];
        rest = match rest {
            [b'!', b'-', b'-', ..] => behind_comment(rest),
            [b'!' | b'?', ..] => behind(rest, b">"),
            [b'/', first, ..] if !first.is_ascii_alphabetic() => behind(rest, b">"),
            [first, ..] if first.is_ascii_alphabetic() || *first == b'/' => match tag(rest) {
                Some(rest) => rest,
                None => return true,
            },
            _ => rest,
        };
    }
    false
}

/// The text after the tag; `None` if the tag has too many attributes.
fn tag(bytes: &[u8]) -> Option<&[u8]> {
    let is_start = bytes.first() != Some(&b'/');
    let name_length = until(bytes, if is_start { 0 } else { 1 }, |byte| is_gap(byte) || byte == b'>');
    let name = &bytes[..name_length];
    let (mut at, mut attributes) = (name_length, 0);
    loop {
        at = until(bytes, at, |byte| !is_gap(byte));
        match bytes.get(at) {
            None => return Some(&[]),
            Some(b'>') => break,
            Some(_) => attributes += 1,
        }
        if attributes > MOST_ATTRIBUTES {
            return None;
        }
        at = until(bytes, at + 1, |byte| is_gap(byte) || byte == b'>' || byte == b'=');
        let equals = until(bytes, at, |byte| !byte.is_ascii_whitespace());
        if bytes.get(equals) == Some(&b'=') {
            at = value(bytes, until(bytes, equals + 1, |byte| !byte.is_ascii_whitespace()));
        }
    }
    let rest = &bytes[at + 1..];
    let raw =
        ["script", "style", "title", "textarea"].into_iter().find(|raw| name.eq_ignore_ascii_case(raw.as_bytes()));
    // Everything up to the end tag of the same name is text; the end tag itself is checked like any other.
    Some(raw.filter(|_| is_start).map_or(rest, |raw| before_end(rest, raw)))
}

/// The position behind the attribute value that begins at `at`.
fn value(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(quote @ (b'"' | b'\'')) => (until(bytes, at + 1, |byte| byte == *quote) + 1).min(bytes.len()),
        _ => until(bytes, at, |byte| byte.is_ascii_whitespace() || byte == b'>'),
    }
}

fn until(bytes: &[u8], from: usize, end: impl Fn(u8) -> bool) -> usize {
    let from = from.min(bytes.len());
    bytes[from..].iter().position(|byte| end(*byte)).map_or(bytes.len(), |found| from + found)
}

fn is_gap(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'/'
}

fn behind<'a>(bytes: &'a [u8], end: &[u8]) -> &'a [u8] {
    bytes.windows(end.len()).position(|window| window == end).map_or(&[], |at| &bytes[at + end.len()..])
}

/// `<!-->` and `<!--->` are whole comments, and `--!>` ends one too.
fn behind_comment(bytes: &[u8]) -> &[u8] {
    let ends = |window: &[u8]| window.starts_with(b"-->") || window == b"--!>";
    let padded = bytes.windows(4).position(ends);
    padded.map_or(&[], |at| behind(&bytes[at..], b">"))
}

fn before_end<'a>(bytes: &'a [u8], name: &str) -> &'a [u8] {
    let is_end = |window: &[u8]| match window {
        [b'<', b'/', word @ .., last] => word.eq_ignore_ascii_case(name.as_bytes()) && (is_gap(*last) || *last == b'>'),
        _ => false,
    };
    bytes.windows(name.len() + 3).position(is_end).map_or(&[], |at| &bytes[at..])
}

/// The texts between tags, one per line, without parsing.
pub(crate) fn without_tags(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text).trim());
    pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_as_the_tokeniser_does() {
        let many: String = (0..600).map(|number| format!(" a{number}")).collect();
        let slashes = many.replace(' ', "/");
        for html in [
            format!("<p{many}>x"),
            format!("x</p{slashes}>"),
            format!("<p x='>' y=\">\" z=>a</p><p =\"{many}>"),
            format!("<!-- <p x=\" --><p{many}"),
            format!("<style><p x=\"</style><p{many}>"),
            format!("<!--><p{many}>"),
            format!("<!-- --!><p{many}>"),
            format!("<style></stylex y=\"</style><p{many}>"),
        ] {
            assert!(is_crowded(&html), "{html}");
        }
        for html in [
            format!("<p>{many}</p>"),
            format!("<p title=\"{many}\">x</p>"),
            format!("<img src=data:image/png;base64,{}>", "a/b".repeat(1000)),
            format!("<!-- <p{many}> -->"),
            format!("<style>a <p{many}> b</style>"),
            "<".repeat(10_000),
            "<p a b c".to_owned(),
        ] {
            assert!(!is_crowded(&html), "{html}");
        }
    }

    #[test]
    fn text_is_left() {
        assert_eq!(without_tags("<p a b>x</p><p>y < 5"), "x\ny\n5");
    }
}
