//! Atlassian documents: an article becomes one, and one that is too large is reduced to its text.

use schema::{ArticleContent, Sender};
use serde_json::{Value, json};

use crate::links::Linked;

/// The comment for an article: a line that says whose it is, when, how visible and where; then its text. Without a text
/// (privacy mode) only a notice.
pub(crate) fn comment(article: &ArticleContent, link: &Linked) -> Value {
    let visibility = if article.internal { "internal" } else { "public" };
    let who = match (&article.author, article.sender) {
        (Some(name), _) => name.as_str(),
        (None, Sender::Agent) => "Agent",
        (None, Sender::Customer) => "Customer",
        (None, Sender::System) => "Zammad",
    };
    let url = article.url.as_deref().unwrap_or(&link.ticket_url);
    let ticket = linked_text(&format!("Zammad #{}", link.ticket_number), url);
    let Some(text) = article.text.as_deref() else {
        let notice = format!("New {visibility} article #{} in ", article.article_id);
        return document(vec![json!({ "type": "paragraph", "content": [plain(&notice), ticket] })]);
    };
    let part = article.part.as_ref().map(|part| format!(" · part {} of {}", part.number, part.of)).unwrap_or_default();
    let head = json!({ "type": "paragraph", "content": [
        { "type": "text", "text": who, "marks": [{ "type": "strong" }] },
        plain(&format!(" · {visibility}{part} · {} · ", article.created_at)),
        ticket,
    ]});
    let subject = article.subject.iter().filter(|subject| !subject.is_empty()).map(|subject| {
        json!({ "type": "paragraph", "content": [{ "type": "text", "text": subject, "marks": [{ "type": "em" }] }] })
    });
    let files = (article.attachment_count > 0)
        .then(|| paragraph(&format!("{} file(s) in Zammad", article.attachment_count)))
        .flatten();
    document([head].into_iter().chain(subject).chain(paragraphs(text)).chain(files).collect())
}

/// A document reduced to its text, at most `max` characters of it.
pub(crate) fn reduced(document: &Value, max: usize) -> Value {
    let mut text = String::new();
    collect_text(document, &mut text, 0);
    let text: String = text.chars().take(max).collect();
    self::document(paragraphs(&text).collect())
}

fn document(content: Vec<Value>) -> Value {
    json!({ "type": "doc", "version": 1, "content": content })
}

fn paragraphs(text: &str) -> impl Iterator<Item = Value> {
    text.split("\n\n").filter_map(paragraph)
}

/// A paragraph with hard breaks at its line ends; Jira refuses empty text nodes, so an empty one is none.
fn paragraph(text: &str) -> Option<Value> {
    let mut content = Vec::new();
    for line in text.trim_matches('\n').split('\n') {
        if !content.is_empty() {
            content.push(json!({ "type": "hardBreak" }));
        }
        if !line.is_empty() {
            content.push(plain(line));
        }
    }
    let has_text = content.iter().any(|node| node["type"] == "text");
    has_text.then(|| json!({ "type": "paragraph", "content": content }))
}

fn plain(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn linked_text(text: &str, url: &str) -> Value {
    json!({ "type": "text", "text": text, "marks": [{ "type": "link", "attrs": { "href": url } }] })
}

/// Jira's own depth limit is far below; this one keeps a hostile document from using up the stack.
const DEEPEST: usize = 64;

fn collect_text(node: &Value, out: &mut String, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match node["type"].as_str() {
        Some("text") => out.push_str(node["text"].as_str().unwrap_or_default()),
        Some("mention" | "emoji" | "status") => out.push_str(node["attrs"]["text"].as_str().unwrap_or_default()),
        Some("hardBreak") => out.push('\n'),
        _ => {}
    }
    for child in node["content"].as_array().into_iter().flatten() {
        collect_text(child, out, depth + 1);
    }
    if matches!(node["type"].as_str(), Some("paragraph" | "heading" | "codeBlock" | "listItem" | "tableRow")) {
        out.push_str("\n\n");
    }
}
