//! Tells tables of data from tables that only arrange a page.

use std::collections::HashSet;

use crate::parse::{Element, Id, Node, Tree};

/// The contents of a table, as far as it was read.
#[derive(Default)]
struct Seen {
    rows: usize,
    cells: usize,
    row_cells: usize,
    most_row_cells: usize,
    has_header: bool,
    has_border: bool,
    has_table: bool,
    /// Cells of the tables inside that are tables of data.
    inner_cells: usize,
    is_presentation: bool,
}

impl Seen {
    /// Mails use tables without borders to arrange other tables, and text in one row or one column. A table with header
    /// cells or borders has data in it. The exception is a bordered frame around other tables: it has only one column, or
    /// fewer cells than the tables of data in it.
    fn is_layout(&self) -> bool {
        let is_single = self.cells <= 1;
        let is_column = self.most_row_cells <= 1;
        let is_wrapper = self.has_table && (is_column || self.inner_cells > self.cells);
        self.is_presentation
            || self.cells == 0
            || (is_single && self.has_table)
            || (!self.has_header && is_wrapper)
            || (!(self.has_header || self.has_border) && (is_single || self.has_table || self.rows <= 1 || is_column))
    }

    /// Whether there are at least two rows and two columns.
    fn is_grid(&self) -> bool {
        self.rows > 1 && self.most_row_cells > 1
    }
}

/// The tables that only arrange what is in them.
pub(super) fn layout_tables(tree: &Tree) -> HashSet<Id> {
    let mut found = HashSet::new();
    survey(tree, Tree::BODY, &mut Seen::default(), &mut found);
    found
}

fn survey(tree: &Tree, id: Id, around: &mut Seen, found: &mut HashSet<Id>) {
    for child in tree.children(id) {
        let Node::Element(element) = tree.node(*child) else { continue };
        match &*element.name {
            "table" => {
                around.has_table = true;
                let mut inner = Seen {
                    has_border: element.number("border").is_some_and(|width| width > 0) || has_border(element),
                    is_presentation: element.attribute("role") == Some("presentation"),
                    ..Seen::default()
                };
                survey(tree, *child, &mut inner, found);
                if inner.is_layout() {
                    found.insert(*child);
                } else if inner.is_grid() {
                    around.inner_cells += inner.cells;
                }
                continue;
            }
            "tr" => {
                around.rows += 1;
                around.row_cells = 0;
            }
            "td" | "th" => {
                around.cells += 1;
                around.row_cells += 1;
                around.most_row_cells = around.most_row_cells.max(around.row_cells);
                around.has_header |= &*element.name == "th";
                around.has_border |= has_border(element);
            }
            _ => {}
        }
        survey(tree, *child, around, found);
    }
}

fn has_border(element: &Element) -> bool {
    let style = element.attribute("style").unwrap_or_default();
    style.split(';').any(|rule| {
        let (name, value) = rule.split_once(':').unwrap_or_default();
        let is_line = !value.split_whitespace().any(|word| matches!(word, "none" | "0" | "0px" | "hidden" | "0pt"));
        matches!(name.trim(), "border" | "border-top" | "border-bottom" | "border-left" | "border-right") && is_line
    })
}
