//! Additions to clean HTML: attributes of links and pictures, and links around bare addresses.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::Regex;

use super::tree::{Element, Node};

const REL: &str = "nofollow noreferrer noopener";

/// Finishes a list of nodes. `linked`: inside a link or preformatted text, where bare addresses stay text; `web_app`:
/// how addresses of the web client begin, which do not open a new window.
pub(super) fn finish(nodes: Vec<Node>, linked: bool, web_app: &str) -> Vec<Node> {
    let mut done = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Text(text) if linked => done.push(Node::Text(text)),
            Node::Text(text) => with_links(&text, &mut done),
            Node::Element(element) => finish_element(element, linked, web_app, &mut done),
        }
    }
    done
}

fn finish_element(mut element: Element, linked: bool, web_app: &str, done: &mut Vec<Node>) {
    let kept = matches!(element.name.as_str(), "a" | "pre");
    element.attributes.retain(|(name, value)| !(value.is_empty() && matches!(name.as_str(), "class" | "style")));
    element.children = finish(std::mem::take(&mut element.children), linked || kept, web_app);
    match element.name.as_str() {
        // A link that leads nowhere is only its text, a picture without source is nothing.
        "a" if element.attribute("href").is_none() => done.append(&mut element.children),
        "img" if element.attribute("src").is_none() => {}
        "a" => {
            link_attributes(&mut element, web_app);
            done.push(Node::Element(element));
        }
        "img" | "table" => {
            sizes(&mut element);
            done.push(Node::Element(element));
        }
        _ => done.push(Node::Element(element)),
    }
}

fn link_attributes(element: &mut Element, web_app: &str) {
    let href = element.attribute("href").unwrap_or_default().to_owned();
    let web = ["http", "ftp", "//"].iter().any(|scheme| href.to_lowercase().starts_with(scheme));
    if web {
        element.set("rel", REL);
        if !href.to_lowercase().starts_with(web_app) {
            element.set("target", "_blank");
        }
        if element.attribute("title").is_none() && !same_address(&href, &element.text()) {
            element.set("title", href);
        }
    }
}

/// Whether a link's text is its address, as a reader would see it.
fn same_address(href: &str, text: &str) -> bool {
    let bare = |address: &str| {
        let address = percent_decode_str(address).decode_utf8_lossy().to_lowercase();
        let address: String = address.chars().filter(|letter| !letter.is_whitespace()).collect();
        let address = address.strip_suffix('/').unwrap_or(&address).replacen("/?", "?", 1);
        let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        rest.map_or_else(|| address.clone(), str::to_owned)
    };
    bare(href) == bare(text)
}

/// Width and height become style; every picture is limited to the width of its column.
fn sizes(element: &mut Element) {
    let picture = element.name == "img";
    let mut style = if picture { "max-width:100%;".to_owned() } else { String::new() };
    let given = element.take("style").unwrap_or_default();
    for pair in given.split_inclusive(';') {
        style.push_str(if picture { pair.trim_start() } else { pair });
    }
    let has = |name: &str| given.split(';').any(|pair| pair.split(':').next().is_some_and(|key| key.trim() == name));
    for name in ["width", "height"] {
        if let Some(value) = element.take(name).filter(|value| !value.is_empty() && !has(name)) {
            let unit = if ["%", "px", "em"].iter().any(|unit| value.contains(unit)) { "" } else { "px" };
            style.push_str(&format!("{name}:{value}{unit};"));
        }
    }
    if !style.is_empty() {
        element.set("style", style);
    }
}

/// Bare addresses, in the letters that one may have. `None` never happens: the pattern is a constant.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let (schemes, letters) = ("https?|ftp|ldaps?|file|wss?", r"[A-Za-z0-9;/?:@&=+$,_.!~*'()%#-]+");
    Regex::new(&format!(r"\b(?:(?:{schemes})://{letters}|tel:{letters})")).ok()
});

fn with_links(text: &str, done: &mut Vec<Node>) {
    let mut at = 0;
    for found in ADDRESS.iter().flat_map(|address| address.find_iter(text)) {
        // A full stop or a comma ends the sentence, not the address.
        let address = found.as_str().strip_suffix(['.', ',']).unwrap_or(found.as_str());
        if let Some(before) = text.get(at..found.start()).filter(|before| !before.is_empty()) {
            done.push(Node::Text(before.to_owned()));
        }
        let mut link = Element { name: "a".to_owned(), ..Element::default() };
        link.set("href", address);
        link.set("rel", REL);
        link.set("target", "_blank");
        link.children.push(Node::Text(address.to_owned()));
        done.push(Node::Element(link));
        at = found.start() + address.len();
    }
    if let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        done.push(Node::Text(rest.to_owned()));
    }
}
