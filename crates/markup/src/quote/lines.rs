//! A tree as lines.

use std::collections::HashSet;

use super::line::Line;
use crate::parse::{Element, Id, Node, Tree, tags};
use crate::text::is_blank;

/// Characters of a line that are looked at.
const MOST_TEXT: usize = 300;

/// The lines that show something, and the node that each begins with.
pub(super) fn of(tree: &Tree, layout: &HashSet<Id>) -> (Vec<Line>, Vec<Id>) {
    let mut found = Found { tree, layout, lines: Vec::new(), nodes: Vec::new(), is_begun: false, is_marked: false };
    found.children(Tree::BODY, Around { is_outermost: true, quote: None });
    let Found { mut lines, nodes, .. } = found;
    for line in &mut lines {
        line.is_quoted |= line.text.starts_with('>');
    }
    (lines, nodes)
}

#[derive(Clone, Copy)]
struct Around {
    is_outermost: bool,
    quote: Option<Quote>,
}

/// The outermost blockquote around.
#[derive(Clone, Copy)]
struct Quote {
    id: Id,
    is_cited: bool,
    is_outermost: bool,
}

struct Found<'a> {
    tree: &'a Tree,
    layout: &'a HashSet<Id>,
    lines: Vec<Line>,
    nodes: Vec<Id>,
    is_begun: bool,
    is_marked: bool,
}

impl Found<'_> {
    fn children(&mut self, id: Id, around: Around) {
        for child in self.tree.children(id) {
            match self.tree.node(*child) {
                Node::Text(text) => self.text(*child, text, around),
                Node::Break => self.is_begun = false,
                Node::Element(element) => self.element(*child, element, around),
            }
        }
    }

    fn element(&mut self, id: Id, element: &Element, around: Around) {
        let name = &*element.name;
        let class = element.attribute("class").unwrap_or_default();
        self.is_marked |= class.split_whitespace().any(|class| matches!(class, "js-signatureMarker" | "yahoo_quoted"));
        let is_block = tags::is_block(name) || name == "br";
        self.is_begun &= !is_block;
        match name {
            "img" => self.begin(id, around),
            "blockquote" => {
                let is_cited = element.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cite"));
                let quote = around.quote.unwrap_or(Quote { id, is_cited, is_outermost: around.is_outermost });
                self.children(id, Around { is_outermost: false, quote: Some(quote) });
            }
            _ => {
                let is_outermost = around.is_outermost && self.is_open(id, name);
                self.children(id, Around { is_outermost, ..around });
            }
        }
        self.is_begun &= !is_block;
        // The agent's own signature is shown, what comes behind it is not.
        self.is_marked |= element.attribute("data-signature").is_some();
    }

    /// Whether the walk that makes the blocks goes through such an element without a container of its own.
    fn is_open(&self, id: Id, name: &str) -> bool {
        match name {
            "table" => self.layout.contains(&id),
            "li" | "caption" | "summary" | "details" | "a" => false,
            "p" | "figure" => true,
            name => !tags::is_spaced(name),
        }
    }

    fn text(&mut self, id: Id, text: &str, around: Around) {
        if is_blank(text) {
            return;
        }
        self.begin(id, around);
        let Some(line) = self.lines.last_mut() else { return };
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
        let is_marked = std::mem::take(&mut self.is_marked);
        let known = |found: &Self, id: Id| found.nodes.last() == Some(&id);
        let mut line = Line { is_outermost: around.is_outermost, is_marked, ..Line::default() };
        let mut node = id;
        if let Some(quote) = around.quote {
            // A quote begins where its first line does; the others are no place to cut.
            let is_first = !known(self, quote.id);
            line.is_quoted = true;
            line.is_cited = quote.is_cited && is_first;
            line.is_outermost = quote.is_outermost && is_first;
            node = quote.id;
        }
        self.lines.push(line);
        self.nodes.push(node);
    }
}
