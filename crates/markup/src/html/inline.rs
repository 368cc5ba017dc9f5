//! Inline nodes of a document as HTML.

use serde_json::Value;

use super::{Shown, Writer};
use crate::color::Color;
use crate::leaf::{Unknown, card_address, card_text, leaf};
use crate::node::{attr, content, kind};
use crate::text::{Target, names, target};

impl Writer<'_> {
    pub(super) fn inline(&mut self, node: &Value, depth: usize) {
        match kind(node) {
            "text" => self.marked(node),
            "hardBreak" => self.out.push_str("<br>"),
            "inlineCard" | "blockCard" | "embedCard" => {
                let text = card_text(node);
                self.linked(card_address(node), &text, |writer| writer.spaced(&text));
            }
            "media" | "mediaInline" => self.media(node, &Value::Null),
            _ => {
                let known = leaf(node);
                if known.is_empty() {
                    self.unknown(node);
                } else {
                    self.spaced(&known);
                }
                self.children(node, depth);
            }
        }
    }

    fn marked(&mut self, node: &Value) {
        let marks: Vec<&Value> = node["marks"].as_array().into_iter().flatten().collect();
        let text = node["text"].as_str().unwrap_or_default();
        let href = marks.iter().find(|mark| kind(mark) == "link").map_or("", |mark| attr(mark, "href"));
        self.linked(href, text, |writer| {
            let elements: Vec<_> = marks.iter().filter_map(|mark| element(mark)).collect();
            for (name, style) in &elements {
                let style = style.as_deref().map(|style| ("style", style));
                writer.tag(name, style.as_slice());
            }
            writer.spaced(text);
            elements.iter().rev().for_each(|(name, _)| writer.end(name));
        });
    }

    /// Writes the texts in the attributes of a node of unknown type. If the node has content, they become a paragraph before
    /// it.
    fn unknown(&mut self, node: &Value) {
        let Some(unknown) = Unknown::of(node) else { return };
        let is_block = !content(node).is_empty();
        if is_block {
            self.out.push_str("<p>");
        }
        self.linked(unknown.address, &unknown.text, |writer| writer.spaced(&unknown.text));
        if is_block {
            self.out.push_str("</p>");
        }
    }

    /// Calls `write` inside a link to `href`. An address that may not become a link is written as text behind it, unless
    /// `shown`, the text that `write` writes, contains it.
    fn linked(&mut self, href: &str, shown: &str, write: impl FnOnce(&mut Self)) {
        match target(href) {
            Target::Link(href) => {
                self.tag("a", &[("href", &href)]);
                write(self);
                self.end("a");
            }
            Target::Text(address) => {
                write(self);
                if !names(shown, address) {
                    self.escaped(&format!(" ({address})"));
                }
            }
            Target::Nothing => write(self),
        }
    }

    /// Writes text; line breaks become `<br>`, and of several blanks in a row every second one a no-break space.
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
        self.linked(href, &leaf(node), |writer| match shown {
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

/// The element for a mark, and its style. `None` for links, which are written separately, and for marks that Zammad cannot
/// show.
fn element(mark: &Value) -> Option<(&'static str, Option<String>)> {
    let color = || Color::from_hex(attr(mark, "color"));
    let name = match (kind(mark), attr(mark, "type")) {
        ("strong", _) => "b",
        ("em", _) => "i",
        ("underline", _) => "u",
        ("strike", _) => "s",
        ("code", _) => "code",
        ("subsup", "sub") => "sub",
        ("subsup", _) => "sup",
        ("textColor", _) => return Some(("span", Some(format!("color:{};", color()?)))),
        ("backgroundColor", _) => return Some(("span", Some(format!("background-color:{};", color()?)))),
        _ => return None,
    };
    Some((name, None))
}
