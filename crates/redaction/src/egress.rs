//! A second, independent check: searches the bytes to send for texts of the source ticket.

use base64::{Engine as _, engine::general_purpose};
use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Sensitive;
use crate::table::{FIELDS, WORDS};

/// Minimum characters of a text to search for: shorter ones occur by chance.
const SHORTEST: usize = 4;
/// A text of at least this length is also searched for inside of words and in encoded forms.
const LONG: usize = 8;
/// Maximum characters of a text to search for. Longer lines are split, since one changed space would hide the whole line.
const STRETCH: usize = 48;
/// Maximum number of texts to search for per [`Needle`]. Of more texts (an article of 1.5 MB), every n-th is used.
const MOST_FRAGMENTS: usize = 4_000;

/// A text of the source ticket that must not be sent.
#[derive(Clone, Debug)]
pub struct Needle {
    /// The kind of text, for the log: `title`, `body`, `name`, `email`, `file-name`, `secret`.
    pub what: &'static str,
    /// The text, HTML or plain.
    pub text: Sensitive<String>,
}

/// A text of the source ticket was found in the bytes. The error has the kind of text, never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("egress check: {what} found in the bytes to send ({form})")]
pub struct Leak {
    /// [`Needle::what`].
    pub what: &'static str,
    /// The encoding in which it was found: `plain`, `json`, `html`, `percent`, `base64`, `hex`.
    pub form: &'static str,
}

/// A search for the texts of one source ticket, in every encoding in which they could be sent.
#[derive(Debug, Default)]
pub struct EgressCheck {
    patterns: Vec<Pattern>,
    public: Vec<Vec<u8>>,
}

struct Pattern {
    what: &'static str,
    form: &'static str,
    whole_word: bool,
    /// In lower case.
    text: Vec<u8>,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.what, self.form)
    }
}

impl EgressCheck {
    /// Prepares the search. Texts are split into lines and pieces of at most 48 characters, so that a part of a body is found
    /// too; titles, names, addresses and file names also into words.
    #[must_use]
    pub fn new(needles: &[Needle]) -> Self {
        let mut patterns = Vec::new();
        for needle in needles {
            for fragment in fragments(needle) {
                let whole_word = fragment.chars().count() < LONG;
                for (form, text) in forms(&fragment) {
                    let text = text.to_ascii_lowercase().into_bytes();
                    patterns.push(Pattern { what: needle.what, form, whole_word, text });
                }
            }
        }
        Self { patterns, public: Vec::new() }
    }

    /// Exempts URLs that every message may contain, such as those of Zammad's tickets, with the digits and slashes after them:
    /// Zammad's host name usually contains the mail domain of the agents, and mails quote the URL of the ticket. A text that
    /// extends beyond such a URL is still found.
    #[must_use]
    pub fn with_public_addresses(mut self, addresses: &[String]) -> Self {
        let addresses = addresses.iter().filter(|address| !address.is_empty());
        self.public = addresses.map(|address| address.to_ascii_lowercase().into_bytes()).collect();
        self
    }

    /// Bytes of memory that the search takes, roughly.
    #[must_use]
    pub fn size(&self) -> usize {
        self.patterns.iter().map(|pattern| pattern.text.len() + size_of::<Pattern>()).sum()
    }

    /// Returns the parts of the bytes that are exempted URLs: start and end.
    fn public_parts(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let end_of = |end: usize| {
            let rest = &bytes[end..];
            end + rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'/').count()
        };
        let places = |address: &Vec<u8>| {
            let length = address.len();
            occurrences(bytes, address).map(move |start| (start, end_of(start + length))).collect::<Vec<_>>()
        };
        self.public.iter().flat_map(places).collect()
    }

    /// Searches the final bytes.
    ///
    /// # Errors
    /// [`Leak`] if a text was found; of several, the first in the bytes. The bytes must not be sent.
    pub fn check(&self, bytes: &[u8]) -> Result<(), Leak> {
        let bytes = bytes.to_ascii_lowercase();
        let public = self.public_parts(&bytes);
        let is_leak = |pattern: &Pattern, start: usize| {
            let end = start + pattern.text.len();
            let is_public = public.iter().any(|(from, to)| *from <= start && end <= *to);
            !is_public && (!pattern.whole_word || stands_alone(&bytes, start, end))
        };
        let first = |pattern: &Pattern| occurrences(&bytes, &pattern.text).find(|start| is_leak(pattern, *start));
        let found = self.patterns.iter().filter_map(|pattern| Some((first(pattern)?, pattern)));
        match found.min_by_key(|(start, _)| *start) {
            Some((_, pattern)) => Err(Leak { what: pattern.what, form: pattern.form }),
            None => Ok(()),
        }
    }
}

