//! Tables cut between rows, and rows that are too long themselves.

use serde_json::Value;

use super::container::{Piece, emptied, filled, inner_room, packed};
use super::size::size;
use crate::node::{self, content, kind};

/// If cells would get less room than this, the table is replaced by its content.
const LEAST_CELL: usize = 300;

/// The function that cuts a node of a cell. A parameter, because modules would depend on each other otherwise.
type Fit = fn(Value, usize) -> Vec<Piece>;

/// The table, cut into as many as it takes for each to be at most `room` long.
pub(super) fn fitting(table: Value, room: usize, fit: Fit) -> Vec<Piece> {
    let (shell, mut rows) = emptied(table);
    let mut inner = inner_room(&shell, room);
    let header = rows.first().filter(|row| is_header(row)).cloned().filter(|row| size(row) < inner / 4);
    if let Some(header) = &header {
        rows.remove(0);
        inner -= size(header) + 1;
    }
    if rows.iter().any(|row| cell_room(row, inner) < LEAST_CELL && size(row) >= inner) {
        let cells = header.into_iter().chain(rows).flat_map(|row| emptied(row).1);
        let blocks = cells.flat_map(|cell| emptied(cell).1).flat_map(unnested);
        return blocks.flat_map(|block| fit(block, room)).collect();
    }
    let pieces = rows.into_iter().flat_map(|row| cut_row(row, inner, fit)).map(Piece::new).collect();
    let groups = packed(pieces, inner);
    let tables = groups.into_iter().map(|rows| {
        let mut rows: Vec<Value> = header.iter().cloned().chain(rows).collect();
        let count = rows.len();
        rows.iter_mut().enumerate().for_each(|(number, row)| limit_spans(row, count - number));
        filled(&shell, rows)
    });
    tables.map(Piece::new).collect()
}

/// A block of a cell in the form that is allowed outside of tables.
fn unnested(block: Value) -> Vec<Value> {
    if kind(&block) == "nestedExpand" {
        let title = Some(node::attr(&block, "title")).filter(|title| !title.is_empty());
        let title = title.map(|title| node::paragraph(vec![node::strong(title)]));
        return title.into_iter().chain(emptied(block).1).collect();
    }
    vec![block]
}

/// Whether a row has only header cells, none of which spans rows.
fn is_header(row: &Value) -> bool {
    let is_single = |cell: &Value| cell["attrs"]["rowspan"].as_u64().is_none_or(|rows| rows < 2);
    !content(row).is_empty() && content(row).iter().all(|cell| kind(cell) == "tableHeader" && is_single(cell))
}

/// The length that each cell may have if all are equally long.
fn cell_room(row: &Value, room: usize) -> usize {
    let cells = content(row);
    let frames: usize = cells.iter().map(|cell| size(&filled(cell, vec![node::paragraph(Vec::new())])) + 1).sum();
    room.saturating_sub(frames + size(&filled(row, Vec::new())) + 1) / cells.len().max(1)
}

/// Splits a row into several, in which the content of each cell continues.
fn cut_row(row: Value, room: usize, fit: Fit) -> Vec<Value> {
    if size(&row) < room {
        return vec![row];
    }
    let cell_room = cell_room(&row, room);
    let (shell, cells) = emptied(row);
    let mut columns = Vec::new();
    for cell in cells {
        let (cell, blocks) = emptied(cell);
        let pieces = blocks.into_iter().flat_map(|block| fit(block, cell_room - 1)).collect();
        columns.push((cell, packed(pieces, cell_room).into_iter()));
    }
    let mut rows = Vec::new();
    loop {
        let next: Vec<Option<Vec<Value>>> = columns.iter_mut().map(|(_, groups)| groups.next()).collect();
        if next.iter().all(Option::is_none) {
            return rows;
        }
        let cells = columns
            .iter()
            .zip(next)
            .map(|((cell, _), blocks)| filled(cell, blocks.unwrap_or_else(|| vec![node::paragraph(Vec::new())])));
        rows.push(filled(&shell, cells.collect()));
    }
}

/// Limits the spans of a row's cells to the rows below it.
fn limit_spans(row: &mut Value, rows_left: usize) {
    for cell in row["content"].as_array_mut().into_iter().flatten() {
        let Some(attrs) = cell.get_mut("attrs").and_then(Value::as_object_mut) else { continue };
        let rows = attrs.get("rowspan").and_then(Value::as_u64).unwrap_or(1).min(rows_left as u64);
        if rows > 1 {
            attrs.insert("rowspan".into(), rows.into());
        } else {
            attrs.remove("rowspan");
        }
    }
}
