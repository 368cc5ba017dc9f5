//! Jira's documents as notes, node by node.

use markup::{Shown, adf_of_html, html_of_adf};
use serde_json::{Value, json};

use crate::sketch::sketch;

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn paragraph(inner: Value) -> Value {
    json!({ "type": "paragraph", "content": [inner] })
}

fn note(block: &Value) -> String {
    let html = html_of_adf(&json!({ "type": "doc", "version": 1, "content": [block] }), &|_| None);
    assert_survives(&html);
    html
}

/// Elements and attributes that Zammad's sanitiser leaves alone (docs/platforms/zammad.md §3).
const KEPT: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("b", &[]),
    ("blockquote", &[]),
    ("br", &[]),
    ("code", &[]),
    ("details", &[]),
    ("h1", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("h5", &[]),
    ("h6", &[]),
    ("hr", &[]),
    ("i", &[]),
    ("img", &["src", "alt"]),
    ("li", &[]),
    ("ol", &["start"]),
    ("p", &[]),
    ("pre", &["title"]),
    ("s", &[]),
    ("span", &["style"]),
    ("sub", &[]),
    ("summary", &[]),
    ("sup", &[]),
    ("table", &["border"]),
    ("td", &["colspan", "rowspan", "style"]),
    ("th", &["colspan", "rowspan", "style"]),
    ("tr", &[]),
    ("u", &[]),
    ("ul", &[]),
];

