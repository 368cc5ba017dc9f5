//! A small tree of clean HTML, and writing it as Zammad's library does.

/// A node. Texts and attribute values are kept escaped, as they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    Element(Element),
}

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.attributes.iter().position(|(key, _)| key == name)?;
        Some(self.attributes.remove(at).1)
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.attributes.push((name.to_owned(), value.into()));
    }

    /// The text in it.
    pub fn text(&self) -> String {
        let words = |node: &Node| match node {
            Node::Text(text) => text.clone(),
            Node::Element(element) => element.text(),
        };
        self.children.iter().map(words).collect()
    }
}

const EMPTY: [&str; 4] = ["br", "hr", "img", "col"];

/// Elements in each other. The tags of deeper ones are left out and their content stays, since the tree is read by recursion; not
/// recorded.
const DEEPEST: usize = 256;

/// Reads HTML that the sanitizer wrote: every tag is closed, every attribute quoted.
pub(super) fn read(html: &str) -> Vec<Node> {
    let mut open = vec![Element::default()];
    let mut left_out = 0_usize;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        push_text(&mut open, text);
        let end = end_of(tag);
        let inner = tag.get(1..end).unwrap_or_default();
        rest = tag.get(end + 1..).unwrap_or_default();
        if inner.starts_with('/') {
            if left_out > 0 {
                left_out -= 1;
            } else {
                close(&mut open);
            }
            continue;
        }
        let element = start(inner);
        let empty = EMPTY.contains(&element.name.as_str());
        if !empty && open.len() > DEEPEST {
            left_out += 1;
            continue;
        }
        open.push(element);
        if empty {
            close(&mut open);
        }
    }
    push_text(&mut open, rest);
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|root| root.children).unwrap_or_default()
}

/// Where a tag ends: at the first `>` outside of quotes, since a value may hold one.
fn end_of(tag: &str) -> usize {
    let mut quoted = false;
    let end = tag.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.unwrap_or(tag.len() - 1)
}

fn push_text(open: &mut [Element], text: &str) {
    if !text.is_empty()
        && let Some(last) = open.last_mut()
    {
        last.children.push(Node::Text(text.to_owned()));
    }
}

fn close(open: &mut Vec<Element>) {
    if open.len() > 1
        && let Some(done) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(Node::Element(done));
    }
}

fn start(inner: &str) -> Element {
    let (name, mut rest) = inner.split_once(' ').unwrap_or((inner, ""));
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    while let Some((key, after)) = rest.split_once("=\"") {
        let (value, behind) = after.split_once('"').unwrap_or((after, ""));
        element.set(key.trim(), value);
        rest = behind;
    }
    element
}

/// Elements around which the library puts no line breaks: inline ones, and those that it does not know.
const INLINE: [&str; 44] = [
    "a",
    "abbr",
    "b",
    "big",
    "br",
    "cite",
    "code",
    "del",
    "details",
    "em",
    "figcaption",
    "figure",
    "i",
    "img",
    "ins",
    "kbd",
    "mark",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "u",
    "var",
    "",
    "bdo",
    "dfn",
    "font",
    "label",
    "tt",
    "time",
    "section",
    "article",
    "acronym",
    "aside",
    "bdi",
    "footer",
    "header",
    "nav",
];

fn breaks(name: &str) -> bool {
    !INLINE.contains(&name)
}

/// Writes nodes; line breaks stand between the children of a block where there are several.
pub(super) fn write(nodes: &[Node], parent: &str, out: &mut String) {
    for (index, node) in nodes.iter().enumerate() {
        let Node::Element(element) = node else {
            if let Node::Text(text) = node {
                out.push_str(text);
            }
            continue;
        };
        write_element(element, out);
        let next_is_element = matches!(nodes.get(index + 1), Some(Node::Element(_)));
        if breaks(&element.name) && next_is_element && !parent.is_empty() && !parent.starts_with('p') {
            out.push('\n');
        }
    }
}

fn write_element(element: &Element, out: &mut String) {
    let name = element.name.as_str();
    out.push('<');
    out.push_str(name);
    for (key, value) in &element.attributes {
        out.push_str(&format!(" {key}=\"{value}\""));
    }
    out.push('>');
    if EMPTY.contains(&name) {
        return;
    }
    let several = element.children.len() > 1 && breaks(name) && !name.starts_with('p');
    if several && matches!(element.children.first(), Some(Node::Element(_))) {
        out.push('\n');
    }
    write(&element.children, name, out);
    if several && matches!(element.children.last(), Some(Node::Element(_))) {
        out.push('\n');
    }
    out.push_str(&format!("</{name}>"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_with_several_children_are_broken_into_lines() {
        let written = |html: &str| {
            let mut out = String::new();
            write(&read(html), "", &mut out);
            out
        };
        assert_eq!(written("<dl><dt>t</dt><dd>d</dd></dl>"), "<dl>\n<dt>t</dt>\n<dd>d</dd>\n</dl>");
        assert_eq!(written("<p>a<br>b</p><p>c</p>"), "<p>a<br>b</p><p>c</p>");
        assert_eq!(written("<ul><li>a<ol><li>b</li></ol></li></ul>"), "<ul><li>a<ol><li>b</li></ol>\n</li></ul>");
    }
}
