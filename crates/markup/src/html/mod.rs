//! From Jira's document to the HTML of a note: only what Zammad's sanitiser keeps (docs/platforms/zammad.md §3), so nothing
//! that needs a class, and no style but colours.

mod blocks;
mod inline;
mod tables;

use serde_json::Value;

use crate::to_text::text_of_adf;

/// Deeper nodes are written as their text. Jira's own documents have a fraction of it.
const DEEPEST: usize = 60;

/// Levels of indentation; Jira's editor stops at six.
const MOST_INDENTATION: u64 = 6;

/// How a file of Jira is shown in a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// `data:image/…;base64,…`: Zammad makes an attachment of it and shows the picture. Any other text counts as none.
    Picture(String),
    /// Its name, after an attachment symbol.
    Name(String),
}

/// The body of a note for a document of Jira's or a part of one. `media` is asked for each file with the node's attributes
/// and says what to show; without an answer it is the file's `alt`, or "attachment".
#[must_use]
pub fn html_of_adf(doc: &Value, media: &dyn Fn(&Value) -> Option<Shown>) -> String {
    let mut writer = Writer { out: String::new(), media };
    writer.node(doc, 0);
    writer.out
}

struct Writer<'a> {
    out: String,
    media: &'a dyn Fn(&Value) -> Option<Shown>,
}

impl Writer<'_> {
    /// Text, and nothing but text.
    fn escaped(&mut self, text: &str) {
        for letter in text.chars().filter(|letter| !crate::text::is_control(*letter)) {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                letter => self.out.push(letter),
            }
        }
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
