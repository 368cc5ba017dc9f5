//! Splits a long article into several comments: between blocks if possible, else inside of blocks, and inside of sentences
//! only if nothing else helps.

mod container;
mod pieces;
mod sentences;
mod size;
mod tables;

use serde_json::Value;

use crate::node;
use container::packed;
use pieces::fitting;
use size::size;

/// The number of parts for which room is kept in the head.
const MOST_PARTS: usize = 99_999;

/// Documents of at most `most` characters each, as `serde_json::to_string` writes them; Jira takes 32,767. Each begins with
/// what `head` makes of its number, counted from 1, and of how many there are.
///
/// Blocks move to the next part whole if they fit there. Those that do not are cut: lists between items, tables between rows
/// (their header row is repeated), paragraphs between sentences or else words, code between lines. All text is kept, in its
/// order. `most` has to leave some 1,000 characters besides the head, or parts of deeply nested blocks get longer.
#[must_use]
pub fn split(head: impl Fn(usize, usize) -> Value, blocks: Vec<Value>, most: usize) -> Vec<Value> {
    let frame = size(&node::document(vec![head(MOST_PARTS, MOST_PARTS)]));
    let room = most.saturating_sub(frame);
    let pieces = blocks.into_iter().flat_map(|block| fitting(block, room.saturating_sub(1))).collect();
    let mut parts = packed(pieces, room);
    if parts.is_empty() {
        parts.push(Vec::new());
    }
    let of = parts.len();
    let headed = |(part, mut blocks): (usize, Vec<Value>)| {
        blocks.insert(0, head(part, of));
        node::document(blocks)
    };
    (1..).zip(parts).map(headed).collect()
}
