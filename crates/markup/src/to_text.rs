//! A document as plain text.

use serde_json::Value;

use crate::leaf::{Unknown, leaf, task_sign};
use crate::node::{attr, content, kind};

/// The text of a document or of any node: one line per block, the cells of a row separated by tabs, no markup. It does not
/// recurse, so it also works for nodes that are nested too deep for the other functions.
#[must_use]
pub fn text_of_adf(doc: &Value) -> String {
    enum Step<'a> {
        Open(&'a Value),
        Close(&'a str),
    }
    let mut out = String::new();
    let mut steps = vec![Step::Open(doc)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Close(kind) => end(kind, &mut out),
            Step::Open(node) => {
                let name = kind(node);
                begin(node, &mut out);
                steps.push(Step::Close(name));
                steps.extend(content(node).iter().rev().map(Step::Open));
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn begin(node: &Value, out: &mut String) {
    match kind(node) {
        "text" => out.push_str(node["text"].as_str().unwrap_or_default()),
        "hardBreak" => out.push('\n'),
        "expand" | "nestedExpand" if !attr(node, "title").is_empty() => {
            out.push_str(attr(node, "title"));
            out.push('\n');
        }
        "taskItem" | "blockTaskItem" => out.push_str(task_sign(node)),
        _ => match (leaf(node), Unknown::of(node)) {
            (known, Some(unknown)) if known.is_empty() => {
                out.push_str(&unknown.text);
                if !unknown.text.contains(unknown.address) {
                    out.push_str(&format!(" ({})", unknown.address));
                }
                if !content(node).is_empty() {
                    out.push('\n');
                }
            }
            (known, _) => out.push_str(&known),
        },
    }
}

fn end(kind: &str, out: &mut String) {
    let is_line = matches!(
        kind,
        "paragraph"
            | "heading"
            | "codeBlock"
            | "taskItem"
            | "decisionItem"
            | "caption"
            | "rule"
            | "media"
            | "blockCard"
            | "embedCard"
            | "extension"
    );
    match kind {
        "tableCell" | "tableHeader" => {
            out.truncate(out.trim_end_matches('\n').len());
            out.push('\t');
        }
        "tableRow" => {
            out.truncate(out.trim_end_matches('\t').len());
            out.push('\n');
        }
        _ if is_line && !out.is_empty() && !out.ends_with(['\n', '\t']) => out.push('\n'),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_of_blocks() {
        let text = |text: &str| json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] });
        let cell = |inner: &str| json!({ "type": "tableCell", "content": [text(inner)] });
        let doc = json!({ "type": "doc", "content": [
            text("a"),
            { "type": "table", "content": [{ "type": "tableRow", "content": [cell("b"), cell("c")] }, { "type": "tableRow", "content": [cell("d"), cell("")] }] },
            { "type": "bulletList", "content": [{ "type": "listItem", "content": [text("e")] }] },
            { "type": "paragraph", "content": [
                { "type": "mention", "attrs": { "id": "x", "text": "@Mia" } }, { "type": "text", "text": " " },
                { "type": "date", "attrs": { "timestamp": "1795000000000" } }, { "type": "hardBreak" },
                { "type": "status", "attrs": { "text": "DONE" } },
            ] },
        ] });
        assert_eq!(text_of_adf(&doc), "a\nb\tc\nd\ne\n@Mia 2026-11-18\n[DONE]");
    }

    #[test]
    fn depth_is_no_matter() {
        let mut doc = json!({ "type": "text", "text": "x" });
        for _ in 0..1_000 {
            doc = crate::node::container("panel", vec![doc]);
        }
        assert_eq!(text_of_adf(&doc), "x");
    }
}
