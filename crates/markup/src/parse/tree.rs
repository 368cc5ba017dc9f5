//! The parsed document: elements, texts and their order.

use html5ever::{Attribute, LocalName};

/// Levels of elements. Newsletters need about a hundred; what is nested deeper keeps its text and its line breaks.
/// Everything that walks the tree may call itself, because of this bound.
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

    pub(crate) fn children(&self, id: Id) -> &[Id] {
        self.element(id).map_or(&[], |element| &element.children)
    }
}