/// The places at which a text begins, overlapping ones too. A compiled search for all texts at once would take a hundred times
/// the memory of the texts.
fn occurrences<'t>(bytes: &'t [u8], text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + memmem::find(bytes.get(from..)?, text)?;
        from = start + 1;
        Some(start)
    })
}

/// Whether a match is a whole word. Short texts must be, so that `anna` is not found inside an id.
fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let inner = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    !inner(start.checked_sub(1).and_then(|at| bytes.get(at))) && !inner(bytes.get(end))
}

fn fragments(needle: &Needle) -> Vec<String> {
    let text = without_tags(needle.text.expose());
    let mut found = Vec::new();
    for line in text.split(['\n', '\r', '\t']).map(str::trim) {
        let letters: Vec<char> = line.chars().collect();
        found.extend(letters.chunks(STRETCH).map(|stretch| stretch.iter().collect::<String>()));
        if matches!(needle.what, "name" | "email" | "file-name" | "title") {
            found.extend(line.split([' ', '@', ',', '<', '>', '"']).map(str::to_owned));
        }
    }
    found.iter_mut().for_each(|fragment| *fragment = fragment.trim().to_owned());
    found.retain(|fragment| is_telling(fragment));
    found.sort_unstable();
    found.dedup();
    let step = found.len().div_ceil(MOST_FRAGMENTS).max(1);
    found.into_iter().step_by(step).collect()
}

/// Whether a match of this text shows a leak: it is long enough, not a word of the wire format and not a small number.
fn is_telling(fragment: &str) -> bool {
    let length = fragment.chars().count();
    let is_wire_word = |word: &&str| word.eq_ignore_ascii_case(fragment);
    let in_paths = || {
        FIELDS.iter().any(|(kind, fields)| {
            kind.split('.').any(|word| is_wire_word(&word))
                || fields.iter().any(|(path, _)| path.split(['.', '[', ']']).any(|word| is_wire_word(&word)))
        })
    };
    let is_number = fragment.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = if is_number { LONG + 2 } else { SHORTEST };
    length >= shortest && !WORDS.iter().any(is_wire_word) && !in_paths()
}

/// Returns a text in every encoding that may occur in JSON sent over HTTP, with the encoding's name.
fn forms(text: &str) -> Vec<(&'static str, String)> {
    let mut forms = vec![("plain", text.to_owned())];
    let quoted = serde_json::to_string(text).unwrap_or_default();
    forms.push(("json", quoted.trim_matches('"').to_owned()));
    forms.push(("json", escaped(text)));
    forms.push(("html", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")));
    if text.len() >= LONG {
        let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        forms.push(("percent", percent.replace("%20", "+")));
        forms.push(("percent", percent));
        forms.push(("hex", text.bytes().map(|byte| format!("{byte:02x}")).collect()));
        forms.extend(base64_forms(text.as_bytes()).map(|text| ("base64", text)));
    }
    forms.sort_unstable();
    forms.dedup_by(|a, b| a.1 == b.1);
    forms
}

/// Returns a text as in JSON, with all characters that are not ASCII as `\uXXXX`.
fn escaped(text: &str) -> String {
    let mut units = [0; 2];
    text.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii() && c != '"' && c != '\\' {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
        out
    })
}

/// Returns the base64 of bytes at each of the three offsets in a group, in both alphabets, without the characters that also
/// depend on the bytes before or after.
fn base64_forms(bytes: &[u8]) -> impl Iterator<Item = String> {
    (0..3usize).flat_map(move |before| {
        let padded = [vec![0; before], bytes.to_vec()].concat();
        let skip = (before * 8).div_ceil(6);
        let whole = padded.len() * 8 / 6;
        [general_purpose::STANDARD_NO_PAD.encode(&padded), general_purpose::URL_SAFE_NO_PAD.encode(&padded)]
            .map(|text| text.chars().take(whole).skip(skip).collect::<String>())
    })
}

/// Returns the text of HTML, with a line break for each tag and common entities decoded. For a search, not for display.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push('\n');
        match rest[open..].find('>') {
            Some(close) if rest[open + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') => {
                rest = &rest[open + close + 1..];
            }
            _ => rest = &rest[open + 1..],
        }
    }
    text.push_str(rest);
    [("&nbsp;", " "), ("\u{a0}", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (entity, plain)| text.replace(entity, plain))
}
