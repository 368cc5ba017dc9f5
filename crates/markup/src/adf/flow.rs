//! Collects the blocks of a container, and knows which blocks each container may have.

use serde_json::Value;

use super::line::Line;
use super::marks::Marks;
use crate::node;

/// A kind of container. A block that is not allowed in it is replaced by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The document.
    Top,
    Expand,
    NestedExpand,
    Cell,
    /// A blockquote. `tables`: a table in it is allowed if the blockquote is split in two around it.
    Quote {
        tables: bool,
    },
    Item,
    /// A heading or a title, which takes only text. Pictures are collected and written behind it.
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

    /// The type of the expand node that is allowed here, and the place that its content is in.
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
    /// The number of blocks before the folded part of the mail, while that part is being collected.
    folded_from: Option<usize>,
}

impl Flow {
    pub(super) fn new(place: Place) -> Self {
        Self { place, line: Line::default(), blocks: Vec::new(), folded_from: None }
    }

    pub(super) fn text(&mut self, text: &str, marks: &Marks) {
        self.line.text(text, marks);
    }

    /// `<br>`: ends the line; on an empty line it ends the paragraph.
    pub(super) fn line_break(&mut self) {
        if self.line.is_begun() {
            self.line.end();
        } else {
            self.end_paragraph();
        }
    }

    /// A block without margins (`div`) begins or ends.
    pub(super) fn end_line(&mut self) {
        if self.line.end() {
            self.end_paragraph();
        }
    }

    /// A block with margins (`p`) begins or ends.
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

    /// Puts what follows into an expand, until [`Self::end_fold`]. A rule right above goes into it too.
    pub(super) fn fold(&mut self) {
        self.end_paragraph();
        let is_ruled = self.blocks.last().is_some_and(|last| node::kind(last) == "rule");
        self.folded_from = Some(self.blocks.len() - usize::from(is_ruled));
        self.place = Place::Expand;
    }

    pub(super) fn is_folding(&self) -> bool {
        self.folded_from.is_some()
    }

    /// Ends the expand that [`Self::fold`] began, if there is one.
    pub(super) fn end_fold(&mut self) {
        let Some(from) = self.folded_from.take() else { return };
        self.end_paragraph();
        self.place = Place::Top;
        let folded = self.blocks.split_off(from);
        if !folded.is_empty() {
            self.blocks.push(node::expand("expand", crate::quote::TITLE, folded));
        }
    }

    /// All collected blocks.
    pub(super) fn finish(mut self) -> Vec<Value> {
        self.end_paragraph();
        self.end_fold();
        self.blocks
    }

    /// The inline content of a [`Place::Line`], and the pictures that were in it.
    pub(super) fn finish_line(mut self) -> (Option<Vec<Value>>, Vec<Value>) {
        (self.line.finish(), self.blocks)
    }
}
