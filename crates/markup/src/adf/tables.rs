//! Tables, and the content of those that only arrange a page or may not stand where they are.

use serde_json::{Map, Value};

use super::flow::{Flow, Place};
use super::{Context, Walk};
use crate::color::Color;
use crate::node;
use crate::parse::{Id, Tree, tags};

/// The largest number of columns that a cell may span.
const MOST_SPAN: u32 = 100;

/// The parts of a table in the order in which they are shown.
#[derive(Default)]
struct Rows {
    /// Captions, and content above the first row that is in no cell.
    above: Vec<Id>,
    rows: Vec<Row>,
}

#[derive(Default)]
struct Row {
    cells: Vec<Id>,
    /// Content behind the row that is in no cell.
    below: Vec<Id>,
}

impl Rows {
    fn of(tree: &Tree, id: Id) -> Self {
        let mut rows = Self::default();
        let children = tree.children(id);
        // Old HTML writes the foot of a table above its body.
        let (foot, others): (Vec<Id>, Vec<Id>) = children.iter().partition(|child| tree.name(**child) == "tfoot");
        rows.collect(tree, &others);
        rows.collect(tree, &foot);
        rows.rows.retain(|row| !(row.cells.is_empty() && row.below.is_empty()));
        rows
    }

    fn collect(&mut self, tree: &Tree, children: &[Id]) {
        let mut in_row = false;
        for child in children {
            match tree.name(*child) {
                "tr" => {
                    self.rows.push(Row::default());
                    self.collect_cells(tree, *child);
                    in_row = false;
                }
                "thead" | "tbody" | "tfoot" => {
                    self.collect(tree, tree.children(*child));
                    in_row = false;
                }
                "td" | "th" => {
                    if !in_row {
                        self.rows.push(Row::default());
                    }
                    self.cell(*child);
                    in_row = true;
                }
                _ => self.outside(tree, *child),
            }
        }
    }

    fn collect_cells(&mut self, tree: &Tree, row: Id) {
        for child in tree.children(row) {
            match tree.name(*child) {
                "td" | "th" => self.cell(*child),
                _ => self.outside(tree, *child),
            }
        }
    }

    fn cell(&mut self, cell: Id) {
        match self.rows.last_mut() {
            Some(row) if row.below.is_empty() => row.cells.push(cell),
            _ => self.rows.push(Row { cells: vec![cell], below: Vec::new() }),
        }
    }

    /// Content that is in no cell keeps its place between the rows; between two cells it splits the row.
    fn outside(&mut self, tree: &Tree, id: Id) {
        match self.rows.last_mut() {
            _ if !(tree.shows(id) || tree.name(id) == "hr") => {}
            Some(row) if tree.name(id) != "caption" => row.below.push(id),
            _ => self.above.push(id),
        }
    }
}

impl Walk<'_> {
    pub(super) fn table(&self, id: Id, context: &Context, flow: &mut Flow) {
        let is_layout = self.layout.contains(&id);
        if is_layout || !flow.place.takes_tables() {
            return self.arranged(id, is_layout, context, flow);
        }
        let rows = Rows::of(self.tree, id);
        self.outside(&rows.above, context, flow);
        // Content between two rows splits the table.
        for part in rows.rows.split_inclusive(|row| !row.below.is_empty()) {
            let filled: Vec<&Row> = part.iter().filter(|row| !row.cells.is_empty()).collect();
            let mut shows = false;
            let mut content = Vec::new();
            for (number, row) in filled.iter().enumerate() {
                let rows_left = filled.len() - number;
                let cells = row.cells.iter().map(|cell| self.cell(*cell, rows_left, context, &mut shows)).collect();
                content.push(node::container("tableRow", cells));
            }
            if shows {
                flow.block(node::container("table", content));
            }
            part.iter().for_each(|row| self.outside(&row.below, context, flow));
        }
    }

    /// Writes content of a table that is in no cell.
    fn outside(&self, nodes: &[Id], context: &Context, flow: &mut Flow) {
        flow.end_paragraph();
        nodes.iter().for_each(|node| self.node(*node, context, flow));
        flow.end_paragraph();
    }

    fn cell(&self, id: Id, rows_left: usize, context: &Context, shows: &mut bool) -> Value {
        let mut inner = Flow::new(Place::Cell);
        self.children(id, &Context { lists: 0, ..context.clone() }, &mut inner);
        let mut content = inner.finish();
        *shows |= !content.is_empty();
        if content.is_empty() {
            content.push(node::paragraph(Vec::new()));
        }
        let is_header = self.tree.name(id) == "th";
        let mut cell = node::container(if is_header { "tableHeader" } else { "tableCell" }, content);
        let rows_left = u32::try_from(rows_left).unwrap_or(u32::MAX);
        let spans = self.tree.element(id).map(|element| (element.number("colspan"), element.number("rowspan")));
        let (columns, rows) = spans.unwrap_or_default();
        let spans = [("colspan", columns, MOST_SPAN), ("rowspan", rows, rows_left)];
        let mut attrs: Map<String, Value> = spans
            .into_iter()
            .filter_map(|(name, span, most)| Some((name.to_owned(), span?.min(most))))
            .filter(|(_, span)| *span > 1)
            .map(|(name, span)| (name, span.into()))
            .collect();
        let background = self.tree.element(id).and_then(|element| Color::of_background(element)?);
        attrs.extend(background.map(|color| ("background".to_owned(), color.to_string().into())));
        if !attrs.is_empty() {
            cell["attrs"] = attrs.into();
        }
        cell
    }

    /// Writes the content of a table that only arranges a page, in reading order, or of one that is not allowed here, one
    /// line per row.
    fn arranged(&self, id: Id, is_layout: bool, context: &Context, flow: &mut Flow) {
        let rows = Rows::of(self.tree, id);
        self.outside(&rows.above, context, flow);
        for row in &rows.rows {
            if is_layout {
                flow.end_paragraph();
            } else {
                flow.end_line();
            }
            let is_bar = row.cells.iter().all(|cell| self.is_line(*cell));
            for (number, cell) in row.cells.iter().enumerate() {
                if !is_layout {
                    let is_divided = number > 0 && flow.line.is_begun() && self.tree.shows(*cell);
                    flow.text(if is_divided { " | " } else { "" }, &context.marks);
                } else if is_bar {
                    flow.text(" ", &context.marks);
                } else {
                    flow.end_paragraph();
                }
                self.children(*cell, context, flow);
            }
            if !row.below.is_empty() {
                self.outside(&row.below, context, flow);
            }
        }
        flow.end_paragraph();
    }

    /// Whether a cell contains no line breaks and no blocks.
    fn is_line(&self, id: Id) -> bool {
        self.tree.children(id).iter().all(|child| {
            let name = self.tree.name(*child);
            !(name == "br" || tags::is_block(name))
        })
    }
}
