//! Nodes of Atlassian's document format, as JSON.

use serde_json::{Value, json};

/// A whole document of these blocks, as Jira takes it for a comment. An empty one has an empty paragraph, because Jira
/// refuses a comment without content.
#[must_use]
pub fn document(blocks: Vec<Value>) -> Value {
    let blocks = if blocks.is_empty() { vec![paragraph(Vec::new())] } else { blocks };
    json!({ "type": "doc", "version": 1, "content": blocks })
}

pub(crate) fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

pub(crate) fn strong(text: &str) -> Value {
    json!({ "type": "text", "text": text, "marks": [{ "type": "strong" }] })
}

pub(crate) fn link(text: &str, href: &str) -> Value {
    json!({ "type": "text", "text": text, "marks": [{ "type": "link", "attrs": { "href": href } }] })
}

pub(crate) fn hard_break() -> Value {
    json!({ "type": "hardBreak" })
}

pub(crate) fn paragraph(content: Vec<Value>) -> Value {
    container("paragraph", content)
}

/// A node that has content and nothing else.
pub(crate) fn container(kind: &str, content: Vec<Value>) -> Value {
    json!({ "type": kind, "content": content })
}

pub(crate) fn heading(level: u32, content: Vec<Value>) -> Value {
    json!({ "type": "heading", "attrs": { "level": level }, "content": content })
}

pub(crate) fn code_block(code: &str, language: Option<&str>) -> Value {
    let content = if code.is_empty() { Vec::new() } else { vec![text(code)] };
    match language {
        Some(language) => json!({ "type": "codeBlock", "attrs": { "language": language }, "content": content }),
        None => container("codeBlock", content),
    }
}

/// `expand`, or `nestedExpand` inside another one and in table cells.
pub(crate) fn expand(kind: &str, title: &str, content: Vec<Value>) -> Value {
    let content = if content.is_empty() { vec![paragraph(Vec::new())] } else { content };
    json!({ "type": kind, "attrs": { "title": title }, "content": content })
}

/// A node's type; empty if it has none.
pub(crate) fn kind(node: &Value) -> &str {
    node["type"].as_str().unwrap_or_default()
}

/// A node's children.
pub(crate) fn content(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
}

/// A text among a node's attributes.
pub(crate) fn attr<'a>(node: &'a Value, name: &str) -> &'a str {
    node["attrs"][name].as_str().unwrap_or_default()
}
