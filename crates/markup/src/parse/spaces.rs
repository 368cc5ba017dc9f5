//! Replaces significant white space (`white-space: pre-wrap`) by `<br>` and no-break spaces, so that the rest of the crate
//! can ignore white space. The same is done for a whole mail in a `<pre>`, as some mail programs send it, but not for code.

use html5ever::LocalName;

use super::tags;
use super::tree::{Element, Id, Node, Tree};
use crate::prose::is_prose;
use crate::text::is_blank;

/// How the white space in an element's text is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    /// Blanks and line breaks collapse to one blank.
    Collapse,
    /// Line breaks are kept, blanks collapse.
    Lines,
    /// Blanks and line breaks are kept.
    Keep,
    /// Code, which stays as it is.
    Code,
}

/// Replaces significant white space in the whole tree.
pub(super) fn rewrite(tree: &mut Tree) {
    children(tree, Tree::BODY, Space::Collapse);
}

fn children(tree: &mut Tree, id: Id, around: Space) {
    let mut written = Vec::new();
    for child in tree.children(id).to_vec() {
        match tree.node(child) {
            // White space between the parts of a table or a list is never shown.
            Node::Text(text) if is_blank(text) && (tags::is_table_frame(tree.name(id))) => {}
            Node::Text(text) if matches!(around, Space::Lines | Space::Keep) && has_spaces(text) => {
                let text = text.clone();
                lines(tree, &text, around, &mut written);
                continue;
            }
            Node::Element(element) => {
                let space = space_of(tree, child, element, around);
                let is_mail = space == Space::Keep && &*element.name == "pre";
                children(tree, child, space);
                if is_mail {
                    rename(tree, child, "p");
                }
            }
            _ => {}
        }
        written.push(child);
    }
    if let Some(Node::Element(element)) = tree.nodes.get_mut(id) {
        element.children = written;
    }
}

fn space_of(tree: &Tree, id: Id, element: &Element, around: Space) -> Space {
    let is_code = matches!(&*element.name, "pre" | "listing" | "xmp");
    if is_code || around == Space::Code {
        let is_mail = around != Space::Code && element.attribute("title").is_none() && is_mail(tree, id);
        return if is_mail { Space::Keep } else { Space::Code };
    }
    match element.style("white-space") {
        Some("pre" | "pre-wrap" | "break-spaces") => Space::Keep,
        Some("pre-line") => Space::Lines,
        Some("normal" | "nowrap") => Space::Collapse,
        _ => around,
    }
}

/// Whether a `pre` contains sentences, and neither a `code` nor blocks.
fn is_mail(tree: &Tree, id: Id) -> bool {
    let plain = |child: &Id| match tree.node(*child) {
        Node::Text(_) => true,
        Node::Element(element) => matches!(&*element.name, "a" | "br" | "span"),
        Node::Break => false,
    };
    tree.children(id).iter().all(plain) && is_prose(&tree.text(id))
}

fn has_spaces(text: &str) -> bool {
    text.contains(['\n', '\t']) || text.contains("  ")
}

fn lines(tree: &mut Tree, text: &str, space: Space, written: &mut Vec<Id>) {
    let last = text.matches('\n').count();
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            let name = LocalName::from("br");
            tree.nodes.push(Node::Element(Element { name, attributes: Vec::new(), children: Vec::new() }));
            written.push(tree.nodes.len() - 1);
        }
        if !line.is_empty() {
            tree.nodes.push(Node::Text(match space {
                Space::Keep => kept(if number < last { line.trim_end() } else { line }, number > 0),
                _ => line.to_owned(),
            }));
            written.push(tree.nodes.len() - 1);
        }
    }
}

/// A piece of a line with no-break spaces for blanks, except for single blanks between words.
fn kept(piece: &str, begins_line: bool) -> String {
    let mut kept = String::with_capacity(piece.len());
    let mut blanks = 0;
    let end = |kept: &mut String, blanks: usize| {
        let is_one = blanks == 1 && !(begins_line && kept.is_empty());
        (0..blanks).for_each(|_| kept.push(if is_one { ' ' } else { '\u{a0}' }));
    };
    for letter in piece.chars() {
        match letter {
            ' ' => blanks += 1,
            '\t' => blanks += 4,
            letter => {
                end(&mut kept, std::mem::take(&mut blanks));
                kept.push(letter);
            }
        }
    }
    end(&mut kept, blanks);
    kept
}

fn rename(tree: &mut Tree, id: Id, name: &str) {
    if let Some(Node::Element(element)) = tree.nodes.get_mut(id) {
        element.name = LocalName::from(name);
    }
}
