//! Converts the parsed tree to blocks in one walk. Each element writes into the [`Flow`] of its container. An element that
//! is not allowed in its container is replaced by its content.

mod blocks;
mod flow;
mod layout;
mod line;
mod lists;
mod marks;
mod pictures;
mod tables;

use std::collections::HashSet;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::parse::{self, Element, Id, Node, Tree, tags};
use crate::quote::Fold;
use crate::text::Target;
use crate::{node, plain, quote, text};
use flow::{Flow, Place};
use marks::Marks;

pub(crate) use blocks::is_language;

/// Characters of a mentioned person's name.
const MOST_NAME: usize = 200;

/// The caller's knowledge of pictures and people in an article. The default methods know nothing.
pub trait Resolve {
    /// Takes the `src` of a picture; returns the file in Jira. For `None`, the text `[image: alt]` is written instead.
    fn image(&self, _src: &str) -> Option<Media> {
        None
    }

    /// Takes the id of a mentioned Zammad user (`data-mention-user-id`); returns the Atlassian account. For `None`, the name
    /// is written as text.
    fn account(&self, _user_id: &str) -> Option<String> {
        None
    }
}

impl Resolve for () {}

/// A file of Jira's media services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Its id there, not empty.
    pub id: String,
    /// Alternative text; the HTML's own `alt` if absent.
    pub alt: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
}

/// Converts HTML, as Zammad stores it after sanitising (docs/platforms/zammad.md §3), to blocks. Any other HTML is accepted
/// too. A quoted older mail becomes one `expand`. A body without visible content gives no blocks.
#[must_use]
pub fn adf_of_html(html: &str, resolve: &dyn Resolve) -> Vec<Value> {
    if parse::is_crowded(html) {
        return plain::adf_of_text(&parse::without_tags(html));
    }
    let tree = Tree::parse(html);
    let layout = layout::layout_tables(&tree);
    let fold = quote::fold(&tree, &layout);
    let walk = Walk { tree: &tree, layout, fold, resolve };
    let mut flow = Flow::new(Place::Top);
    walk.children(Tree::BODY, &Context::default(), &mut flow);
    flow.finish()
}

struct Walk<'a> {
    tree: &'a Tree,
    /// Tables that only arrange what is in them.
    layout: HashSet<Id>,
    /// The part of the mail that is a copy of an older one.
    fold: Option<Fold>,
    resolve: &'a dyn Resolve,
}

#[derive(Clone, Default)]
struct Context {
    marks: Marks,
    /// The number of lists around the node.
    lists: usize,
    /// Inside the outermost blockquote of the folded part. That one is not written, because the expand replaces it.
    quoted: bool,
}

impl Walk<'_> {
    fn children(&self, id: Id, context: &Context, flow: &mut Flow) {
        for child in self.tree.children(id) {
            self.node(*child, context, flow);
        }
    }

    fn node(&self, id: Id, context: &Context, flow: &mut Flow) {
        if self.fold.is_some_and(|fold| fold.begin == id) && flow.place == Place::Top {
            flow.fold();
        } else if self.fold.is_some_and(|fold| fold.end == Some(id)) {
            flow.end_fold();
        }
        match self.tree.node(id) {
            Node::Text(text) => flow.text(text, &context.marks),
            Node::Break => flow.end_line(),
            Node::Element(element) => self.element(id, element, context, flow),
        }
    }

    fn element(&self, id: Id, element: &Element, context: &Context, flow: &mut Flow) {
        let colored = context.marks.with_colors(element).map(|marks| Context { marks, ..context.clone() });
        let context = colored.as_ref().unwrap_or(context);
        match &*element.name {
            "br" => flow.line_break(),
            "hr" if flow.place.takes_rules() => flow.block(json!({ "type": "rule" })),
            "img" => self.picture(element, context, flow),
            "a" => self.link(id, element, context, flow),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(id, element, context, flow),
            "ul" | "ol" | "menu" | "dir" => self.list(id, element, context, flow),
            "dt" => self.spaced(id, &context.with_mark("b"), flow),
            "dd" => self.spaced(id, context, flow),
            "blockquote" => self.quote(id, context, flow),
            "pre" | "listing" | "xmp" => self.code(id, element, context, flow),
            "table" => self.table(id, context, flow),
            "details" => self.expand(id, context, flow),
            name if tags::is_spaced(name) => self.spaced(id, context, flow),
            name if tags::is_block(name) => {
                flow.end_line();
                self.children(id, context, flow);
                flow.end_line();
            }
            name if tags::is_formatting(name) || name == "dfn" => self.children(id, &context.with_mark(name), flow),
            _ => self.children(id, context, flow),
        }
    }

    fn spaced(&self, id: Id, context: &Context, flow: &mut Flow) {
        flow.end_paragraph();
        self.children(id, context, flow);
        flow.end_paragraph();
    }

    fn link(&self, id: Id, element: &Element, context: &Context, flow: &mut Flow) {
        if let Some(account) = element.attribute("data-mention-user-id").and_then(|user| self.resolve.account(user)) {
            let name = self.line_of(id, context).0.map(|content| crate::text_of_adf(&node::paragraph(content)));
            let name = name.as_deref().map_or("", |name| text::cut(name, MOST_NAME)).trim_start_matches('@');
            let attrs = if name.is_empty() {
                json!({ "id": account })
            } else {
                json!({ "id": account, "text": format!("@{name}") })
            };
            flow.line.node(json!({ "type": "mention", "attrs": attrs }));
            return;
        }
        let mut inner = context.clone();
        let target = element.attribute("href").map_or(Target::Nothing, text::target);
        if let Target::Link(href) = &target {
            inner.marks.link = Some(Rc::from(&**href));
        }
        self.children(id, &inner, flow);
        if let Target::Text(address) = target {
            let shown = self.tree.text(id);
            if !text::is_blank(&shown) && !text::names(&shown, address) {
                flow.text(&format!(" ({address})"), &context.marks);
            }
        }
    }

    /// The inline content of an element, and the pictures in it.
    fn line_of(&self, id: Id, context: &Context) -> (Option<Vec<Value>>, Vec<Value>) {
        let mut line = Flow::new(Place::Line);
        self.children(id, context, &mut line);
        line.finish_line()
    }
}

impl Context {
    fn with_mark(&self, name: &str) -> Self {
        Self { marks: self.marks.with(name), ..self.clone() }
    }
}
