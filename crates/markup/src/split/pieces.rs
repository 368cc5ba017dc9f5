//! Nodes cut into pieces that are short enough.

use serde_json::{Value, json};

use super::container::{LEAST_ROOM, Piece, emptied, filled, inner_room, packed};
use super::sentences::{Kind, cut};
use super::size::size;
use super::tables;
use crate::node::{self, kind};

/// An item of a list that begins with another list gets an empty paragraph first.
const EMPTY_PARAGRAPH: usize = 40;

/// The node, cut into as many as it takes for each to be at most `room` long.
pub(super) fn fitting(node: Value, room: usize) -> Vec<Piece> {
    let whole = Piece::new(node);
    if whole.size <= room {
        return vec![whole];
    }
    let node = whole.node;
    let mut pieces = match kind(&node) {
        "text" => texts(&node, room, Kind::Prose),
        "codeBlock" => {
            contained(node, room, |text, room| texts(&text, room, Kind::Code).into_iter().map(Piece::new).collect())
        }
        "orderedList" => ordered(node, room),
        "listItem" => contained(node, room.saturating_sub(EMPTY_PARAGRAPH), fitting).into_iter().map(begun).collect(),
        "table" => return tables::fitting(node, room, fitting),
        "paragraph" | "heading" | "bulletList" | "blockquote" | "expand" | "nestedExpand" | "panel" => {
            contained(node, room, fitting)
        }
        // A single node of another type that is too long: it is replaced by its text.
        name => {
            let text = node::text(&crate::text_of_adf(&node));
            let is_inline = matches!(
                name,
                "mention"
                    | "inlineCard"
                    | "status"
                    | "emoji"
                    | "date"
                    | "inlineExtension"
                    | "mediaInline"
                    | "placeholder"
            );
            if is_inline {
                texts(&text, room, Kind::Prose)
            } else {
                contained(node::paragraph(vec![text]), room, fitting)
            }
        }
    };
    let rest = pieces.split_off(pieces.len().min(1));
    let continued = rest.into_iter().map(|node| Piece { continues: true, ..Piece::new(node) });
    pieces.into_iter().map(Piece::new).chain(continued).collect()
}

/// The same container once for each group of its cut content.
fn contained(node: Value, room: usize, fit: impl Fn(Value, usize) -> Vec<Piece>) -> Vec<Value> {
    let (shell, content) = emptied(node);
    let room = inner_room(&shell, room);
    let pieces = content.into_iter().flat_map(|child| fit(child, room - 1)).collect();
    packed(pieces, room).into_iter().map(|content| filled(&shell, content)).collect()
}

/// Splits a numbered list. Each piece continues the numbers of the one before; an item that is cut keeps its number.
fn ordered(node: Value, room: usize) -> Vec<Value> {
    let (mut shell, items) = emptied(node);
    let mut number = shell["attrs"]["order"].as_u64().unwrap_or(1);
    // The longest possible number, to measure the size.
    shell["attrs"] = json!({ "order": u32::MAX });
    let room = inner_room(&shell, room);
    let pieces: Vec<Piece> = items.into_iter().flat_map(|item| fitting(item, room - 1)).collect();
    let continues: Vec<bool> = pieces.iter().map(|piece| piece.continues).collect();
    let mut continues = continues.into_iter();
    let mut lists = Vec::new();
    for items in packed(pieces, room) {
        let count = items.len() as u64;
        let goes_on = continues.by_ref().take(items.len()).next().unwrap_or_default();
        // `take` has consumed one; the others of this group follow.
        (1..count).for_each(|_| {
            continues.next();
        });
        number -= u64::from(goes_on);
        let mut list = filled(&shell, items);
        list["attrs"] = json!({ "order": number });
        lists.push(list);
        number += count;
    }
    lists
}

fn begun(mut item: Value) -> Value {
    let starts_with_list =
        node::content(&item).first().is_some_and(|first| matches!(kind(first), "bulletList" | "orderedList"));
    if let Some(content) = item["content"].as_array_mut().filter(|_| starts_with_list) {
        content.insert(0, node::paragraph(Vec::new()));
    }
    item
}

/// Splits a text node. Marks that leave no room, such as a very long link, are removed.
fn texts(node: &Value, room: usize, text_kind: Kind) -> Vec<Value> {
    let text = node["text"].as_str().unwrap_or_default();
    let mut shell = node.clone();
    shell["text"] = "".into();
    if room < size(&shell) + LEAST_ROOM {
        shell = node::text("");
    }
    let room = room.saturating_sub(size(&shell)).max(1);
    let with = |piece: &str| {
        let mut node = shell.clone();
        node["text"] = piece.into();
        node
    };
    cut(text, room, text_kind).into_iter().map(with).collect()
}
