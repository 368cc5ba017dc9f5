//! Atlassian documents (ADF): the connector's own notes, and the files inside the documents of the sidecar. Only this side
//! knows the attachment ids of an issue, so only this side can insert files.

use schema::ArticleContent;
use serde_json::Value;

use crate::json::json;
use crate::links::Link;

/// Returns the comment for an article whose text may not leave the customer's network.
pub(crate) fn notice(article: &ArticleContent, link: &Link) -> Value {
    let visibility = if article.internal { "internal" } else { "public" };
    let text = format!("New {visibility} article #{} in ", article.article_id);
    let url = article.url.as_deref().unwrap_or(&link.ticket_url);
    document(vec![paragraph(vec![plain(&text), linked_text(&ticket(&link.ticket_number), url)])])
}

/// Returns a sentence: a text, the ticket as a link, and another text. Empty texts are left out, since Jira refuses them.
pub(crate) fn sentence(before: &str, link: &Link, after: &str) -> Value {
    let text = |text: &str| (!text.is_empty()).then(|| plain(text));
    let ticket = linked_text(&ticket(&link.ticket_number), &link.ticket_url);
    document(vec![paragraph([text(before), Some(ticket), text(after)].into_iter().flatten().collect())])
}

/// Returns a document of one sentence.
pub(crate) fn text(sentence: &str) -> Value {
    document(vec![paragraph(vec![plain(sentence)])])
}

fn ticket(number: &str) -> String {
    format!("Zammad #{number}")
}

/// Maximum characters of a document that is reduced to its text.
pub(crate) const MAX_TEXT: usize = 32_767;

/// Returns a document that has only the text of another one, at most `max` characters.
pub(crate) fn reduced(document: &Value, max: usize) -> Value {
    let mut text = String::new();
    collect_text(document, &mut text, 0);
    let text: String = text.chars().take(max).collect();
    self::document(text.split("\n\n").filter_map(paragraph_of_lines).collect())
}

/// Returns Jira's media id for the number in a placeholder `zammad-<number>`, if the issue has the file.
pub(crate) type Media<'a> = &'a dyn Fn(u64) -> Option<String>;

/// Returns the numbers of all placeholders `zammad-<number>` in a document.
pub(crate) fn files_in(document: &Value) -> Vec<u64> {
    let mut found: Vec<u64> = placeholder(document).into_iter().collect();
    for child in document["content"].as_array().into_iter().flatten() {
        found.extend(files_in(child));
    }
    found
}

/// Replaces every placeholder `zammad-<number>` by Jira's file, or by the file's name as a link to `url` if Jira has none. The
/// parser of the request limits the depth of the document.
pub(crate) fn with_media(node: &mut Value, media: Media<'_>, url: &str) {
    let Some(children) = content_of(node) else { return };
    let mut resolved = Vec::with_capacity(children.len());
    for mut child in std::mem::take(children) {
        if matches!(child["type"].as_str(), Some("mediaSingle" | "mediaGroup")) {
            resolved.extend(media_block(child, media, url));
        } else if let Some(number) = placeholder(&child) {
            resolved.push(match media(number) {
                Some(id) => media_node(child, id),
                None => name_link(&child, url),
            });
        } else {
            with_media(&mut child, media, url);
            resolved.push(child);
        }
    }
    *children = resolved;
}

/// Returns a document whose files are replaced by their names.
pub(crate) fn with_names(document: &Value, url: &str) -> Value {
    let mut document = document.clone();
    with_media(&mut document, &|_| None, url);
    document
}

/// Resolves a block of files: files that Jira has stay in it, the names of the others follow in a paragraph.
fn media_block(mut node: Value, media: Media<'_>, url: &str) -> Vec<Value> {
    let Some(children) = content_of(&mut node) else { return vec![node] };
    let (mut kept, mut names) = (Vec::new(), Vec::new());
    for child in std::mem::take(children) {
        match placeholder(&child).map(media) {
            Some(Some(id)) => kept.push(media_node(child, id)),
            Some(None) => names.push(name_link(&child, url)),
            // A caption; it is removed with the block if no file is left.
            None => kept.push(child),
        }
    }
    let files = kept.iter().filter(|child| child["type"] == "media").count();
    *children = kept;
    let blocks = [(files > 0).then_some(node), (!names.is_empty()).then(|| paragraph(names))];
    blocks.into_iter().flatten().collect()
}

