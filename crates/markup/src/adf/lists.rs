//! Lists.

use serde_json::{Value, json};

use super::flow::{Flow, Place};
use super::{Context, Walk};
use crate::node;
use crate::parse::{Element, Id, Node};

/// Jira's editor allows six levels. Deeper lists become lines of the item around them.
const DEEPEST_LIST: usize = 6;

impl Walk<'_> {
    pub(super) fn list(&self, id: Id, element: &Element, context: &Context, flow: &mut Flow) {
        if !flow.place.takes_lists() || context.lists >= DEEPEST_LIST {
            return self.flat_list(id, context, flow);
        }
        let inner = Context { lists: context.lists + 1, ..context.clone() };
        let mut items = Vec::new();
        let mut start = element.number("start");
        // Content between two items belongs to the item before it, as browsers show it.
        let mut loose = Flow::new(Place::Item);
        for child in self.tree.children(id) {
            match self.tree.node(*child) {
                Node::Element(element) if &*element.name == "li" => {
                    put(&mut items, std::mem::replace(&mut loose, Flow::new(Place::Item)));
                    if items.is_empty() {
                        start = element.number("value").or(start);
                    }
                    let mut item = Flow::new(Place::Item);
                    self.children(*child, &inner, &mut item);
                    items.extend(Some(item.finish()).filter(|blocks| !blocks.is_empty()));
                }
                _ => self.node(*child, &inner, &mut loose),
            }
        }
        put(&mut items, loose);
        if items.is_empty() {
            return;
        }
        let items: Vec<Value> = items.into_iter().map(item).collect();
        flow.block(match (&*element.name, start.filter(|start| *start != 1)) {
            ("ol", Some(start)) => node::with_attrs("orderedList", json!({ "order": start }), items),
            ("ol", None) => node::container("orderedList", items),
            _ => node::container("bulletList", items),
        });
    }

    fn flat_list(&self, id: Id, context: &Context, flow: &mut Flow) {
        flow.end_paragraph();
        for child in self.tree.children(id) {
            let is_item = self.tree.name(*child) == "li";
            if is_item {
                flow.end_line();
                flow.text("- ", &context.marks);
            }
            self.children_or_text(*child, is_item, context, flow);
        }
        flow.end_paragraph();
    }

    fn children_or_text(&self, id: Id, is_item: bool, context: &Context, flow: &mut Flow) {
        if is_item {
            self.children(id, context, flow);
            flow.end_line();
        } else {
            self.node(id, context, flow);
        }
    }
}

fn put(items: &mut Vec<Vec<Value>>, loose: Flow) {
    let blocks = loose.finish();
    match items.last_mut() {
        Some(item) => item.extend(blocks),
        None if blocks.is_empty() => {}
        None => items.push(blocks),
    }
}

/// Makes an item. Jira's editor requires a paragraph before a list that an item begins with.
fn item(mut blocks: Vec<Value>) -> Value {
    if blocks.first().is_some_and(|first| matches!(node::kind(first), "bulletList" | "orderedList")) {
        blocks.insert(0, node::paragraph(Vec::new()));
    }
    node::container("listItem", blocks)
}
