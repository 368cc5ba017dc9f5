//! A Jira comment as the HTML of a note. Everything that comes from Jira is escaped; Zammad sanitises once more.

use schema::CommentContent;
use serde_json::Value;

/// What the note is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Added,
    Changed,
}

/// A document's nodes may be nested as deep as somebody likes to send.
const DEEPEST: usize = 40;

/// The note for a comment: a line that says whose it is, when and where, then the document.
pub(super) fn comment(issue_key: &str, comment: &CommentContent, kind: Kind) -> String {
    let who = comment.author.name.as_deref().unwrap_or("Somebody");
    let what = match kind {
        Kind::Added => "",
        Kind::Changed => " · edited",
    };
    let when = if kind == Kind::Added { &comment.created_at } else { &comment.updated_at };
    let mut html = format!("<p><b>{}</b> · Jira {}{what} · {}</p>", escape(who), escape(issue_key), escape(when));
    render(&comment.document, &mut html, 0);
    if comment.reduced {
        html.push_str(
            "<p><i>Only the text of this comment could be carried over; read it in Jira for the rest.</i></p>",
        );
    }
    html
}

/// The note for a deleted comment.
pub(super) fn tombstone(issue_key: &str) -> String {
    format!(
        "<p><i>A comment on Jira {} that was noted here has been deleted or restricted there.</i></p>",
        escape(issue_key)
    )
}

fn render(node: &Value, out: &mut String, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    let attr = |name: &str| node["attrs"][name].as_str().unwrap_or_default();
    let level = node["attrs"]["level"].as_u64().unwrap_or(1).clamp(1, 6);
    match node["type"].as_str().unwrap_or_default() {
        "text" => out.push_str(&marked(node)),
        "hardBreak" => out.push_str("<br>"),
        "rule" => out.push_str("<hr>"),
        "mention" | "emoji" | "status" | "date" | "placeholder" => {
            let text = [attr("text"), attr("shortName"), attr("timestamp")].into_iter().find(|text| !text.is_empty());
            out.push_str(&escape(text.unwrap_or_default()));
        }
        "inlineCard" | "blockCard" | "embedCard" => out.push_str(&link(attr("url"), &escape(attr("url")))),
        "media" => out.push_str("[attachment in Jira]"),
        "paragraph" => wrap("p", node, out, depth),
        "heading" => wrap(&format!("h{level}"), node, out, depth),
        "bulletList" | "taskList" | "decisionList" => wrap("ul", node, out, depth),
        "orderedList" => wrap("ol", node, out, depth),
        "listItem" | "taskItem" | "decisionItem" => wrap("li", node, out, depth),
        "blockquote" => wrap("blockquote", node, out, depth),
        "codeBlock" => wrap("pre", node, out, depth),
        "table" => wrap("table", node, out, depth),
        "tableRow" => wrap("tr", node, out, depth),
        "tableHeader" => wrap("th", node, out, depth),
        "tableCell" => wrap("td", node, out, depth),
        // Panels, expands, layouts and whatever comes later: their content without their frame.
        _ => children(node, out, depth),
    }
}

fn wrap(tag: &str, node: &Value, out: &mut String, depth: usize) {
    out.push_str(&format!("<{tag}>"));
    children(node, out, depth);
    out.push_str(&format!("</{tag}>"));
}

fn children(node: &Value, out: &mut String, depth: usize) {
    for child in node["content"].as_array().into_iter().flatten() {
        render(child, out, depth + 1);
    }
}

fn marked(node: &Value) -> String {
    let mut html = escape(node["text"].as_str().unwrap_or_default());
    for mark in node["marks"].as_array().into_iter().flatten() {
        html = match mark["type"].as_str().unwrap_or_default() {
            "strong" => format!("<b>{html}</b>"),
            "em" => format!("<i>{html}</i>"),
            "underline" => format!("<u>{html}</u>"),
            "strike" => format!("<s>{html}</s>"),
            "code" => format!("<code>{html}</code>"),
            "subsup" if mark["attrs"]["type"] == "sub" => format!("<sub>{html}</sub>"),
            "subsup" => format!("<sup>{html}</sup>"),
            "link" => link(mark["attrs"]["href"].as_str().unwrap_or_default(), &html),
            _ => html,
        };
    }
    html
}

/// A link to the web or a mailbox; any other scheme becomes plain text.
fn link(href: &str, html: &str) -> String {
    if ["https://", "http://", "mailto:"].iter().any(|scheme| href.starts_with(scheme)) {
        format!("<a href=\"{}\">{html}</a>", escape(href))
    } else {
        html.to_owned()
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use schema::Author;
    use serde_json::json;

    use super::*;

    fn note(document: Value) -> String {
        let author = Author { account_id: "a".into(), name: Some("Mia <b>".into()) };
        let content = CommentContent {
            comment_id: "1".into(),
            author,
            created_at: "t1".into(),
            updated_at: "t2".into(),
            document,
            reduced: false,
        };
        comment("PROJ-7", &content, Kind::Added)
    }

    #[test]
    fn structure_becomes_html() {
        let text = |text: &str, marks: Value| json!({ "type": "text", "text": text, "marks": marks });
        let document = json!({ "type": "doc", "content": [
            { "type": "paragraph", "content": [text("a & b", json!([])), { "type": "hardBreak" }, text("bold", json!([{ "type": "strong" }]))] },
            { "type": "bulletList", "content": [{ "type": "listItem", "content": [{ "type": "paragraph", "content": [text("one", json!([]))] }] }] },
            { "type": "codeBlock", "content": [text("x < 1", json!([]))] },
            { "type": "panel", "content": [{ "type": "paragraph", "content": [text("inside", json!([]))] }] },
            { "type": "paragraph", "content": [text("site", json!([{ "type": "link", "attrs": { "href": "https://x.example/?a=\"b" } }]))] },
        ]});
        assert_eq!(
            note(document),
            "<p><b>Mia &lt;b&gt;</b> · Jira PROJ-7 · t1</p><p>a &amp; b<br><b>bold</b></p><ul><li><p>one</p></li></ul>\
            <pre>x &lt; 1</pre><p>inside</p><p><a href=\"https://x.example/?a=&quot;b\">site</a></p>"
        );
    }

    #[test]
    fn no_other_scheme_becomes_a_link() {
        for href in ["javascript:alert(1)", "data:text/html,x", "//x", "JAVASCRIPT:x", " https://x"] {
            let document =
                json!({ "type": "text", "text": "t", "marks": [{ "type": "link", "attrs": { "href": href } }] });
            assert!(!note(document).contains("href"), "{href}");
        }
    }

    proptest! {
        #[test]
        fn text_never_becomes_markup(text in "[<>&\"'a-z/= ]{0,40}") {
            let html = note(json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] }));
            let body = html.split_once("</p>").unwrap().1;
            let inner = body.strip_prefix("<p>").unwrap().strip_suffix("</p>").unwrap();
            prop_assert!(!inner.contains(['<', '>', '"', '\'']));
        }
    }
}
