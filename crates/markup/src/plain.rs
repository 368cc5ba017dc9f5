//! Plain text as blocks.

use serde_json::Value;

use crate::text::{addresses, is_blank, is_control};
use crate::{node, quote};

/// Converts a plain text article to blocks. Blank lines separate paragraphs, bare web addresses become links, and a quoted
/// older mail becomes one `expand`. A text without visible characters gives no blocks.
#[must_use]
pub fn adf_of_text(plain: &str) -> Vec<Value> {
    let clean: String = plain.replace("\r\n", "\n").chars().filter(|letter| !is_control(*letter)).collect();
    let lines: Vec<&str> = clean.split(['\n', '\r']).map(str::trim_end).collect();
    let shown: Vec<usize> = (0..lines.len()).filter(|number| !is_blank(lines[*number])).collect();
    let mut looked_at: Vec<quote::Line> = shown.iter().map(|number| line_of(lines[*number])).collect();
    quote::normalize(&mut looked_at);
    let Some(fold) = quote::folded(&looked_at) else { return paragraphs(&lines) };
    let line_at = |at: usize| shown.get(at).copied().unwrap_or(lines.len());
    let (begin, end) = (line_at(fold.start), line_at(fold.end));
    let mut blocks = paragraphs(&lines[..begin]);
    blocks.push(node::expand("expand", quote::TITLE, paragraphs(&lines[begin..end])));
    blocks.extend(paragraphs(&lines[end..]));
    blocks
}

fn line_of(line: &str) -> quote::Line {
    quote::Line { text: line.trim().to_owned(), is_outermost: true, ..quote::Line::default() }
}

fn paragraphs(lines: &[&str]) -> Vec<Value> {
    lines.split(|line| is_blank(line)).filter(|lines| !lines.is_empty()).map(paragraph).collect()
}

fn paragraph(lines: &[&str]) -> Value {
    let mut content = Vec::new();
    for line in lines {
        if !content.is_empty() {
            content.push(node::hard_break());
        }
        for (piece, is_link) in addresses(line) {
            content.push(if is_link { node::link(piece, piece) } else { node::text(piece) });
        }
    }
    node::paragraph(content)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paragraphs_lines_and_links() {
        let want = json!([
            { "type": "paragraph", "content": [
                { "type": "text", "text": "Hi <b>," }, { "type": "hardBreak" }, { "type": "text", "text": "  see " },
                { "type": "text", "text": "https://a.example/x", "marks": [{ "type": "link", "attrs": { "href": "https://a.example/x" } }] },
                { "type": "text", "text": "." },
            ] },
            { "type": "paragraph", "content": [{ "type": "text", "text": "Mia" }] },
        ]);
        assert_eq!(
            Value::from(adf_of_text("\r\nHi <b>,  \r\n  see https://a.example/x.\r\n \t\r\n\n\u{0}Mia\n")),
            want
        );
        assert!(adf_of_text(" \n\u{200b}\n").is_empty());
    }

    #[test]
    fn the_quoted_end_is_folded() {
        let blocks = adf_of_text("Yes.\n\nOn 3 Nov 2026, Mia wrote:\n> Does it burn?\n>\n> > It does.\n");
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[1]["type"], "expand");
        assert_eq!(
            crate::text_of_adf(&blocks[1]),
            "Quoted text\nOn 3 Nov 2026, Mia wrote:\n> Does it burn?\n>\n> > It does."
        );
    }
}
