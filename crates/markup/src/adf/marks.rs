//! How a piece of text looks.

use std::rc::Rc;

use serde_json::{Value, json};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    strong: bool,
    em: bool,
    underline: bool,
    strike: bool,
    code: bool,
    /// `sub` or `sup`.
    shift: Option<&'static str>,
    pub(super) link: Option<Rc<str>>,
}

impl Marks {
    /// With what an element of this name adds. Code may be a link and nothing else, so that it has no other marks here.
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

    /// As Jira takes them.
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
        marks
    }
}
