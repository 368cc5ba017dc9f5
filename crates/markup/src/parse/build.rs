//! Builds the tree from tokens, with a bounded stack of open elements and the parts of the HTML standard that mails need.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::{LocalName, TokenizerResult};

use super::tags;
use super::tree::{DEEPEST, Element, Id, Node, Tree};

/// The most formatting elements that are opened again behind the end tag of an element around them.
const MOST_REOPENED: usize = 8;

pub(super) fn tree(html: &str) -> Tree {
    let tokens = Tokenizer::new(Sink(RefCell::new(Builder::new())), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // The tokeniser pauses after scripts and where a document names its encoding; neither is of interest here.
    while !matches!(tokens.feed(&input), TokenizerResult::Done) {}
    tokens.end();
    Tree { nodes: tokens.sink.0.into_inner().nodes }
}

struct Sink(RefCell<Builder>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut builder = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return builder.start(tag),
            Token::TagToken(tag) => builder.end(&tag.name),
            Token::CharacterTokens(text) => builder.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

struct Builder {
    nodes: Vec<Node>,
    /// The open elements from the body to the innermost; never empty.
    open: Vec<Id>,
    /// The number of further open elements, which are nested too deep to be in the tree.
    beyond: usize,
    /// Inside a script, a style sheet or a title.
    hidden: bool,
    /// The next text is right behind `<pre>`, where a line break is ignored.
    skip_newline: bool,
}

impl Builder {
    fn new() -> Self {
        let body = Element { name: LocalName::from("body"), attributes: Vec::new(), children: Vec::new() };
        Self { nodes: vec![Node::Element(body)], open: vec![Tree::BODY], beyond: 0, hidden: false, skip_newline: false }
    }

    fn start(&mut self, tag: Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        match name {
            "script" | "style" => {
                self.hidden = true;
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            "title" | "textarea" => {
                self.hidden = name == "title";
                return TokenSinkResult::RawData(RawKind::Rcdata);
            }
            name if tags::is_frame(name) => return TokenSinkResult::Continue,
            _ => {}
        }
        let (is_void, is_block) = (tags::is_void(name), tags::is_block(name));
        if self.beyond == 0 {
            self.end_implied(name);
        }
        if !is_void && (self.beyond > 0 || self.open.len() >= DEEPEST) {
            self.beyond += 1;
            self.break_line(is_block);
            return TokenSinkResult::Continue;
        }
        self.skip_newline = matches!(name, "pre" | "listing");
        let id = self.append(Node::Element(Element { name: tag.name, attributes: tag.attrs, children: Vec::new() }));
        if !is_void {
            self.open.push(id);
        }
        TokenSinkResult::Continue
    }

    /// Closes the elements that end when an element of this name begins.
    fn end_implied(&mut self, name: &str) {
        let (ended, walls) = tags::ended_by(name);
        // Several may be open, such as an item and a paragraph in it. The outermost one is closed, and so all of them.
        let open = self.open.iter().enumerate().skip(1).rev();
        let near = open.take_while(|(_, id)| !walls.contains(&self.name(**id)));
        if let Some((at, _)) = near.filter(|(_, id)| ended.contains(&self.name(**id))).last() {
            self.open.truncate(at);
        }
    }

    fn end(&mut self, name: &LocalName) {
        if self.hidden {
            self.hidden = false;
        } else if &**name == "br" {
            self.append(Node::Element(Element { name: name.clone(), attributes: Vec::new(), children: Vec::new() }));
        } else if tags::is_frame(name) || tags::is_void(name) || &**name == "textarea" {
            // No element was opened for these.
        } else if self.beyond > 0 {
            self.beyond -= 1;
            self.break_line(tags::is_block(name));
        } else {
            self.close(name);
        }
    }

    fn close(&mut self, name: &str) {
        let is_wall = |open: &str| if tags::is_table_part(name) { open == "table" } else { tags::is_wall(open) };
        for at in (1..self.open.len()).rev() {
            let open = self.name(self.open[at]);
            if open == name {
                let inner = self.open.split_off(at);
                if tags::is_formatting(name) {
                    self.reopen(&inner[1..]);
                }
                return;
            }
            if is_wall(open) {
                return;
            }
        }
    }

    /// Opens formatting elements again that were closed too early: in `<b>a<i>b</b>c</i>`, `c` is in an `i` too.
    fn reopen(&mut self, inner: &[Id]) {
        let formatting = |id: &Id| tags::is_formatting(self.name(*id));
        if inner.len() > MOST_REOPENED || !inner.iter().all(formatting) {
            return;
        }
        for id in inner {
            let name = LocalName::from(self.name(*id));
            let again = self.append(Node::Element(Element { name, attributes: Vec::new(), children: Vec::new() }));
            self.open.push(again);
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden {
            return;
        }
        let text = if std::mem::take(&mut self.skip_newline) { text.strip_prefix('\n').unwrap_or(text) } else { text };
        let clean = text.chars().filter(|letter| !crate::text::is_control(*letter));
        let last = self.children().and_then(|children| children.last().copied());
        if let Some(Node::Text(before)) = last.and_then(|last| self.nodes.get_mut(last)) {
            before.extend(clean);
        } else {
            let text: String = clean.collect();
            if !text.is_empty() {
                self.append(Node::Text(text));
            }
        }
    }

    fn break_line(&mut self, is_block: bool) {
        let last = self.children().and_then(|children| children.last().copied());
        if is_block && !matches!(last.map(|last| &self.nodes[last]), Some(Node::Break)) {
            self.append(Node::Break);
        }
    }

    fn append(&mut self, node: Node) -> Id {
        let id = self.nodes.len();
        self.nodes.push(node);
        if let Some(children) = self.children() {
            children.push(id);
        }
        id
    }

    /// The children of the innermost open element.
    fn children(&mut self) -> Option<&mut Vec<Id>> {
        match self.open.last().and_then(|id| self.nodes.get_mut(*id)) {
            Some(Node::Element(element)) => Some(&mut element.children),
            _ => None,
        }
    }

    fn name(&self, id: Id) -> &str {
        match &self.nodes[id] {
            Node::Element(element) => &element.name,
            _ => "",
        }
    }
}
