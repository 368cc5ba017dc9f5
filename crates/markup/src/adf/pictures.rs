//! Pictures: a file in Jira if the caller knows one, else a text.

use serde_json::{Map, Value, json};

use super::flow::Flow;
use super::{Context, Media, Walk};
use crate::parse::Element;
use crate::text;

const MOST_ALT: usize = 500;

impl Walk<'_> {
    pub(super) fn picture(&self, element: &Element, context: &Context, flow: &mut Flow) {
        let src = element.attribute("src").unwrap_or_default();
        if let Some(media) = self.resolve.image(src).filter(|media| !media.id.is_empty()) {
            flow.block(single(element, &media, context));
        } else if alt(element).is_some_and(is_emoji) {
            // Mail programs send emoji as pictures.
            flow.text(alt(element).unwrap_or_default(), &context.marks);
        } else if !element.is_invisible_picture() {
            let mut marks = context.marks.clone();
            marks.link = marks.link.or_else(|| text::web_address(src).map(Into::into));
            flow.text(&fallback(element), &marks);
        }
    }
}

fn single(element: &Element, media: &Media, context: &Context) -> Value {
    let mut attrs = Map::new();
    attrs.insert("type".into(), "file".into());
    attrs.insert("id".into(), media.id.clone().into());
    attrs.insert("collection".into(), "".into());
    if let Some(alt) = media.alt.as_deref().or(alt(element)) {
        attrs.insert("alt".into(), text::cut(alt, MOST_ALT).into());
    }
    for (name, pixels) in [("width", media.width), ("height", media.height)] {
        if let Some(pixels) = pixels {
            attrs.insert(name.into(), pixels.into());
        }
    }
    let mut node = json!({ "type": "media", "attrs": attrs });
    if let Some(href) = &context.marks.link {
        node["marks"] = json!([{ "type": "link", "attrs": { "href": &**href } }]);
    }
    json!({ "type": "mediaSingle", "attrs": { "layout": "align-start" }, "content": [node] })
}

fn alt(element: &Element) -> Option<&str> {
    element.attribute("alt").map(str::trim).filter(|alt| !text::is_blank(alt))
}

/// `[image: alt]`, or `[image]`.
pub(super) fn fallback(element: &Element) -> String {
    let clean = |alt: &str| text::cut(alt, MOST_ALT).split_whitespace().collect::<Vec<_>>().join(" ");
    alt(element).map_or_else(|| "[image]".to_owned(), |alt| format!("[image: {}]", clean(alt)))
}

/// Whether an alternative text is a single emoji, including those composed of several characters.
fn is_emoji(alt: &str) -> bool {
    alt.chars().count() <= 10 && alt.chars().all(|letter| matches!(letter, '\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' | '\u{e0020}'..='\u{e007f}'))
}
