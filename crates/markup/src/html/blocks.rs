//! Block nodes of a document as HTML.

use serde_json::Value;

use super::{DEEPEST, MOST_INDENTATION, Writer};
use crate::leaf::{decision_sign, first, leaf, task_sign};
use crate::node::{attr, content, kind};
use crate::prose::is_prose;

impl Writer<'_> {
    pub(super) fn node(&mut self, node: &Value, depth: usize) {
        if depth > DEEPEST {
            return self.too_deep(node);
        }
        let inner = depth + 1;
        match kind(node) {
            "paragraph" => self.indented("p", node, inner),
            "heading" => {
                let level = node["attrs"]["level"].as_u64().unwrap_or(1).clamp(1, 6);
                self.indented(&format!("h{level}"), node, inner);
            }
            "bulletList" | "decisionList" => self.framed("ul", node, inner),
            "orderedList" => self.ordered(node, inner),
            "taskList" => self.tasks(node, inner),
            "listItem" => self.item(node, inner),
            "taskItem" | "blockTaskItem" => self.signed("li", task_sign(node), node, inner),
            "decisionItem" => self.signed("li", decision_sign(node), node, inner),
            "codeBlock" => self.code(node),
            "blockquote" => self.framed("blockquote", node, inner),
            "panel" => self.panel(node, inner),
            "expand" | "nestedExpand" => self.expand(node, inner),
            "table" => self.table(node, inner),
            "tableRow" => self.framed("tr", node, inner),
            "tableHeader" => self.cell("th", node, inner),
            "tableCell" => self.cell("td", node, inner),
            "rule" => self.out.push_str("<hr>"),
            "mediaSingle" => self.media_single(node, inner),
            "mediaGroup" => self.media_group(node),
            "blockCard" | "embedCard" => {
                self.out.push_str("<p>");
                self.inline(node, inner);
                self.out.push_str("</p>");
            }
            "extension" | "bodiedExtension" | "syncBlock" | "bodiedSyncBlock" => {
                self.out.push_str("<p>");
                self.escaped(&leaf(node));
                self.out.push_str("</p>");
                self.children(node, inner);
            }
            // Nodes that HTML does not have: only their content.
            "" | "doc" | "layoutSection" | "layoutColumn" => self.children(node, inner),
            _ => self.inline(node, inner),
        }
    }

    pub(super) fn children(&mut self, node: &Value, depth: usize) {
        content(node).iter().for_each(|child| self.node(child, depth));
    }

    fn framed(&mut self, name: &str, node: &Value, depth: usize) {
        self.tag(name, &[]);
        self.children(node, depth);
        self.end(name);
    }

    /// Writes indentation as no-break spaces, because Zammad removes margins.
    fn indented(&mut self, name: &str, node: &Value, depth: usize) {
        let marks = node["marks"].as_array().into_iter().flatten();
        let levels =
            marks.filter(|mark| kind(mark) == "indentation").filter_map(|mark| mark["attrs"]["level"].as_u64());
        let levels = levels.max().unwrap_or_default().min(MOST_INDENTATION);
        self.tag(name, &[]);
        (0..levels).for_each(|_| self.out.push_str("\u{a0}\u{a0}\u{a0}\u{a0}"));
        self.children(node, depth);
        self.end(name);
    }

    fn signed(&mut self, name: &str, sign: &str, node: &Value, depth: usize) {
        self.tag(name, &[]);
        self.escaped(sign);
        self.tight(node, depth);
        self.end(name);
    }

    /// Writes the language as the title. Zammad keeps the title and shows it under the mouse pointer; it removes classes.
    fn code(&mut self, node: &Value) {
        let language = attr(node, "language");
        let code: String = content(node).iter().filter_map(|text| text["text"].as_str()).collect();
        // Without `code`, `adf_of_html` would take sentences in a `pre` for a mail.
        let is_language = crate::adf::is_language(language);
        let frame = if !is_language && is_prose(&code) { Some("code") } else { None };
        if is_language {
            self.tag("pre", &[("title", language)]);
        } else {
            self.out.push_str("<pre>");
        }
        if code.starts_with('\n') {
            // A line break right behind `<pre>` is ignored when HTML is read.
            self.out.push('\n');
        }
        frame.into_iter().for_each(|frame| self.tag(frame, &[]));
        self.escaped(&code);
        frame.into_iter().for_each(|frame| self.end(frame));
        self.out.push_str("</pre>");
    }

    fn panel(&mut self, node: &Value, depth: usize) {
        let (sign, name) = match attr(node, "panelType") {
            "note" => ("📝", "Note"),
            "tip" => ("💡", "Tip"),
            "warning" => ("⚠️", "Warning"),
            "error" => ("⛔", "Error"),
            "success" => ("✅", "Success"),
            "custom" => (first(node, &["panelIconText", "panelIcon"]), ""),
            _ => ("ℹ️", "Info"),
        };
        self.out.push_str("<blockquote>");
        if !(sign.is_empty() && name.is_empty()) {
            self.out.push_str("<p>");
            self.escaped(format!("{sign} {name}").trim());
            self.out.push_str("</p>");
        }
        self.children(node, depth);
        self.out.push_str("</blockquote>");
    }

    fn expand(&mut self, node: &Value, depth: usize) {
        self.out.push_str("<details>");
        if !attr(node, "title").is_empty() {
            self.out.push_str("<summary>");
            self.escaped(attr(node, "title"));
            self.out.push_str("</summary>");
        }
        self.children(node, depth);
        self.out.push_str("</details>");
    }

    fn media_single(&mut self, node: &Value, depth: usize) {
        for part in content(node) {
            self.out.push_str("<p>");
            match kind(part) {
                "media" => self.media(part, &node["marks"]),
                // The caption.
                _ => self.framed("i", part, depth),
            }
            self.out.push_str("</p>");
        }
    }

    fn media_group(&mut self, node: &Value) {
        for media in content(node) {
            self.out.push_str("<p>");
            self.media(media, &Value::Null);
            self.out.push_str("</p>");
        }
    }
}
