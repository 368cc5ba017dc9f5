//! The last protection of texts in logs: replaces parts that look like an e-mail address, a secret or a query string.
//!
//! It is only a heuristic. The real protection is [`crate::Sensitive`] and the list of fields in [`crate::logs`].

/// Maximum characters of a text in a log line. It is cut after scrubbing: cutting first could leave half of a secret, which is
/// no longer recognised.
const LONGEST: usize = 300;

/// Returns the text without e-mail addresses, long random-looking words, credentials in URLs and query strings, cut to 300
/// characters.
#[must_use]
pub fn scrub(text: &str) -> String {
    let is_word = |c: char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | ';' | '{' | '}')
    };
    let mut out = String::with_capacity(text.len().min(LONGEST));
    let mut rest = text;
    let mut after_scheme = false;
    while let Some(first) = rest.chars().next() {
        if is_word(first) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let word = &rest[..end];
            // `Bearer x`, and `token="x"`, whose value is the next word because of the quote.
            let scheme = ["bearer", "basic", "token"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
            let named = scheme || word.strip_suffix('=').is_some_and(names_a_secret);
            out.push_str(&if after_scheme && !named { "[secret]".to_owned() } else { scrub_word(word) });
            after_scheme = named;
            rest = &rest[end..];
        } else {
            out.push(if first.is_control() { ' ' } else { first });
            rest = &rest[first.len_utf8()..];
        }
    }
    match out.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &out[..cut]),
        None => out,
    }
}

fn scrub_word(word: &str) -> String {
    if let Some((before, _)) = word.split_once('?') {
        return format!("{}?[query]", scrub_word(before));
    }
    if let Some((scheme, rest)) = word.split_once("://") {
        let host_and_path = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let path: Vec<String> = host_and_path.split('/').map(scrub_word).collect();
        return format!("{scheme}://{}", path.join("/"));
    }
    if let Some((name, value)) = word.split_once('=') {
        return if names_a_secret(name) {
            format!("{name}={}", if value.is_empty() { "" } else { "[secret]" })
        } else {
            format!("{}={}", scrub_word(name), scrub_word(value))
        };
    }
    if let Some((local, host)) = word.split_once('@')
        && !local.is_empty()
        && !host.is_empty()
    {
        return "[email]".to_owned();
    }
    if looks_random(word) { "[secret]".to_owned() } else { word.to_owned() }
}

fn names_a_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["token", "secret", "password", "key", "signature", "auth", "cookie"].iter().any(|word| lower.contains(word))
}

/// Whether a word has 32 or more letters and digits in sequence (parts of a UUID or path are shorter; a ULID has 26).
fn looks_random(word: &str) -> bool {
    word.split(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '_'))
        .any(|run| run.len() >= 32 && run.bytes().any(|byte| byte.is_ascii_digit()))
}
