//! Lists of a document as HTML.

use serde_json::Value;

use super::Writer;
use crate::node::{content, kind};

impl Writer<'_> {
    pub(super) fn ordered(&mut self, node: &Value, depth: usize) {
        match node["attrs"]["order"].as_u64().filter(|order| *order != 1) {
            Some(order) => self.tag("ol", &[("start", &order.to_string())]),
            None => self.tag("ol", &[]),
        }
        self.children(node, depth);
        self.end("ol");
    }

    /// Writes a list of tasks. One that is directly inside another goes into the item before it.
    pub(super) fn tasks(&mut self, node: &Value, depth: usize) {
        self.out.push_str("<ul>");
        for child in content(node) {
            let nested = kind(child) == "taskList" && self.out.ends_with("</li>");
            if nested {
                self.out.truncate(self.out.len() - "</li>".len());
            }
            self.node(child, depth);
            if nested {
                self.out.push_str("</li>");
            }
        }
        self.out.push_str("</ul>");
    }

    pub(super) fn item(&mut self, node: &Value, depth: usize) {
        self.out.push_str("<li>");
        self.tight(node, depth);
        self.out.push_str("</li>");
    }

    /// Writes the content of an item or a cell. A single paragraph is written without `<p>`.
    pub(super) fn tight(&mut self, node: &Value, depth: usize) {
        let blocks = content(node);
        let is_alone = blocks.iter().skip(1).all(|block| matches!(kind(block), "bulletList" | "orderedList"));
        match blocks.split_first() {
            Some((first, rest)) if kind(first) == "paragraph" && is_alone => {
                self.children(first, depth);
                rest.iter().for_each(|block| self.node(block, depth));
            }
            _ => self.children(node, depth),
        }
    }
}
