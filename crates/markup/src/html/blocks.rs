//! Blocks.

use serde_json::Value;

use super::{DEEPEST, Writer};
use crate::node::{attr, content, kind};
use crate::to_text::{leaf, task_sign};

impl Writer<'_> {
    pub(super) fn node(&mut self, node: &Value, depth: usize) {
        if depth > DEEPEST {
            return self.too_deep(node);
        }
        let inner = depth + 1;
        match kind(node) {
            "paragraph" => self.framed("p", node, inner),
            "heading" => {
                let level = node["attrs"]["level"].as_u64().unwrap_or(1).clamp(1, 6);
                self.framed(&format!("h{level}"), node, inner);
            }
            "bulletList" | "decisionList" => self.framed("ul", node, inner),
            "orderedList" => self.ordered(node, inner),
            "taskList" => self.tasks(node, inner),
            "listItem" => self.item(node, inner),
            "taskItem" | "blockTaskItem" => self.signed("li", task_sign(node), node, inner),
            "decisionItem" => self.signed("li", "✔ ", node, inner),
            "codeBlock" => self.code(node),
            "blockquote" => self.framed("blockquote", node, inner),
            "panel" => self.panel(node, inner),
            "expand" | "nestedExpand" => self.expand(node, inner),
            "table" => {
                self.tag("table", &[("border", "1")]);
                self.children(node, inner);
                self.end("table");
            }
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
            // The document, columns, and whatever comes later: their content without their frame.
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

    fn signed(&mut self, name: &str, sign: &str, node: &Value, depth: usize) {
        self.tag(name, &[]);
        self.escaped(sign);
        self.tight(node, depth);
        self.end(name);
    }

    fn ordered(&mut self, node: &Value, depth: usize) {
        match node["attrs"]["order"].as_u64().filter(|order| *order != 1) {
            Some(order) => self.tag("ol", &[("start", &order.to_string())]),
            None => self.tag("ol", &[]),
        }
        self.children(node, depth);
        self.end("ol");
    }

    /// A list of tasks inside another one belongs to the item before it.
    fn tasks(&mut self, node: &Value, depth: usize) {
        self.out.push_str("<ul>");
        for child in content(node) {
            let nested = kind(child) == "taskList" && self.out.ends_with("</li>");
            if nested {
                self.out.truncate(self.out.len() - "</li>".len());
            }
            self.node(child, depth);
            if nested {
                self.out.push_str("</li>");
            }
        }
        self.out.push_str("</ul>");
    }

    fn item(&mut self, node: &Value, depth: usize) {
        self.out.push_str("<li>");
        self.tight(node, depth);
        self.out.push_str("</li>");
    }

    /// A first paragraph that is the only one needs no frame.
    fn tight(&mut self, node: &Value, depth: usize) {
        let blocks = content(node);
        let is_alone = blocks.iter().skip(1).all(|block| matches!(kind(block), "bulletList" | "orderedList"));
        match blocks.split_first() {
            Some((first, rest)) if kind(first) == "paragraph" && is_alone => {
                self.children(first, depth);
                rest.iter().for_each(|block| self.node(block, depth));
            }
            _ => self.children(node, depth),
        }
    }

    fn cell(&mut self, name: &str, node: &Value, depth: usize) {
        let spans = ["colspan", "rowspan"].map(|span| (span, node["attrs"][span].as_u64().unwrap_or(1).to_string()));
        let spans: Vec<(&str, &str)> =
            spans.iter().filter(|(_, value)| value != "1").map(|(span, value)| (*span, value.as_str())).collect();
        self.tag(name, &spans);
        self.tight(node, depth);
        self.end(name);
    }

    /// The language becomes the title, which Zammad keeps and shows to whoever points at it; classes it does not keep.
    fn code(&mut self, node: &Value) {
        let language = attr(node, "language");
        if crate::adf::is_language(language) {
            self.tag("pre", &[("title", language)]);
        } else {
            self.out.push_str("<pre>");
        }
        let code: String = content(node).iter().filter_map(|text| text["text"].as_str()).collect();
        if code.starts_with('\n') {
            // Browsers skip the first one.
            self.out.push('\n');
        }
        self.escaped(&code);
        self.out.push_str("</pre>");
    }

    fn panel(&mut self, node: &Value, depth: usize) {
        let (sign, name) = match attr(node, "panelType") {
            "note" => ("📝", "Note"),
            "tip" => ("💡", "Tip"),
            "warning" => ("⚠️", "Warning"),
            "error" => ("⛔", "Error"),
            "success" => ("✅", "Success"),
            "custom" => (attr(node, "panelIconText"), ""),
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