/// Every tag is closed, and nothing in it would be taken away.
pub(crate) fn assert_survives(html: &str) {
    let mut open = Vec::new();
    for piece in html.split('<').skip(1) {
        let (tag, rest) = piece.split_once('>').unwrap_or_else(|| panic!("{html}"));
        assert!(!rest.contains(['>', '"', '\'']), "{html}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
            continue;
        }
        let name = tag.split(' ').next().unwrap();
        let (_, attributes) = KEPT.iter().find(|(kept, _)| *kept == name).unwrap_or_else(|| panic!("{name}: {html}"));
        for (number, part) in tag[name.len()..].split('"').enumerate().filter(|(number, _)| number % 2 == 0) {
            let attribute = part.trim().trim_end_matches('=');
            assert!(attribute.is_empty() || attributes.contains(&attribute), "{attribute} ({number}): {html}");
        }
        if !["br", "hr", "img"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{html}");
}

#[test]
fn blocks() {
    let item = |inner: &str| json!({ "type": "listItem", "content": [paragraph(text(inner))] });
    let nested = json!({ "type": "listItem", "content": [paragraph(text("a")), { "type": "orderedList", "attrs": { "order": 3 }, "content": [item("b")] }] });
    let cases = [
        (paragraph(text("a & b < c")), "<p>a &amp; b &lt; c</p>"),
        (json!({ "type": "heading", "attrs": { "level": 9 }, "content": [text("h")] }), "<h6>h</h6>"),
        (json!({ "type": "bulletList", "content": [nested] }), "<ul><li>a<ol start=\"3\"><li>b</li></ol></li></ul>"),
        (
            json!({ "type": "listItem", "content": [paragraph(text("a")), paragraph(text("b"))] }),
            "<li><p>a</p><p>b</p></li>",
        ),
        (
            json!({ "type": "codeBlock", "attrs": { "language": "rust" }, "content": [text("a <\n  b")] }),
            "<pre title=\"rust\">a &lt;\n  b</pre>",
        ),
        (
            json!({ "type": "codeBlock", "attrs": { "language": "\" onload=x" }, "content": [text("\nx")] }),
            "<pre>\n\nx</pre>",
        ),
        (json!({ "type": "blockquote", "content": [paragraph(text("q"))] }), "<blockquote><p>q</p></blockquote>"),
        (
            json!({ "type": "panel", "attrs": { "panelType": "warning" }, "content": [paragraph(text("hot"))] }),
            "<blockquote><p>⚠️ Warning</p><p>hot</p></blockquote>",
        ),
        (
            json!({ "type": "panel", "attrs": { "panelType": "custom", "panelIconText": "🔥" }, "content": [paragraph(text("hot"))] }),
            "<blockquote><p>🔥</p><p>hot</p></blockquote>",
        ),
        (
            json!({ "type": "expand", "attrs": { "title": "a<b" }, "content": [{ "type": "nestedExpand", "attrs": {}, "content": [paragraph(text("x"))] }] }),
            "<details><summary>a&lt;b</summary><details><p>x</p></details></details>",
        ),
        (json!({ "type": "rule" }), "<hr>"),
        (
            json!({ "type": "layoutSection", "content": [{ "type": "layoutColumn", "content": [paragraph(text("l"))] }, { "type": "layoutColumn", "content": [paragraph(text("r"))] }] }),
            "<p>l</p><p>r</p>",
        ),
        (
            json!({ "type": "blockCard", "attrs": { "url": "https://a.example/?a=1&b=2" } }),
            "<p><a href=\"https://a.example/?a=1&amp;b=2\">https://a.example/?a=1&amp;b=2</a></p>",
        ),
        (json!({ "type": "extension", "attrs": { "extensionKey": "chart", "extensionType": "x" } }), "<p>[chart]</p>"),
        (
            json!({ "type": "bodiedExtension", "attrs": { "extensionKey": "k", "text": "Macro" }, "content": [paragraph(text("in"))] }),
            "<p>[Macro]</p><p>in</p>",
        ),
        (json!({ "type": "somethingNew", "attrs": { "text": "said" } }), "said"),
        (json!({ "type": "somethingNew", "content": [paragraph(text("inside"))] }), "<p>inside</p>"),
    ];
    for (block, want) in cases {
        let doc = html_of_adf(&block, &|_| None);
        assert_eq!(doc, want, "{block}");
        assert_survives(&doc);
    }
}

#[test]
fn tasks_and_decisions() {
    let task = |state: &str, inner: &str| json!({ "type": "taskItem", "attrs": { "localId": "", "state": state }, "content": [text(inner)] });
    // In two halves, because it is no note to ourselves.
    let open = concat!("TO", "DO");
    let list = json!({ "type": "taskList", "attrs": { "localId": "" }, "content": [task(open, "a"), { "type": "taskList", "attrs": { "localId": "" }, "content": [task("DONE", "b")] }] });
    assert_eq!(note(&list), "<ul><li>☐ a<ul><li>☑ b</li></ul></li></ul>");
    let decision = json!({ "type": "decisionList", "content": [{ "type": "decisionItem", "attrs": { "localId": "", "state": "DECIDED" }, "content": [text("go")] }] });
    assert_eq!(note(&decision), "<ul><li>✔ go</li></ul>");
}

#[test]
fn tables() {
    let cell = |kind: &str, attrs: Value, inner: &str| json!({ "type": kind, "attrs": attrs, "content": [paragraph(text(inner))] });
    let table = json!({ "type": "table", "content": [
        { "type": "tableRow", "content": [cell("tableHeader", json!({ "colspan": 2, "background": "#fff" }), "h")] },
        { "type": "tableRow", "content": [cell("tableCell", json!({ "rowspan": 1 }), "a"), cell("tableCell", json!({}), "b")] },
    ] });
    assert_eq!(
        note(&table),
        "<table border=\"1\"><tr><th colspan=\"2\">h</th></tr><tr><td>a</td><td>b</td></tr></table>"
    );
}

#[test]
fn inline_nodes() {
    let cases = [
        (json!({ "type": "mention", "attrs": { "id": "x", "text": "@Mia <b>" } }), "@Mia &lt;b&gt;"),
        (json!({ "type": "mention", "attrs": { "id": "x" } }), "@x"),
        (json!({ "type": "emoji", "attrs": { "shortName": ":smile:", "text": "😄" } }), "😄"),
        (json!({ "type": "emoji", "attrs": { "shortName": ":custom:" } }), ":custom:"),
        (json!({ "type": "date", "attrs": { "timestamp": "1582152559000" } }), "2020-02-19"),
        (json!({ "type": "status", "attrs": { "text": "IN REVIEW", "color": "blue" } }), "[IN REVIEW]"),
        (
            json!({ "type": "inlineCard", "attrs": { "data": { "url": "https://a.example" } } }),
            "<a href=\"https://a.example\">https://a.example</a>",
        ),
        (json!({ "type": "inlineCard", "attrs": { "url": "javascript:alert(1)" } }), "javascript:alert(1)"),
        (json!({ "type": "placeholder", "attrs": { "text": "type here" } }), "type here"),
        (json!({ "type": "inlineExtension", "attrs": { "extensionKey": "k", "extensionType": "t" } }), "[k]"),
        (json!({ "type": "hardBreak" }), "<br>"),
        (text("a  b   c\nd"), "a \u{a0}b \u{a0} c<br>d"),
        (
            json!({ "type": "text", "text": "x", "marks": [{ "type": "strong" }, { "type": "em" }, { "type": "textColor", "attrs": { "color": "#ff0000" } }] }),
            "<b><i><span style=\"color:#ff0000;\">x</span></i></b>",
        ),
        (
            json!({ "type": "text", "text": "x", "marks": [{ "type": "underline" }, { "type": "strike" }, { "type": "subsup", "attrs": { "type": "sup" } }] }),
            "<u><s><sup>x</sup></s></u>",
        ),
        (
            json!({ "type": "text", "text": "x", "marks": [{ "type": "code" }, { "type": "link", "attrs": { "href": "https://a.example/?a=\"b" } }] }),
            "<a href=\"https://a.example/?a=&quot;b\"><code>x</code></a>",
        ),
    ];
    for (node, want) in cases {
        assert_eq!(note(&paragraph(node.clone())), format!("<p>{want}</p>"), "{node}");
    }
}

#[test]
fn no_other_scheme_becomes_a_link() {
    for href in
        ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", " javascript:x", "vbscript:x", "java\tscript:x"]
    {
        let node = json!({ "type": "text", "text": "t", "marks": [{ "type": "link", "attrs": { "href": href } }] });
        assert_eq!(note(&paragraph(node)), "<p>t</p>", "{href}");
    }
}

#[test]
fn files() {
    let media = |id: &str, alt: &str| json!({ "type": "media", "attrs": { "type": "file", "id": id, "collection": "", "alt": alt } });
    let single = |media: Value| json!({ "type": "mediaSingle", "attrs": { "layout": "center" }, "content": [media] });
    let known = |attrs: &Value| match attrs["id"].as_str()? {
        "picture" => Some(Shown::Picture("data:image/png;base64,AAAA".into())),
        "bad" => Some(Shown::Picture("data:image/png;base64,AA\"><script>".into())),
        "file" => Some(Shown::Name("a<b.pdf".into())),
        _ => None,
    };
    let cases = [
        (
            single(media("picture", "a \"b\"")),
            "<p><img src=\"data:image/png;base64,AAAA\" alt=\"a &quot;b&quot;\"></p>",
        ),
        (single(media("bad", "")), "<p>📎 attachment</p>"),
        (single(media("file", "x")), "<p>📎 a&lt;b.pdf</p>"),
        (single(media("other", "screen.png")), "<p>📎 screen.png</p>"),
        (
            json!({ "type": "mediaGroup", "content": [media("file", ""), media("picture", "")] }),
            "<p>📎 a&lt;b.pdf</p><p><img src=\"data:image/png;base64,AAAA\" alt=\"\"></p>",
        ),
        (
            json!({ "type": "mediaSingle", "content": [media("picture", "p"), { "type": "caption", "content": [text("c")] }] }),
            "<p><img src=\"data:image/png;base64,AAAA\" alt=\"p\"></p><p><i>c</i></p>",
        ),
        (
            single(
                json!({ "type": "media", "attrs": { "type": "external", "url": "https://a.example/b.png", "alt": "b" } }),
            ),
            "<p><a href=\"https://a.example/b.png\">📎 b</a></p>",
        ),
        (
            paragraph(json!({ "type": "mediaInline", "attrs": { "id": "file", "collection": "" } })),
            "<p>📎 a&lt;b.pdf</p>",
        ),
    ];
    for (block, want) in cases {
        let html = html_of_adf(&block, &known);
        assert_eq!(html, want, "{block}");
        assert_survives(&html);
    }
    let linked = json!({ "type": "mediaSingle", "marks": [{ "type": "link", "attrs": { "href": "https://a.example" } }], "content": [media("picture", "")] });
    assert!(html_of_adf(&linked, &known).starts_with("<p><a href=\"https://a.example\"><img"));
}

#[test]
fn deep_documents_keep_their_text() {
    let mut doc = text("x");
    for _ in 0..1_000 {
        let mut around = json!({ "type": "bulletList", "content": [] });
        around["content"].as_array_mut().unwrap().push(doc);
        doc = around;
    }
    let html = html_of_adf(&doc, &|_| None);
    assert_survives(&html);
    assert_eq!(sketch(&adf_of_html(&html, &())).matches('x').count(), 1);
}

proptest::proptest! {
    #[test]
    fn text_never_becomes_markup(words in "[<>&\"'a-z/= ]{1,40}") {
        let html = note(&paragraph(text(&words)));
        let inner = html.strip_prefix("<p>").unwrap().strip_suffix("</p>").unwrap();
        proptest::prop_assert!(!inner.contains(['<', '>', '"', '\'']));
    }
}
