//! A document as plain text.

use serde_json::Value;
use time::OffsetDateTime;

use crate::node::{attr, content, kind};

/// All that can be read in a document or a part of one: a line for each block, cells of a row side by side, without any
/// markup. Never recurses, so that it serves for what is nested too deep for anything else.
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
        _ => out.push_str(&leaf(node)),
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

pub(crate) fn task_sign(node: &Value) -> &'static str {
    if attr(node, "state") == "DONE" { "☑ " } else { "☐ " }
}

/// The text of a node without content.
pub(crate) fn leaf(node: &Value) -> String {
    match kind(node) {
        "mention" => format!("@{}", first(node, &["text", "id"]).trim_start_matches('@')),
        "emoji" => first(node, &["text", "shortName"]).to_owned(),
        "date" => date(attr(node, "timestamp")),
        "status" => format!("[{}]", attr(node, "text")),
        "placeholder" => attr(node, "text").to_owned(),
        "inlineCard" | "blockCard" | "embedCard" => card(node).to_owned(),
        "media" | "mediaInline" => {
            format!("📎 {}", Some(attr(node, "alt")).filter(|alt| !alt.is_empty()).unwrap_or("attachment"))
        }
        "extension" | "inlineExtension" | "bodiedExtension" => format!("[{}]", first(node, &["text", "extensionKey"])),
        _ => String::new(),
    }
}

/// The address of a card.
pub(crate) fn card(node: &Value) -> &str {
    Some(attr(node, "url"))
        .filter(|url| !url.is_empty())
        .or_else(|| node["attrs"]["data"]["url"].as_str())
        .unwrap_or("[link]")
}

/// The first of these attributes that says something.
fn first<'a>(node: &'a Value, names: &[&str]) -> &'a str {
    names.iter().map(|name| attr(node, name)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// `2026-11-26` of milliseconds since 1970; of seconds if there are too few digits for milliseconds. Anything else as it is.
fn date(timestamp: &str) -> String {
    let number: Option<i64> = timestamp.parse().ok();
    let seconds = number.map(|number| if timestamp.len() > 10 { number.div_euclid(1000) } else { number });
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map_or_else(|| timestamp.to_owned(), |time| time.date().to_string())
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
        assert_eq!(date("1582152559"), "2020-02-19");
        assert_eq!(date("soon"), "soon");
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
