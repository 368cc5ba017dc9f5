//! Tables, and the content of those that are none.

use serde_json::{Map, Value};

use super::flow::{Flow, Place};
use super::{Context, Walk};
use crate::node;
use crate::parse::{Id, Tree, tags};

/// More columns than this are a mistake or malice.
const MOST_SPAN: u32 = 100;

/// A row's cells, and what stands in a table without being in a cell.
#[derive(Default)]
struct Rows {
    rows: Vec<Vec<Id>>,
    outside: Vec<Id>,
}

impl Rows {
    fn of(tree: &Tree, id: Id) -> Self {
        let mut rows = Self::default();
        rows.collect(tree, id);
        rows.rows.retain(|row| !row.is_empty());
        rows
    }

    fn collect(&mut self, tree: &Tree, id: Id) {
        let mut in_row = false;
        for child in tree.children(id) {
            match tree.name(*child) {
                "tr" => {
                    self.rows.push(Vec::new());
                    self.collect_cells(tree, *child);
                    in_row = false;
                }
                "thead" | "tbody" | "tfoot" => {
                    self.collect(tree, *child);
                    in_row = false;
                }
                "td" | "th" => {
                    if !in_row {
                        self.rows.push(Vec::new());
                    }
                    self.cell(*child);
                    in_row = true;
                }
                _ => self.outside.push(*child),
            }
        }
    }

    fn collect_cells(&mut self, tree: &Tree, row: Id) {
        for child in tree.children(row) {
            match tree.name(*child) {
                "td" | "th" => self.cell(*child),
                _ => self.outside.push(*child),
            }
        }
    }

    fn cell(&mut self, cell: Id) {
        if let Some(row) = self.rows.last_mut() {
            row.push(cell);
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
        flow.end_paragraph();
        for outside in &rows.outside {
            self.node(*outside, context, flow);
        }
        flow.end_paragraph();
        let (count, mut shows) = (rows.rows.len(), false);
        let mut content = Vec::new();
        for (number, row) in rows.rows.iter().enumerate() {
            let cells: Vec<Value> =
                row.iter().map(|cell| self.cell(*cell, count - number, context, &mut shows)).collect();
            content.push(node::container("tableRow", cells));
        }
        if shows {
            flow.block(node::container("table", content));
        }
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
        let attrs: Map<String, Value> = spans
            .into_iter()
            .filter_map(|(name, span, most)| Some((name.to_owned(), span?.min(most))))
            .filter(|(_, span)| *span > 1)
            .map(|(name, span)| (name, span.into()))
            .collect();
        if !attrs.is_empty() {
            cell["attrs"] = attrs.into();
        }
        cell
    }

    /// The content of a table that is none, in reading order; of one that may not stand here, a line for each row.
    fn arranged(&self, id: Id, is_layout: bool, context: &Context, flow: &mut Flow) {
        let rows = Rows::of(self.tree, id);
        flow.end_paragraph();
        for outside in &rows.outside {
            self.node(*outside, context, flow);
        }
        for row in &rows.rows {
            if is_layout {
                flow.end_paragraph();
            } else {
                flow.end_line();
            }
            let is_bar = row.iter().all(|cell| self.is_line(*cell));
            for (number, cell) in row.iter().enumerate() {
                if !is_layout {
                    let divider = if number > 0 && flow.line.is_begun() { " | " } else { "" };
                    flow.text(divider, &context.marks);
                } else if is_bar {
                    flow.text(" ", &context.marks);
                } else {
                    flow.end_paragraph();
                }
                self.children(*cell, context, flow);
            }
        }
        flow.end_paragraph();
    }

    /// Whether nothing directly in it begins a line.
    fn is_line(&self, id: Id) -> bool {
        self.tree.children(id).iter().all(|child| {
            let name = self.tree.name(*child);
            !(name == "br" || tags::is_block(name))
        })
    }
}