fn content_of(node: &mut Value) -> Option<&mut Vec<Value>> {
    node.get_mut("content").and_then(Value::as_array_mut)
}

fn placeholder(node: &Value) -> Option<u64> {
    node["attrs"]["id"].as_str()?.strip_prefix("zammad-")?.parse().ok()
}

fn media_node(mut node: Value, id: String) -> Value {
    node["attrs"]["id"] = id.into();
    node["attrs"]["type"] = "file".into();
    node["attrs"]["collection"] = "".into();
    node
}

fn name_link(node: &Value, url: &str) -> Value {
    let name = node["attrs"]["alt"].as_str().filter(|name| !name.is_empty()).unwrap_or("file");
    linked_text(&["[", name, "]"].concat(), url)
}

fn document(content: Vec<Value>) -> Value {
    json!({ "type": "doc", "version": 1, "content": content })
}

fn paragraph(content: Vec<Value>) -> Value {
    json!({ "type": "paragraph", "content": content })
}

/// Returns a paragraph with a hard break at each line end, or `None` for a text without content, since Jira refuses empty text
/// nodes.
fn paragraph_of_lines(text: &str) -> Option<Value> {
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
    has_text.then(|| paragraph(content))
}

fn plain(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn linked_text(text: &str, url: &str) -> Value {
    json!({ "type": "text", "text": text, "marks": [json!({ "type": "link", "attrs": json!({ "href": url }) })] })
}

/// Jira's own depth limit is far lower; this one prevents a stack overflow by a hostile document.
const MAX_DEPTH: usize = 64;

fn collect_text(node: &Value, out: &mut String, depth: usize) {
    if depth > MAX_DEPTH {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn media(id: &str) -> Value {
        json!({ "type": "media", "attrs": { "type": "file", "id": id, "collection": "", "alt": id.replace("zammad-", "n") } })
    }

    #[test]
    fn shows_files_that_jira_has_and_names_the_others() {
        let caption = json!({ "type": "caption", "content": [plain("see")] });
        let mut document = document(vec![
            json!({ "type": "mediaSingle", "attrs": { "layout": "center" }, "content": [media("zammad-1"), caption] }),
            json!({ "type": "mediaGroup", "content": [media("zammad-2"), media("zammad-1")] }),
            json!({ "type": "bulletList", "content": [{ "type": "listItem", "content": [
                { "type": "mediaSingle", "content": [media("zammad-2")] },
                { "type": "paragraph", "content": [plain("x"), { "type": "mediaInline", "attrs": { "id": "zammad-3" } }] },
            ] }] }),
            json!({ "type": "mediaSingle", "content": [media("own")] }),
        ]);
        assert_eq!(files_in(&document), [1, 2, 1, 2, 3]);
        with_media(&mut document, &|number| (number == 1).then(|| "uuid".to_owned()), "https://z/");
        let content = &document["content"];
        assert_eq!(content[0]["content"][0]["attrs"]["id"], "uuid");
        assert_eq!(content[0]["content"][1]["type"], "caption");
        assert_eq!(
            content[1],
            json!({ "type": "mediaGroup", "content": [media_node(media("zammad-1"), "uuid".into())] })
        );
        assert_eq!(content[2], paragraph(vec![linked_text("[n2]", "https://z/")]));
        let item = &content[3]["content"][0]["content"];
        assert_eq!(item[0], paragraph(vec![linked_text("[n2]", "https://z/")]));
        assert_eq!(item[1]["content"][1], linked_text("[file]", "https://z/"));
        assert_eq!(content[4]["content"][0]["attrs"]["id"], "own");
        assert!(!document.to_string().contains("null"), "{document}");
        assert!(files_in(&document).is_empty());
    }
}
