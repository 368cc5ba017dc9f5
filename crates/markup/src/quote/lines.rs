//! A tree as lines.

use std::collections::HashSet;

use super::line::{Line, TITLE, normalize};
use super::shade::Colors;
use crate::parse::{Element, Id, Node, Tree, tags};
use crate::text::is_blank;

/// Characters of a line that are looked at.
const MOST_TEXT: usize = 300;

/// Characters of a name in brackets.
const MOST_NAME: usize = 60;

/// The visible parts of a mail.
pub(super) struct Lines {
    /// The lines that show something.
    pub(super) lines: Vec<Line>,
    /// The node with which each of them begins.
    pub(super) nodes: Vec<Id>,
    /// A part of the mail is folded already, under the title that this crate gives it.
    pub(super) has_fold: bool,
}

pub(super) fn of(tree: &Tree, layout: &HashSet<Id>) -> Lines {
    let seen = Lines { lines: Vec::new(), nodes: Vec::new(), has_fold: false };
    let mut found = Found { tree, layout, seen, is_begun: false };
    let around = Around { is_outermost: true, is_arranged: true, ..Around::default() };
    found.children(Tree::BODY, around);
    let mut seen = found.seen;
    normalize(&mut seen.lines);
    seen
}

/// The elements around a node, as far as they matter.
#[derive(Clone, Copy, Default)]
struct Around {
    is_outermost: bool,
    /// The table around only arranges the page, or there is none.
    is_arranged: bool,
    /// Line breaks in the text count.
    is_raw: bool,
    quote: Option<Quote>,
    colors: Colors,
    is_link: bool,
    /// Bold or italic.
    is_emphasised: bool,
}

/// The outermost quote around.
#[derive(Clone, Copy)]
struct Quote {
    id: Id,
    /// The quote inside it that is nearest to the node.
    innermost: Id,
    is_cited: bool,
    is_outermost: bool,
}

struct Found<'a> {
    tree: &'a Tree,
    layout: &'a HashSet<Id>,
    seen: Lines,
    is_begun: bool,
}

