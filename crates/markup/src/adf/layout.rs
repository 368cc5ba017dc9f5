//! Which tables have data in them, and which only arrange a page.

use std::collections::HashSet;

use crate::parse::{Element, Id, Node, Tree};

/// What a table has in it, as far as it was read.
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
    /// Mail arranges itself with tables without borders: around other tables, beside each other, or below each other. What
    /// has a header or borders is meant as a table; but not what has other tables in its only column, or more data in the
    /// tables inside than it has itself.
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

    /// Has rows and columns, and so is one of data if it is not for layout.
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
