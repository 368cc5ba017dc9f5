//! A line of a mail, as the search for quotes sees it.

use super::shade::Colors;
use crate::parse::Id;

/// Title of the folded part in Jira.
pub(crate) const TITLE: &str = "Quoted text";

/// A line that shows something.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Its beginning, with single blanks. Empty for a line that is only a picture.
    pub(crate) text: String,
    /// A fold may begin or end here: no element that has to stay whole begins before this line and ends after it.
    pub(crate) is_outermost: bool,
    /// Stands in a quote: in a `blockquote`, or behind `>`.
    pub(crate) is_quoted: bool,
    /// The innermost `blockquote` around it.
    pub(crate) quote: Option<Id>,
    /// The first line of a quote that a mail program marked as one.
    pub(crate) is_cited: bool,
    /// The colours of its words, at most two of them: more say nothing else. Links do not count.
    pub(crate) colors: Vec<Colors>,
    /// Has a name in brackets that is bold or italic, as Outlook writes it in front of an answer inside a copy.
    pub(crate) has_answerer: bool,
}

impl Line {
    /// The text without quote marks in front.
    pub(super) fn words(&self) -> &str {
        if self.is_quoted { self.text.trim_start_matches(['>', ' ']) } else { &self.text }
    }
}

/// Takes the marks for the direction of writing out of the texts, writes all digits alike, and marks the lines behind `>`.
pub(crate) fn normalize(lines: &mut [Line]) {
    for at in 0..lines.len() {
        let (above, rest) = lines.split_at_mut(at);
        let Some(line) = rest.first_mut() else { return };
        if !line.text.is_ascii() {
            line.text = line.text.chars().filter(|letter| !is_direction(*letter)).map(ascii_digit).collect();
        }
        let ends = above.last().is_some_and(|above| !above.is_quoted && ends_address(&above.text, &line.text));
        line.is_quoted |= line.text.starts_with('>') && !ends;
    }
}

/// Whether a line begins with the bracket of an address that the line above has opened: `<mia@a.example`, `> wrote:`.
fn ends_address(above: &str, line: &str) -> bool {
    let address = above.rsplit_once('<').map(|(_, address)| address);
    let is_open = address.is_some_and(|address| address.contains('@') && !address.contains(['>', ' ']));
    let rest = line.strip_prefix('>').unwrap_or_default();
    is_open && rest.ends_with([':', '\u{ff1a}']) && rest.split_whitespace().count() <= 3
}

fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Arabic and Persian digits as Latin ones.
fn ascii_digit(letter: char) -> char {
    let zero = match letter {
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        _ => return letter,
    };
    char::from_digit(u32::from(letter) - u32::from(zero), 10).unwrap_or(letter)
}
