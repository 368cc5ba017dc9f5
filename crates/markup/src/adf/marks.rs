//! The marks of a piece of text: bold, link, colour and so on.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::color::Color;
use crate::parse::{Element, tags};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    strong: bool,
    em: bool,
    underline: bool,
    strike: bool,
    code: bool,
    /// `sub` or `sup`.
    shift: Option<&'static str>,
    color: Option<Color>,
    background: Option<Color>,
    pub(super) link: Option<Rc<str>>,
}

impl Marks {
    /// These marks with the colours of an element; `None` if it has none, or in code. Only inline elements set a background.
    pub(super) fn with_colors(&self, element: &Element) -> Option<Self> {
        let background = Color::of_background(element).filter(|_| tags::is_formatting(&element.name));
        let color = Color::of_text(element);
        if self.code || (color.is_none() && background.is_none()) {
            return None;
        }
        let mut marks = self.clone();
        marks.color = color.unwrap_or(marks.color);
        marks.background = background.unwrap_or(marks.background);
        Some(marks)
    }

    /// These marks with the one of an element of this name. On code, Jira allows no other mark than a link.
    pub(super) fn with(&self, name: &str) -> Self {
        let mut marks = self.clone();
        match name {
            "code" | "kbd" | "samp" | "tt" => marks = Self { code: true, link: marks.link, ..Self::default() },
            _ if marks.code => {}
            "b" | "strong" => marks.strong = true,
            "i" | "em" | "cite" | "var" | "dfn" => marks.em = true,
            "u" | "ins" => marks.underline = true,
            "s" | "strike" | "del" => marks.strike = true,
            "sub" => marks.shift = Some("sub"),
            "sup" => marks.shift = Some("sup"),
            _ => {}
        }
        marks
    }

    /// The marks as JSON.
    pub(super) fn to_json(&self) -> Vec<Value> {
        let mut marks = Vec::new();
        if let Some(href) = &self.link {
            marks.push(json!({ "type": "link", "attrs": { "href": &**href } }));
        }
        let plain = [
            (self.code, "code"),
            (self.strong, "strong"),
            (self.em, "em"),
            (self.underline, "underline"),
            (self.strike, "strike"),
        ];
        marks.extend(plain.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| json!({ "type": name })));
        if let Some(shift) = self.shift {
            marks.push(json!({ "type": "subsup", "attrs": { "type": shift } }));
        }
        // Jira does not allow a text colour on links.
        if let Some(color) = self.color.filter(|_| self.link.is_none()) {
            marks.push(json!({ "type": "textColor", "attrs": { "color": color.to_string() } }));
        }
        if let Some(color) = self.background {
            marks.push(json!({ "type": "backgroundColor", "attrs": { "color": color.to_string() } }));
        }
        marks
    }
}
