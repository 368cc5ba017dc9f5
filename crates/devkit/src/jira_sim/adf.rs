//! Atlassian's document format: validation, plain text, and a simple HTML form for the simulator's page.

use serde_json::Value;

use crate::page::escape;

/// Whether Jira would take it: a `doc` of version 1 whose nodes all have a type.
pub(super) fn is_document(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("doc")
        && value.get("version").and_then(Value::as_u64) == Some(1)
        && value.get("content").and_then(Value::as_array).is_some_and(|nodes| nodes.iter().all(is_node))
}

fn is_node(node: &Value) -> bool {
    let Some(kind) = node.get("type").and_then(Value::as_str) else { return false };
    let text = node.get("text").and_then(Value::as_str);
    let text_is_right = kind != "text" || text.is_some_and(|text| !text.is_empty());
    let content_is_right = match node.get("content") {
        None => true,
        Some(content) => content.as_array().is_some_and(|nodes| nodes.iter().all(is_node)),
    };
    text_is_right && content_is_right
}

/// A document of plain paragraphs.
pub(crate) fn document(text: &str) -> Value {
    let paragraph = |line: &str| {
        let content =
            if line.is_empty() { Vec::new() } else { vec![serde_json::json!({"type": "text", "text": line})] };
        serde_json::json!({"type": "paragraph", "content": content})
    };
    let content: Vec<Value> = text.lines().map(paragraph).collect();
    serde_json::json!({"type": "doc", "version": 1, "content": content})
}

fn children(node: &Value) -> impl Iterator<Item = &Value> {
    node.get("content").and_then(Value::as_array).into_iter().flatten()
}

/// The text of a document, one line for each block.
pub(super) fn text(node: &Value) -> String {
    match node.get("type").and_then(Value::as_str) {
        Some("text") => node.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Some("hardBreak") => "\n".to_owned(),
        Some("mention" | "emoji") => attribute(node, "text"),
        Some("paragraph" | "heading" | "codeBlock" | "tableRow" | "listItem") => {
            children(node).map(text).collect::<String>() + "\n"
        }
        _ => children(node).map(text).collect(),
    }
}

/// The accounts that a document mentions, in order.
pub(super) fn mentions(node: &Value) -> Vec<String> {
    let own = Some(attribute(node, "id")).filter(|_| node.get("type").and_then(Value::as_str) == Some("mention"));
    own.into_iter().chain(children(node).flat_map(mentions)).collect()
}

/// The media ids of the files that a document shows, in order.
pub(super) fn media(node: &Value) -> Vec<String> {
    let is_media = matches!(node.get("type").and_then(Value::as_str), Some("media" | "mediaInline"));
    let own = is_media.then(|| attribute(node, "id"));
    own.into_iter().chain(children(node).flat_map(media)).collect()
}

fn attribute(node: &Value, name: &str) -> String {
    match node.get("attrs").and_then(|attributes| attributes.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// A document as simple HTML. Nothing of it reaches the page unescaped.
pub(super) fn html(node: &Value) -> String {
    let inner: String = children(node).map(html).collect();
    match node.get("type").and_then(Value::as_str).unwrap_or_default() {
        "text" => marked(node),
        "hardBreak" => "<br>".to_owned(),
        "paragraph" => format!("<p>{inner}</p>"),
        "heading" => {
            let level = attribute(node, "level").parse::<u8>().unwrap_or(3).clamp(1, 6);
            format!("<h{level}>{inner}</h{level}>")
        }
        "bulletList" | "taskList" => format!("<ul>{inner}</ul>"),
        "orderedList" => format!("<ol>{inner}</ol>"),
        "listItem" | "taskItem" => format!("<li>{inner}</li>"),
        "blockquote" | "panel" => format!("<blockquote>{inner}</blockquote>"),
        "codeBlock" => format!("<pre><code>{inner}</code></pre>"),
        "rule" => "<hr>".to_owned(),
        "table" => format!("<div class=\"scroll\"><table>{inner}</table></div>"),
        "tableRow" => format!("<tr>{inner}</tr>"),
        "tableCell" => format!("<td>{inner}</td>"),
        "tableHeader" => format!("<th>{inner}</th>"),
        "mention" | "emoji" => format!("<span class=\"tag\">{}</span>", escape(&attribute(node, "text"))),
        "inlineCard" => linked(&attribute(node, "url"), &escape(&attribute(node, "url"))),
        "media" => format!("<span class=\"tag\">media {}</span>", escape(&attribute(node, "id"))),
        _ => inner,
    }
}

fn marked(node: &Value) -> String {
    let text = escape(node.get("text").and_then(Value::as_str).unwrap_or_default());
    let marks = node.get("marks").and_then(Value::as_array).into_iter().flatten();
    marks.fold(text, |text, mark| match mark.get("type").and_then(Value::as_str).unwrap_or_default() {
        "strong" => format!("<strong>{text}</strong>"),
        "em" => format!("<em>{text}</em>"),
        "code" => format!("<code>{text}</code>"),
        "strike" => format!("<s>{text}</s>"),
        "underline" => format!("<u>{text}</u>"),
        "link" => linked(&attribute(mark, "href"), &text),
        _ => text,
    })
}

/// A link, if it leads to the web; else only its text.
fn linked(target: &str, text: &str) -> String {
    if target.starts_with("http://") || target.starts_with("https://") {
        format!("<a href=\"{}\" rel=\"noopener noreferrer\">{text}</a>", escape(target))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_documents_are_documents() {
        assert!(is_document(&document("a\n\nb")));
        let empty_text = json!({"type": "doc", "version": 1, "content": [{"type": "text", "text": ""}]});
        for wrong in
            [json!("text"), json!({"type": "doc", "content": []}), json!({"type": "doc", "version": 1}), empty_text]
        {
            assert!(!is_document(&wrong), "{wrong}");
        }
    }

    #[test]
    fn html_of_a_document_cannot_run() {
        let link =
            json!({"type": "text", "text": "<b>", "marks": [{"type": "link", "attrs": {"href": "javascript:x"}}]});
        let document = json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [link]}]});
        assert_eq!(html(&document), "<p>&lt;b&gt;</p>");
        assert_eq!(text(&document), "<b>\n");
    }
}
