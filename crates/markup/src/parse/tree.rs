//! The parsed document: elements, texts and their order.

use html5ever::{Attribute, LocalName};

/// The deepest level of elements in the tree. Newsletters reach about a hundred. Deeper elements are left out, but their
/// text and line breaks are kept. Because of this limit, functions may walk the tree recursively.
pub(super) const DEEPEST: usize = 160;

/// A node's place in [`Tree`].
pub(crate) type Id = usize;

/// A node of the parsed document.
#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
    /// A block that is nested too deep begins or ends here.
    Break,
}

#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: LocalName,
    pub(super) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Id>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
    }

    /// A whole number in an attribute.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.attribute(name)?.trim().parse().ok()
    }
}

/// A parsed document. Node 0 is the body.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(super) nodes: Vec<Node>,
}

impl Tree {
    pub(crate) const BODY: Id = 0;

    pub(crate) fn node(&self, id: Id) -> &Node {
        // Ids come from this tree only.
        &self.nodes[id]
    }

    pub(crate) fn element(&self, id: Id) -> Option<&Element> {
        match self.node(id) {
            Node::Element(element) => Some(element),
            _ => None,
        }
    }

    pub(crate) fn name(&self, id: Id) -> &str {
        self.element(id).map_or("", |element| &element.name)
    }

    /// Whether anything in a node can be seen.
    pub(crate) fn shows(&self, id: Id) -> bool {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            match self.node(id) {
                Node::Text(text) if !crate::text::is_blank(text) => return true,
                Node::Element(element) if &*element.name == "img" && !element.is_invisible_picture() => return true,
                _ => open.extend(self.children(id)),
            }
        }
        false
    }

    /// All text in a node.
    pub(crate) fn text(&self, id: Id) -> String {
        let (mut text, mut open) = (String::new(), vec![id]);
        while let Some(id) = open.pop() {
            if let Node::Text(piece) = self.node(id) {
                text.push_str(piece);
            }
            open.extend(self.children(id).iter().rev());
        }
        text
    }

    pub(crate) fn children(&self, id: Id) -> &[Id] {
        self.element(id).map_or(&[], |element| &element.children)
    }
}