impl Found<'_> {
    fn children(&mut self, id: Id, around: Around) {
        for child in self.tree.children(id) {
            match self.tree.node(*child) {
                Node::Text(text) if around.is_raw => self.raw_text(*child, text, around),
                Node::Text(text) => self.text(*child, text, around),
                Node::Break => self.is_begun = false,
                Node::Element(element) => self.element(*child, element, id, around),
            }
        }
    }

    fn element(&mut self, id: Id, element: &Element, parent: Id, around: Around) {
        let name = &*element.name;
        let is_block = tags::is_block(name) || name == "br";
        self.is_begun &= !is_block;
        match name {
            "img" if !element.is_invisible_picture() => self.begin(id, around),
            "details" => self.seen.has_fold |= self.is_fold(id),
            _ => {}
        }
        let inner = match quote_mark(element) {
            Some(is_cited) => {
                let quote = match around.quote {
                    Some(outer) => Quote { innermost: id, ..outer },
                    None => Quote { id, innermost: id, is_cited, is_outermost: around.is_outermost },
                };
                Around { is_outermost: false, quote: Some(quote), ..around }
            }
            None => Around {
                is_outermost: around.is_outermost && self.is_open(id, name, self.tree.name(parent), around.is_arranged),
                is_arranged: if name == "table" { self.layout.contains(&id) } else { around.is_arranged },
                is_raw: around.is_raw || matches!(name, "pre" | "listing" | "xmp"),
                ..around
            },
        };
        let inner = Around {
            colors: around.colors.inside(element),
            is_link: around.is_link || name == "a",
            is_emphasised: around.is_emphasised || matches!(name, "b" | "strong" | "i" | "em"),
            ..inner
        };
        self.children(id, inner);
        self.is_begun &= !is_block;
    }

    /// Whether the element is a fold that this crate made.
    fn is_fold(&self, id: Id) -> bool {
        let mut children = self.tree.children(id).iter();
        let summary = children.find(|child| self.tree.name(**child) == "summary");
        let text = summary.and_then(|summary| self.tree.children(*summary).first());
        text.is_some_and(|text| matches!(self.tree.node(*text), Node::Text(text) if text == TITLE))
    }

    /// Whether the walk that makes the blocks goes through such an element without a container of its own.
    fn is_open(&self, id: Id, name: &str, parent: &str, is_arranged: bool) -> bool {
        match name {
            "table" => self.is_in_order(id),
            "td" | "th" => is_arranged,
            "li" => !matches!(parent, "ul" | "ol" | "menu" | "dir"),
            "summary" => parent != "details",
            "details" => false,
            "p" | "figure" | "dl" => true,
            name => !tags::is_spaced(name),
        }
    }

    /// A table is shown with its caption first and its foot last, wherever they stand.
    fn is_in_order(&self, table: Id) -> bool {
        let place = |child: &Id| match self.tree.name(*child) {
            "caption" => Some(0),
            "thead" | "tbody" | "tr" | "td" | "th" => Some(1),
            "tfoot" => Some(2),
            _ => None,
        };
        let shown = self.tree.children(table).iter().filter(|child| self.tree.shows(**child));
        shown.filter_map(place).is_sorted()
    }

    fn raw_text(&mut self, id: Id, text: &str, around: Around) {
        for (number, line) in text.split('\n').enumerate() {
            self.is_begun &= number == 0;
            self.text(id, line, around);
        }
    }

    fn text(&mut self, id: Id, text: &str, around: Around) {
        if is_blank(text) {
            return;
        }
        self.begin(id, around);
        let Some(line) = self.seen.lines.last_mut() else { return };
        if !around.is_link && line.colors.len() < 2 && !line.colors.contains(&around.colors) {
            line.colors.push(around.colors);
        }
        line.has_answerer |= around.is_emphasised && is_name_in_brackets(text);
        let mut count = line.text.chars().count();
        for word in text.split_whitespace() {
            if count >= MOST_TEXT {
                break;
            }
            if !line.text.is_empty() {
                line.text.push(' ');
            }
            line.text.extend(word.chars().take(MOST_TEXT));
            count += word.chars().count() + 1;
        }
    }

    fn begin(&mut self, id: Id, around: Around) {
        if self.is_begun {
            return;
        }
        self.is_begun = true;
        let mut line = Line { is_outermost: around.is_outermost, ..Line::default() };
        let mut node = id;
        if let Some(quote) = around.quote {
            // A quote begins with its first line; inside it there is no place to cut.
            let is_first = self.seen.nodes.last() != Some(&quote.id);
            line.is_quoted = true;
            line.quote = Some(quote.innermost);
            line.is_cited = quote.is_cited && is_first;
            line.is_outermost = quote.is_outermost && is_first;
            node = quote.id;
        }
        self.seen.lines.push(line);
        self.seen.nodes.push(node);
    }
}

/// Whether a text begins with a name in brackets: `[Anna Muster]`.
fn is_name_in_brackets(text: &str) -> bool {
    let inner = text.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let is_part = |letter: char| letter.is_alphabetic() || [' ', '\u{a0}', '.', ',', '-', '\''].contains(&letter);
    inner.is_some_and(|(name, _)| {
        let count = name.chars().count();
        (1..=MOST_NAME).contains(&count) && name.chars().all(is_part)
    })
}

/// Whether the element is a quote; and if it is one, whether a mail program made it.
fn quote_mark(element: &Element) -> Option<bool> {
    let class = element.attribute("class").unwrap_or_default();
    if class.split_whitespace().any(|class| class == "yahoo_quoted") {
        return Some(true);
    }
    let is_cited = || element.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cite"));
    (&*element.name == "blockquote").then(is_cited)
}
