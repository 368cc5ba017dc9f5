//! Nodes of Atlassian's document format, as JSON.

use serde_json::{Map, Value, json};

/// Makes a document of blocks, in the form that Jira takes for a comment. Without blocks it contains one empty paragraph,
/// because Jira refuses a comment without content.
#[must_use]
pub fn document(blocks: Vec<Value>) -> Value {
    let blocks = if blocks.is_empty() { vec![paragraph(Vec::new())] } else { blocks };
    let mut doc = container("doc", blocks);
    doc["version"] = 1.into();
    doc
}

pub(crate) fn text(text: &str) -> Value {
    marked(text.to_owned(), Vec::new())
}

/// A text node with these marks.
pub(crate) fn marked(text: String, marks: Vec<Value>) -> Value {
    let mut node = Map::new();
    node.insert("type".to_owned(), "text".into());
    node.insert("text".to_owned(), text.into());
    if !marks.is_empty() {
        node.insert("marks".to_owned(), Value::Array(marks));
    }
    Value::Object(node)
}

pub(crate) fn strong(text: &str) -> Value {
    marked(text.to_owned(), vec![json!({ "type": "strong" })])
}

pub(crate) fn link(text: &str, href: &str) -> Value {
    marked(text.to_owned(), vec![json!({ "type": "link", "attrs": { "href": href } })])
}

pub(crate) fn hard_break() -> Value {
    json!({ "type": "hardBreak" })
}

pub(crate) fn paragraph(content: Vec<Value>) -> Value {
    container("paragraph", content)
}

/// A node with content and no attributes. The content is moved, because `json!` would copy it once per nesting level.
pub(crate) fn container(kind: &str, content: Vec<Value>) -> Value {
    let mut node = Map::new();
    node.insert("type".to_owned(), kind.into());
    node.insert("content".to_owned(), Value::Array(content));
    Value::Object(node)
}

/// A node with attributes and content.
pub(crate) fn with_attrs(kind: &str, attrs: Value, content: Vec<Value>) -> Value {
    let mut node = container(kind, content);
    node["attrs"] = attrs;
    node
}

pub(crate) fn heading(level: u32, content: Vec<Value>) -> Value {
    with_attrs("heading", json!({ "level": level }), content)
}

pub(crate) fn code_block(code: &str, language: Option<&str>) -> Value {
    let content = if code.is_empty() { Vec::new() } else { vec![text(code)] };
    match language {
        Some(language) => with_attrs("codeBlock", json!({ "language": language }), content),
        None => container("codeBlock", content),
    }
}

/// `expand`, or `nestedExpand` inside another one and in table cells.
pub(crate) fn expand(kind: &str, title: &str, content: Vec<Value>) -> Value {
    let content = if content.is_empty() { vec![paragraph(Vec::new())] } else { content };
    with_attrs(kind, json!({ "title": title }), content)
}

/// A node's type; empty if it has none.
pub(crate) fn kind(node: &Value) -> &str {
    node["type"].as_str().unwrap_or_default()
}

/// A node's children.
pub(crate) fn content(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
}

/// The value of a text attribute; empty if there is none.
pub(crate) fn attr<'a>(node: &'a Value, name: &str) -> &'a str {
    node["attrs"][name].as_str().unwrap_or_default()
}
