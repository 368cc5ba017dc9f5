//! Blocks.

use serde_json::Value;

use super::{DEEPEST, MOST_INDENTATION, Writer};
use crate::node::{attr, content, kind};
use crate::prose::is_prose;
use crate::to_text::{decision_sign, first, leaf, task_sign};

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

    /// Indentation becomes no-break spaces: Zammad takes margins away.
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
    pub(super) fn tight(&mut self, node: &Value, depth: usize) {
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

    /// The language becomes the title, which Zammad keeps and shows to whoever points at it; classes it does not keep.
    fn code(&mut self, node: &Value) {
        let language = attr(node, "language");
        let code: String = content(node).iter().filter_map(|text| text["text"].as_str()).collect();
        // Sentences in a `pre` alone would be taken for a mail on the way back.
        let is_language = crate::adf::is_language(language);
        let frame = if !is_language && is_prose(&code) { Some("code") } else { None };
        if is_language {
            self.tag("pre", &[("title", language)]);
        } else {
            self.out.push_str("<pre>");
        }
        if code.starts_with('\n') {
            // Browsers skip the first one.
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
