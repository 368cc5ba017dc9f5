//! The second, independent check: knowing the source ticket, look for any of it in the bytes about to leave.

use aho_corasick::AhoCorasick;
use base64::{Engine as _, engine::general_purpose};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Sensitive;
use crate::table::{FIELDS, WORDS};

/// Shorter texts are not looked for: they occur everywhere by chance.
const SHORTEST: usize = 4;
/// From here on a text is looked for inside of words and in encoded forms too.
const LONG: usize = 8;
/// Longest stretch of a text that is looked for as one piece; longer lines are cut, since one changed blank would hide them.
const STRETCH: usize = 48;
/// Most fragments of one source; a 1.5 MB article is sampled evenly rather than not at all.
const MOST_FRAGMENTS: usize = 4_000;

/// A piece of a source ticket.
#[derive(Clone, Debug)]
pub struct Needle {
    /// Its kind, for the log: `title`, `body`, `name`, `email`, `file-name`, `secret`.
    pub what: &'static str,
    /// The text, HTML or plain.
    pub text: Sensitive<String>,
}

/// Something of the source was found in the bytes. Says what kind of thing, never what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("egress check: {what} found in the bytes to send ({form})")]
pub struct Leak {
    /// [`Needle::what`].
    pub what: &'static str,
    /// The form it was found in: `plain`, `json`, `percent`, `base64`, `hex`.
    pub form: &'static str,
}

/// A compiled search for everything of one source ticket, in every form it could leave in.
#[derive(Debug)]
pub struct EgressCheck {
    search: Option<AhoCorasick>,
    patterns: Vec<Pattern>,
    public: Option<AhoCorasick>,
}

struct Pattern {
    what: &'static str,
    form: &'static str,
    whole_word: bool,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.what, self.form)
    }
}

impl EgressCheck {
    /// Compiles the search. Texts are taken apart into lines and stretches, so that a part of a body is found as well
    /// as the whole; names and addresses also by their words.
    #[must_use]
    pub fn new(needles: &[Needle]) -> Self {
        let (mut texts, mut patterns) = (Vec::new(), Vec::new());
        for needle in needles {
            for fragment in fragments(needle) {
                for (form, text) in forms(&fragment) {
                    patterns.push(Pattern { what: needle.what, form, whole_word: fragment.chars().count() < LONG });
                    texts.push(text);
                }
            }
        }
        // Without a search nothing can be cleared; see `check`.
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(&texts).ok();
        Self { search, patterns, public: None }
    }

    /// Exempts addresses that every message may contain, such as those of Zammad's tickets, with the numbers and slashes that
    /// follow them. Usually the people's mail domain is part of Zammad's own host name, and mails quote the ticket's address.
    /// A text that reaches beyond such an address is found as before.
    #[must_use]
    pub fn with_public_addresses(mut self, addresses: &[String]) -> Self {
        let addresses = addresses.iter().filter(|address| !address.is_empty());
        self.public = AhoCorasick::builder().ascii_case_insensitive(true).build(addresses).ok();
        self
    }

    /// The parts of the bytes that are public addresses: start and end.
    fn public_parts(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let Some(public) = &self.public else { return Vec::new() };
        let end_of = |end: usize| {
            let rest = &bytes[end..];
            end + rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'/').count()
        };
        public.find_overlapping_iter(bytes).map(|found| (found.start(), end_of(found.end()))).collect()
    }

    /// Looks through the final bytes.
    ///
    /// # Errors
    /// [`Leak`]: do not send.
    pub fn check(&self, bytes: &[u8]) -> Result<(), Leak> {
        let Some(search) = &self.search else { return Err(Leak { what: "unsearchable", form: "plain" }) };
        let public = self.public_parts(bytes);
        for found in search.find_overlapping_iter(bytes) {
            let pattern = &self.patterns[found.pattern().as_usize()];
            if public.iter().any(|(start, end)| *start <= found.start() && found.end() <= *end) {
                continue;
            }
            if !pattern.whole_word || stands_alone(bytes, found.start(), found.end()) {
                return Err(Leak { what: pattern.what, form: pattern.form });
            }
        }
        Ok(())
    }
}

/// Short texts count only as whole words: `anna` is not found inside an id.
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

/// Whether finding this text would mean anything: long enough, not a word of the wire, not a bare small number.
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

/// A text in every form in which it could stand in JSON sent over HTTP.
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

/// JSON with everything but ASCII as `\uXXXX`.
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

/// The three ways a text can fall on base64's groups, in both alphabets, without the characters it shares with neighbours.
fn base64_forms(bytes: &[u8]) -> impl Iterator<Item = String> {
    (0..3usize).flat_map(move |before| {
        let padded = [vec![0; before], bytes.to_vec()].concat();
        let skip = (before * 8).div_ceil(6);
        let whole = padded.len() * 8 / 6;
        [general_purpose::STANDARD_NO_PAD.encode(&padded), general_purpose::URL_SAFE_NO_PAD.encode(&padded)]
            .map(|text| text.chars().take(whole).skip(skip).collect::<String>())
    })
}

/// Text between tags, each tag a line break; common entities decoded. Good enough to find content, not to show it.
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
