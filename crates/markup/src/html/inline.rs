//! Inline nodes of a document as HTML.

use serde_json::Value;

use super::{Shown, Writer};
use crate::node::{attr, content, kind};
use crate::text::address;
use crate::to_text::{card, leaf};

impl Writer<'_> {
    pub(super) fn inline(&mut self, node: &Value, depth: usize) {
        match kind(node) {
            "text" => self.marked(node),
            "hardBreak" => self.out.push_str("<br>"),
            "inlineCard" | "blockCard" | "embedCard" => self.linked(card(node), |writer| writer.spaced(card(node))),
            "media" | "mediaInline" => self.media(node, &Value::Null),
            _ => {
                self.spaced(&leaf(node));
                if content(node).is_empty() {
                    // Something that this version does not know may say something in its text.
                    let known = !leaf(node).is_empty();
                    self.spaced(if known { "" } else { attr(node, "text") });
                }
                self.children(node, depth);
            }
        }
    }

    fn marked(&mut self, node: &Value) {
        let marks: Vec<&Value> = node["marks"].as_array().into_iter().flatten().collect();
        let text = node["text"].as_str().unwrap_or_default();
        let href = marks.iter().find(|mark| kind(mark) == "link").map_or("", |mark| attr(mark, "href"));
        self.linked(href, |writer| {
            let names: Vec<&str> = marks.iter().filter_map(|mark| element(mark)).collect();
            names.iter().for_each(|name| writer.tag(name, &[]));
            writer.spaced(text);
            names.iter().rev().for_each(|name| writer.end(name));
        });
    }

    /// Inside a link, if the address is one that may be one.
    fn linked(&mut self, href: &str, write: impl FnOnce(&mut Self)) {
        let href = address(href);
        if let Some(href) = href {
            self.tag("a", &[("href", href)]);
        }
        write(self);
        if href.is_some() {
            self.end("a");
        }
    }

    /// Text with its line breaks, and with its blanks where there are several.
    fn spaced(&mut self, text: &str) {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.out.push_str("<br>");
            }
            let mut rest = line;
            while let Some(at) = rest.find("  ") {
                self.escaped(&rest[..=at]);
                self.out.push('\u{a0}');
                rest = &rest[at + 2..];
            }
            self.escaped(rest);
        }
    }

    pub(super) fn media(&mut self, node: &Value, marks: &Value) {
        let link = |marks: &Value| marks.as_array().into_iter().flatten().find(|mark| kind(mark) == "link").cloned();
        let mark = link(&node["marks"]).or_else(|| link(marks)).unwrap_or_default();
        let url = attr(node, "url");
        let href = Some(attr(&mark, "href")).filter(|href| !href.is_empty()).unwrap_or(url);
        let shown = (self.media)(&node["attrs"]);
        self.linked(href, |writer| match shown {
            Some(Shown::Picture(uri)) if is_picture(&uri) => {
                writer.tag("img", &[("src", &uri), ("alt", attr(node, "alt"))])
            }
            Some(Shown::Name(name)) if !name.is_empty() => writer.escaped(&format!("📎 {name}")),
            _ => writer.escaped(&leaf(node)),
        });
    }
}

fn is_picture(uri: &str) -> bool {
    let data = uri.strip_prefix("data:image/").and_then(|rest| rest.split_once(";base64,"));
    let is_name =
        |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'));
    data.is_some_and(|(kind, data)| {
        is_name(kind) && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    })
}

/// The element for a mark; none for links, which stand around, and for what Zammad would not show.
fn element(mark: &Value) -> Option<&'static str> {
    match (kind(mark), attr(mark, "type")) {
        ("strong", _) => Some("b"),
        ("em", _) => Some("i"),
        ("underline", _) => Some("u"),
        ("strike", _) => Some("s"),
        ("code", _) => Some("code"),
        ("subsup", "sub") => Some("sub"),
        ("subsup", _) => Some("sup"),
        _ => None,
    }
}
