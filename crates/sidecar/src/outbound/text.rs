//! An article's HTML as plain text: paragraphs separated by blank lines, lists as dashes, quotes behind `>`.

use ego_tree::iter::Edge;
use scraper::Html;
use scraper::node::Node;

/// Deeper nesting is nobody's layout, and costs the parser time that grows with its square.
const DEEPEST: usize = 500;

/// The text of sanitised HTML. Walks the tree without recursion: nesting is the sender's choice.
pub(super) fn of_html(html: &str) -> String {
    if is_too_deep(html) {
        return without_tags(html);
    }
    let document = Html::parse_fragment(html);
    let mut out = Out::default();
    for edge in document.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) if out.hidden == 0 => out.text(text),
                Node::Element(element) => out.open(element.name(), element.attr("alt")),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    out.close(element.name());
                }
            }
        }
    }
    out.finish()
}

/// Opened and not closed tags, counted from the text; elements that need no end count too, so a body of nothing but line
/// breaks in that number is read without its structure.
fn is_too_deep(html: &str) -> bool {
    let (mut depth, mut rest) = (0usize, html);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name: String = rest.chars().take(6).take_while(char::is_ascii_alphanumeric).collect();
        if rest.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !name.is_empty() && !["br", "img", "hr", "col", "input"].contains(&name.as_str()) {
            depth += 1;
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

fn without_tags(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text).trim());
    pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Cuts a text into parts of at most `most` characters, between paragraphs where it can, else between words, else
/// anywhere.
pub(super) fn parts(text: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.chars().count() > most {
        let end = rest.char_indices().nth(most).map_or(rest.len(), |(end, _)| end);
        let window = &rest[..end];
        let cut = ["\n\n", "\n", " "].iter().find_map(|gap| window.rfind(gap).filter(|at| *at > 0)).unwrap_or(end);
        parts.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    parts.push(rest);
    parts
}

#[derive(Default)]
struct Out {
    text: String,
    pending: usize,
    quotes: usize,
    preformatted: usize,
    hidden: usize,
}

impl Out {
    fn open(&mut self, name: &str, alt: Option<&str>) {
        match name {
            "script" | "style" | "head" | "template" => self.hidden += 1,
            "br" => self.pending = self.pending.max(1),
            "blockquote" => {
                self.gap();
                self.quotes += 1;
            }
            "pre" => {
                self.gap();
                self.preformatted += 1;
            }
            "li" => {
                self.pending = self.pending.max(1);
                self.put("- ");
            }
            "tr" => self.pending = self.pending.max(1),
            "td" | "th" if !self.at_line_start() => self.put(" | "),
            "hr" => {
                self.gap();
                self.put("---");
                self.gap();
            }
            "img" => self.put(&format!("[{}]", alt.filter(|alt| !alt.trim().is_empty()).unwrap_or("image"))),
            name if is_block(name) => self.gap(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "script" | "style" | "head" | "template" => self.hidden = self.hidden.saturating_sub(1),
            "blockquote" => {
                self.gap();
                self.quotes = self.quotes.saturating_sub(1);
            }
            "pre" => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.gap();
            }
            name if is_block(name) => self.gap(),
            _ => {}
        }
    }

    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.pending = 2;
        }
    }

    fn at_line_start(&self) -> bool {
        self.pending > 0 || self.text.is_empty() || self.text.ends_with("- ")
    }

    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.pending = self.pending.max(1);
                }
                self.put(line);
            }
            return;
        }
        let blank_first = text.starts_with(is_space);
        for (number, word) in text.split(is_space).filter(|word| !word.is_empty()).enumerate() {
            if (number > 0 || blank_first) && !self.at_line_start() && !self.text.ends_with(' ') {
                self.text.push(' ');
            }
            self.put(word);
        }
        if text.ends_with(is_space) && !self.at_line_start() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    /// Writes the line breaks that are due, the quote marks of a new line, and the text.
    fn put(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let begins = self.text.is_empty();
        if self.pending > 0 && !begins {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push_str(if self.pending > 1 { "\n\n" } else { "\n" });
        }
        if (self.pending > 0 || begins) && self.quotes > 0 {
            self.text.push_str(&"> ".repeat(self.quotes.min(8)));
        }
        self.pending = 0;
        self.text.push_str(text);
    }

    fn finish(self) -> String {
        self.text.trim().to_owned()
    }
}

fn is_space(c: char) -> bool {
    c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\u{a0}'
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "ul"
            | "ol"
            | "table"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "dl"
            | "figure"
            | "details"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn structure_survives_as_text() {
        let cases = [
            ("<p>Dear team,</p><p>the <b>blue</b> printer<br>burns.</p>", "Dear team,\n\nthe blue printer\nburns."),
            ("<ul><li>one</li><li>two <i>and</i> a half</li></ul>after", "- one\n- two and a half\n\nafter"),
            (
                "<div>a</div><blockquote><p>quoted</p><blockquote>twice</blockquote></blockquote>b",
                "a\n\n> quoted\n\n> > twice\n\nb",
            ),
            ("<pre>x = 1\n  y</pre>", "x = 1\n  y"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"),
            ("a &lt; b &amp; c&nbsp;d<script>alert(1)</script>", "a < b & c d"),
            ("<img src=\"cid:1\" alt=\"logo\">text<img src=x>", "[logo]text[image]"),
            ("plain", "plain"),
            ("", ""),
            ("<p>  </p><p></p>", ""),
        ];
        for (html, want) in cases {
            assert_eq!(of_html(html), want, "{html}");
        }
    }

    #[test]
    fn deep_nesting_does_not_use_up_the_stack() {
        let deep = "<div>".repeat(50_000) + "x";
        assert_eq!(of_html(&deep), "x");
        let wide = "<p>a<br>b</p>".repeat(20_000);
        assert!(of_html(&wide).starts_with("a\nb\n\na\nb"));
    }

    proptest! {
        #[test]
        fn parts_are_short_enough_and_lose_no_word(text in "([a-zäß🙂]{1,12}[ \n]{1,2}){0,80}", most in 12usize..60) {
            let parts = parts(&text, most);
            prop_assert!(parts.iter().all(|part| part.chars().count() <= most));
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(parts.iter().flat_map(|part| words(part)).collect::<Vec<_>>(), words(&text));
        }

        #[test]
        fn nothing_panics(html in any::<String>()) {
            let _ = of_html(&html);
        }
    }
}
