//! Puts pieces together in groups of a limited size.

use serde_json::Value;

use super::size::size;

/// The least room for text, however much its containers take.
pub(super) const LEAST_ROOM: usize = 40;

pub(super) struct Piece {
    pub(super) node: Value,
    pub(super) size: usize,
    /// Belongs to the same node as the piece before, and must not be in the same container.
    pub(super) continues: bool,
}

impl Piece {
    pub(super) fn new(node: Value) -> Self {
        Self { size: size(&node), node, continues: false }
    }
}

/// Groups the pieces so that each group is as long as the room allows. A piece takes its size and a comma.
pub(super) fn packed(pieces: Vec<Piece>, room: usize) -> Vec<Vec<Value>> {
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let mut used = 0;
    for piece in pieces {
        let takes = piece.size + 1;
        match groups.last_mut() {
            Some(group) if used + takes <= room && !piece.continues => {
                used += takes;
                group.push(piece.node);
            }
            _ => {
                used = takes;
                groups.push(vec![piece.node]);
            }
        }
    }
    groups
}

/// The room that a container leaves for its content.
pub(super) fn inner_room(shell: &Value, room: usize) -> usize {
    room.saturating_sub(size(shell)).max(LEAST_ROOM)
}

/// A node without its content, and the content.
pub(super) fn emptied(mut node: Value) -> (Value, Vec<Value>) {
    let content = node.get_mut("content").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    (node, content)
}

pub(super) fn filled(shell: &Value, content: Vec<Value>) -> Value {
    let mut node = shell.clone();
    node["content"] = content.into();
    node
}
