//! Converts Jira's document to the HTML of a note. It uses only what Zammad's sanitiser keeps (docs/platforms/zammad.md §3):
//! no classes, and no styles but colours.

mod blocks;
mod inline;
mod lists;
mod tables;

use serde_json::Value;

use crate::to_text::text_of_adf;

/// Nodes nested deeper are written as plain text. Documents made in Jira are far less deep.
const DEEPEST: usize = 60;

/// Levels of indentation; Jira's editor stops at six.
const MOST_INDENTATION: u64 = 6;

/// How a file of Jira is shown in a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A data URI, `data:image/…;base64,…`. Zammad makes an attachment of it and shows the picture. Any other text is
    /// ignored, as if there were no answer.
    Picture(String),
    /// Its name, after an attachment symbol.
    Name(String),
}

/// Converts a document of Jira, or any node of one, to the HTML body of a note. `media` takes the attributes of a file's node
/// and returns what to show for it; for `None`, the file's `alt` is shown, or "attachment".
#[must_use]
pub fn html_of_adf(doc: &Value, media: &dyn Fn(&Value) -> Option<Shown>) -> String {
    let mut writer = Writer { out: String::new(), media };
    writer.node(doc, 0);
    writer.out
}

/// Returns the text with all characters escaped that have a meaning in HTML, and without control characters.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text);
    out
}

fn push_escaped(out: &mut String, text: &str) {
    for letter in text.chars().filter(|letter| !crate::text::is_control(*letter)) {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
}

struct Writer<'a> {
    out: String,
    media: &'a dyn Fn(&Value) -> Option<Shown>,
}

impl Writer<'_> {
    fn escaped(&mut self, text: &str) {
        push_escaped(&mut self.out, text);
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value);
            self.out.push('"');
        }
        self.out.push('>');
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn too_deep(&mut self, node: &Value) {
        self.escaped(&text_of_adf(node));
    }
}
