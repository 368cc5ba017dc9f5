//! Blocks on their way into a container, and what each container takes.

use serde_json::Value;

use super::line::Line;
use super::marks::Marks;
use crate::node;

/// Where blocks go. What is not allowed there keeps its content and loses its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The document.
    Top,
    Expand,
    NestedExpand,
    Cell,
    /// A blockquote; with tables if they may stand beside it, cutting it in two.
    Quote {
        tables: bool,
    },
    Item,
    /// A heading or a title: text only. Pictures are collected and go elsewhere.
    Line,
}

impl Place {
    pub(super) fn takes_lists(self) -> bool {
        self != Self::Line
    }

    pub(super) fn takes_code(self) -> bool {
        self != Self::Line
    }

    pub(super) fn takes_headings(self) -> bool {
        !matches!(self, Self::Line | Self::Item | Self::Quote { .. })
    }

    pub(super) fn takes_rules(self) -> bool {
        self.takes_headings()
    }

    pub(super) fn takes_quotes(self) -> bool {
        self.takes_headings()
    }

    pub(super) fn takes_tables(self) -> bool {
        matches!(self, Self::Top | Self::Expand | Self::Quote { tables: true })
    }

    /// The node for something to unfold and where its content stands.
    pub(super) fn expand(self) -> Option<(&'static str, Self)> {
        match self {
            Self::Top => Some(("expand", Self::Expand)),
            Self::Expand | Self::Cell => Some(("nestedExpand", Self::NestedExpand)),
            _ => None,
        }
    }
}

pub(super) struct Flow {
    pub(super) place: Place,
    pub(super) line: Line,
    blocks: Vec<Value>,
    /// How many blocks stand before the folded part of the mail, while it is being written.
    folded_from: Option<usize>,
}

impl Flow {
    pub(super) fn new(place: Place) -> Self {
        Self { place, line: Line::default(), blocks: Vec::new(), folded_from: None }
    }

    pub(super) fn text(&mut self, text: &str, marks: &Marks) {
        self.line.text(text, marks);
    }

    /// `<br>`: ends the line, and on an empty line the paragraph.
    pub(super) fn line_break(&mut self) {
        if self.line.is_begun() {
            self.line.end();
        } else {
            self.end_paragraph();
        }
    }

    /// A block without room around it begins or ends.
    pub(super) fn end_line(&mut self) {
        if self.line.end() {
            self.end_paragraph();
        }
    }

    /// A block with room around it begins or ends.
    pub(super) fn end_paragraph(&mut self) {
        if self.place == Place::Line {
            self.line.end();
        } else if let Some(content) = self.line.finish() {
            self.blocks.push(node::paragraph(content));
        }
    }

    pub(super) fn block(&mut self, block: Value) {
        self.end_paragraph();
        self.blocks.push(block);
    }

    pub(super) fn blocks(&mut self, blocks: Vec<Value>) {
        self.end_paragraph();
        self.blocks.extend(blocks);
    }

    /// What follows goes into an expand, up to [`Self::end_fold`]. A rule above is part of it.
    pub(super) fn fold(&mut self) {
        self.end_paragraph();
        let is_ruled = self.blocks.last().is_some_and(|last| node::kind(last) == "rule");
        self.folded_from = Some(self.blocks.len() - usize::from(is_ruled));
        self.place = Place::Expand;
    }

    pub(super) fn is_folding(&self) -> bool {
        self.folded_from.is_some()
    }

    /// What follows is no longer folded. Does nothing if nothing is.
    pub(super) fn end_fold(&mut self) {
        let Some(from) = self.folded_from.take() else { return };
        self.end_paragraph();
        self.place = Place::Top;
        let folded = self.blocks.split_off(from);
        if !folded.is_empty() {
            self.blocks.push(node::expand("expand", crate::quote::TITLE, folded));
        }
    }

    /// All blocks.
    pub(super) fn finish(mut self) -> Vec<Value> {
        self.end_paragraph();
        self.end_fold();
        self.blocks
    }

    /// The text of a [`Place::Line`], and the pictures that stood in it.
    pub(super) fn finish_line(mut self) -> (Option<Vec<Value>>, Vec<Value>) {
        (self.line.finish(), self.blocks)
    }
}
