//! What Zammad adds to clean HTML: attributes of links and pictures, and links around bare addresses.

use std::sync::LazyLock;

use regex::Regex;

use super::tree::{Element, Node};

const REL: &str = "nofollow noreferrer noopener";

/// Finishes a list of nodes. `linked`: inside a link, where bare addresses stay text.
pub(super) fn finish(nodes: Vec<Node>, linked: bool) -> Vec<Node> {
    let mut done = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Text(text) if linked => done.push(Node::Text(text)),
            Node::Text(text) => with_links(&text, &mut done),
            Node::Element(element) => finish_element(element, linked, &mut done),
        }
    }
    done
}

fn finish_element(mut element: Element, linked: bool, done: &mut Vec<Node>) {
    let link = element.name == "a";
    element.attributes.retain(|(name, value)| !(value.is_empty() && matches!(name.as_str(), "class" | "style")));
    element.children = finish(std::mem::take(&mut element.children), linked || link);
    match element.name.as_str() {
        // A link that leads nowhere is only its text, a picture without source is nothing.
        "a" if element.attribute("href").is_none() => done.append(&mut element.children),
        "img" if element.attribute("src").is_none() => {}
        "a" => {
            link_attributes(&mut element);
            done.push(Node::Element(element));
        }
        "img" | "table" => {
            sizes(&mut element);
            done.push(Node::Element(element));
        }
        _ => done.push(Node::Element(element)),
    }
}

fn link_attributes(element: &mut Element) {
    let href = element.attribute("href").unwrap_or_default().to_owned();
    let web = ["http://", "https://", "ftp://", "//"].iter().any(|scheme| href.to_lowercase().starts_with(scheme));
    if web {
        element.set("rel", REL);
        element.set("target", "_blank");
        if element.attribute("title").is_none() && element.text() != href {
            element.set("title", href);
        }
    }
}

/// Width and height become style; every picture is kept within its column.
fn sizes(element: &mut Element) {
    let mut style = if element.name == "img" { "max-width:100%;".to_owned() } else { String::new() };
    style.push_str(&element.take("style").unwrap_or_default());
    for name in ["width", "height"] {
        if let Some(value) = element.take(name) {
            let unit = if value.ends_with(|letter: char| letter.is_ascii_digit()) { "px" } else { "" };
            style.push_str(&format!("{name}:{value}{unit};"));
        }
    }
    if !style.is_empty() {
        element.set("style", style);
    }
}

/// Bare web addresses; what ends a sentence is not part of one. `None` never happens: the pattern is a constant.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"https?://[^\s<>"]+[^\s<>".,;:!?)]"#).ok());

fn with_links(text: &str, done: &mut Vec<Node>) {
    let mut at = 0;
    for found in ADDRESS.iter().flat_map(|address| address.find_iter(text)) {
        if let Some(before) = text.get(at..found.start()).filter(|before| !before.is_empty()) {
            done.push(Node::Text(before.to_owned()));
        }
        let mut link = Element { name: "a".to_owned(), ..Element::default() };
        link.set("href", found.as_str());
        link.set("rel", REL);
        link.set("target", "_blank");
        link.children.push(Node::Text(found.as_str().to_owned()));
        done.push(Node::Element(link));
        at = found.end();
    }
    if let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        done.push(Node::Text(rest.to_owned()));
    }
}
