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

pub(crate) fn task_sign(node: &Value) -> &'static str {
    if attr(node, "state") == "DONE" { "☑ " } else { "☐ " }
}

pub(crate) fn decision_sign(node: &Value) -> &'static str {
    if attr(node, "state") == "UNDECIDED" { "❓ " } else { "✔ " }
}

/// The text of a node without content.
pub(crate) fn leaf(node: &Value) -> String {
    match kind(node) {
        "mention" => format!("@{}", first(node, &["text", "id"]).trim_start_matches('@')),
        "emoji" => first(node, &["text", "shortName"]).to_owned(),
        "date" => date(&node["attrs"]["timestamp"]),
        "status" => format!("[{}]", attr(node, "text")),
        "placeholder" => attr(node, "text").to_owned(),
        "inlineCard" | "blockCard" | "embedCard" => {
            let (text, address) = (card_text(node), card_address(node));
            if text.contains(address) { text } else { format!("{text} ({address})") }
        }
        "media" | "mediaInline" => {
            format!("📎 {}", Some(attr(node, "alt")).filter(|alt| !alt.is_empty()).unwrap_or("attachment"))
        }
        "extension" | "inlineExtension" | "bodiedExtension" => format!("[{}]", first(node, &["text", "extensionKey"])),
        _ => String::new(),
    }
}

/// The address of a card; empty if it has none.
pub(crate) fn card_address(node: &Value) -> &str {
    let url = Some(attr(node, "url")).filter(|url| !url.is_empty());
    url.or_else(|| node["attrs"]["data"]["url"].as_str()).unwrap_or_default()
}

/// The words of a card: the name of what it links to, else its address, else the query whose results it lists.
pub(crate) fn card_text(node: &Value) -> String {
    let name = node["attrs"]["data"]["name"].as_str().unwrap_or_default().trim();
    let address = card_address(node);
    let query = node["attrs"]["datasource"]["parameters"]["jql"].as_str().unwrap_or_default();
    match (name, address, query) {
        ("", "", "") => "[link]".to_owned(),
        ("", "", query) => format!("[Jira issues: {query}]"),
        ("", address, _) => address.to_owned(),
        (name, _, _) => name.to_owned(),
    }
}

/// What a node says in its attributes that this version does not know.
pub(crate) struct Unknown<'a> {
    /// Title, text and description, a line each; the address if there are none.
    pub(crate) text: String,
    /// Empty if it has none.
    pub(crate) address: &'a str,
}

impl<'a> Unknown<'a> {
    /// Nothing if the node says nothing.
    pub(crate) fn of(node: &'a Value) -> Option<Self> {
        let attrs = &node["attrs"];
        let said = |name: &str| attrs[name].as_str().or_else(|| attrs[name]["text"].as_str()).unwrap_or_default();
        let address = attrs["url"].as_str().or_else(|| attrs["link"]["url"].as_str()).unwrap_or_default();
        let mut lines: Vec<&str> = Vec::new();
        for line in ["title", "text", "description"].map(said) {
            if !line.trim().is_empty() && !lines.contains(&line) {
                lines.push(line);
            }
        }
        if lines.is_empty() && !address.is_empty() {
            lines.push(address);
        }
        (!lines.is_empty()).then(|| Self { text: lines.join("\n"), address })
    }
}

/// The first of these attributes that says something.
pub(crate) fn first<'a>(node: &'a Value, names: &[&str]) -> &'a str {
    names.iter().map(|name| attr(node, name)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// `2026-11-26` of milliseconds since 1970, as a text or a number; of seconds if there are too few digits for
/// milliseconds. Any other text as it is.
fn date(timestamp: &Value) -> String {
    let text = match timestamp {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let number: Option<i64> = text.parse().ok();
    let seconds = number.map(|number| if text.len() > 10 { number.div_euclid(1000) } else { number });
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map_or(text, |time| time.date().to_string())
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
        assert_eq!(date(&json!("1582152559")), "2020-02-19");
        assert_eq!(date(&json!("soon")), "soon");
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
