//! Headings, quotes, code blocks and `details`.

use super::flow::{Flow, Place};
use super::{Context, Walk, pictures};
use crate::parse::{Element, Id, Node, tags};
use crate::text::Target;
use crate::{node, text};

/// Characters of an expand's title. A longer title is repeated in full in the first paragraph.
const MOST_TITLE: usize = 200;

impl Walk<'_> {
    pub(super) fn heading(&self, id: Id, element: &Element, context: &Context, flow: &mut Flow) {
        if !flow.place.takes_headings() {
            return self.spaced(id, &context.with_mark("b"), flow);
        }
        let level = element.name[1..].parse().unwrap_or(1);
        let (content, pictures) = self.line_of(id, context);
        flow.blocks(content.map(|content| node::heading(level, content)).into_iter().chain(pictures).collect());
    }

    pub(super) fn quote(&self, id: Id, context: &Context, flow: &mut Flow) {
        if flow.is_folding() && !context.quoted {
            return self.spaced(id, &Context { quoted: true, ..context.clone() }, flow);
        }
        if !flow.place.takes_quotes() {
            flow.end_paragraph();
            flow.line.quotes += 1;
            self.children(id, context, flow);
            flow.end_paragraph();
            flow.line.quotes -= 1;
            return;
        }
        let mut inner = Flow::new(Place::Quote { tables: flow.place.takes_tables() });
        self.children(id, context, &mut inner);
        let mut quoted = Vec::new();
        for block in inner.finish() {
            if node::kind(&block) != "table" {
                quoted.push(block);
                continue;
            }
            if !quoted.is_empty() {
                flow.block(node::container("blockquote", std::mem::take(&mut quoted)));
            }
            flow.block(block);
        }
        if !quoted.is_empty() {
            flow.block(node::container("blockquote", quoted));
        }
    }

    pub(super) fn code(&self, id: Id, element: &Element, context: &Context, flow: &mut Flow) {
        if !flow.place.takes_code() {
            return self.spaced(id, &context.with_mark("code"), flow);
        }
        let mut code = String::new();
        self.raw_text(id, &mut code);
        let code = code.trim_matches('\n').trim_end();
        if !text::is_blank(code) {
            let language = element.attribute("title").filter(|title| is_language(title));
            flow.block(node::code_block(code, language));
        }
    }

    /// Appends the text of a preformatted element, with its white space.
    fn raw_text(&self, id: Id, out: &mut String) {
        for child in self.tree.children(id) {
            match self.tree.node(*child) {
                Node::Text(text) => out.push_str(text),
                Node::Break => end_raw_line(out),
                Node::Element(element) if &*element.name == "br" => out.push('\n'),
                Node::Element(element) if &*element.name == "img" => out.push_str(&pictures::fallback(element)),
                Node::Element(element) if &*element.name == "a" => {
                    let from = out.len();
                    self.raw_text(*child, out);
                    let target = element.attribute("href").map_or(Target::Nothing, text::target);
                    if let Some(address) = target.address().filter(|address| !text::names(&out[from..], address)) {
                        out.push_str(&format!(" ({address})"));
                    }
                }
                Node::Element(element) => {
                    let is_block = tags::is_block(&element.name);
                    if is_block {
                        end_raw_line(out);
                    }
                    self.raw_text(*child, out);
                    if is_block {
                        end_raw_line(out);
                    }
                }
            }
        }
    }

    pub(super) fn expand(&self, id: Id, context: &Context, flow: &mut Flow) {
        let summary = self.tree.children(id).iter().copied().find(|child| self.tree.name(*child) == "summary");
        let Some((kind, place)) = flow.place.expand() else {
            flow.end_paragraph();
            for child in self.tree.children(id) {
                let is_title = summary == Some(*child);
                let context = if is_title { context.with_mark("b") } else { context.clone() };
                self.node(*child, &context, flow);
                if is_title {
                    flow.end_paragraph();
                }
            }
            return flow.end_paragraph();
        };
        let (title, pictures) = summary.map_or((None, Vec::new()), |summary| self.line_of(summary, context));
        let one_line = |text: String| text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        let whole = title.as_ref().map(|content| one_line(crate::text_of_adf(&node::paragraph(content.clone()))));
        let title_text = whole.as_deref().unwrap_or_default();
        let short = text::cut(title_text, MOST_TITLE);
        let mut inner = Flow::new(place);
        if short.len() < title_text.len() {
            inner.blocks(title.map(node::paragraph).into_iter().collect());
        }
        inner.blocks(pictures);
        for child in self.tree.children(id).iter().filter(|child| summary != Some(**child)) {
            self.node(*child, context, &mut inner);
        }
        let content = inner.finish();
        if !content.is_empty() || !title_text.is_empty() {
            flow.block(node::expand(kind, short.trim_end(), content));
        }
    }
}

fn end_raw_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// Whether this can be the name of a programming language. [`crate::html_of_adf`] writes the language as the block's title.
pub(crate) fn is_language(name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '#' | '-' | '_' | '.' | '/');
    !name.is_empty() && name.len() <= 40 && name.chars().all(is_part)
}
