//! Collects the inline content of a paragraph. White space collapses as in a browser.

use serde_json::Value;

use super::marks::Marks;
use crate::node;
use crate::text::is_blank;

const NO_BREAK: char = '\u{a0}';

/// The most quote marks (`> `) that are written at the start of a line.
const MOST_QUOTES: usize = 8;

/// The inline content that is being collected.
#[derive(Default)]
pub(super) struct Line {
    pieces: Vec<Piece>,
    /// Blanks since the last visible letter.
    blanks: Blanks,
    /// Something visible stands on the current line.
    is_begun: bool,
    /// Nested quotes for which no blockquote is allowed here; each is written as `> `.
    pub(super) quotes: usize,
}

enum Piece {
    Text(String, Marks),
    Break,
    /// Any other inline node.
    Node(Value),
}

#[derive(Default)]
struct Blanks {
    ordinary: bool,
    no_break: usize,
    marks: Marks,
}

impl Blanks {
    fn are_due(&self) -> bool {
        self.ordinary || self.no_break > 0
    }
}

impl Line {
    /// Adds text from HTML.
    pub(super) fn text(&mut self, text: &str, marks: &Marks) {
        let mut rest = text;
        while !rest.is_empty() {
            let blank = rest.find(|letter| !is_space(letter)).unwrap_or(rest.len());
            if blank > 0 {
                self.blank(&rest[..blank], marks);
            }
            rest = &rest[blank..];
            let word = rest.find(is_space).unwrap_or(rest.len());
            let stands_alone = word < rest.len() && (!self.is_begun || self.blanks.are_due());
            if stands_alone && rest[..word].chars().all(is_filler) {
                self.blank(" ", marks);
            } else if word > 0 {
                self.begin();
                self.push(&rest[..word], marks);
            }
            rest = &rest[word..];
        }
    }

    /// Adds an inline node.
    pub(super) fn node(&mut self, node: Value) {
        self.begin();
        self.pieces.push(Piece::Node(node));
    }

    /// Ends the line. Returns `true` for a line of nothing but no-break spaces, which stands for an empty line.
    pub(super) fn end(&mut self) -> bool {
        let was_spacer = !self.is_begun && self.blanks.no_break > 0;
        self.blanks = Blanks::default();
        self.is_begun = false;
        was_spacer
    }

    pub(super) fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// Ends the paragraph and returns its content, if anything in it is visible.
    pub(super) fn finish(&mut self) -> Option<Vec<Value>> {
        self.end();
        let pieces = std::mem::take(&mut self.pieces);
        let shows = |piece: &Piece| match piece {
            Piece::Text(text, _) => !is_blank(text),
            Piece::Break => false,
            Piece::Node(_) => true,
        };
        pieces.iter().any(shows).then(|| pieces.into_iter().map(Piece::into_node).collect())
    }

    fn blank(&mut self, text: &str, marks: &Marks) {
        if !self.blanks.are_due() {
            self.blanks.marks = marks.clone();
        }
        let no_break = text.chars().filter(|letter| *letter == NO_BREAK).count();
        self.blanks.no_break += no_break;
        self.blanks.ordinary |= text.chars().count() > no_break;
    }

    /// Writes the pending line break and blanks, before something visible is added.
    fn begin(&mut self) {
        let blanks = std::mem::take(&mut self.blanks);
        let starts = !self.is_begun;
        if starts {
            self.is_begun = true;
            if !self.pieces.is_empty() {
                self.pieces.push(Piece::Break);
            }
            if self.quotes > 0 {
                self.push(&"> ".repeat(self.quotes.min(MOST_QUOTES)), &Marks::default());
            }
        }
        // Between words, an ordinary blank absorbs no-break spaces beside it, so that two blanks after a full stop become
        // one. At the start of a line, no-break spaces are indentation and are kept, except behind a quote mark.
        let is_after_quote_mark = starts && self.quotes > 0;
        if !starts && blanks.ordinary {
            self.push(" ", &blanks.marks);
        } else if blanks.no_break > 0 && !is_after_quote_mark {
            self.push(&NO_BREAK.to_string().repeat(blanks.no_break), &blanks.marks);
        }
    }

    fn push(&mut self, text: &str, marks: &Marks) {
        match self.pieces.last_mut() {
            Some(Piece::Text(before, same)) if same == marks => before.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned(), marks.clone())),
        }
    }
}

impl Piece {
    fn into_node(self) -> Value {
        match self {
            Self::Break => node::hard_break(),
            Self::Node(node) => node,
            Self::Text(text, marks) => node::marked(text, marks.to_json()),
        }
    }
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\n' | '\t' | '\r' | '\u{c}' | NO_BREAK)
}

/// A character that is invisible between blanks. Newsletters fill their preview line with these.
fn is_filler(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{200c}' | '\u{2060}')
}
