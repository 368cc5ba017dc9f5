//! Converts between Zammad's HTML and Jira's document format (ADF). Pure: no network, no clock, no state.
//!
//! ```text
//! Zammad's HTML ─ parse ─► tree ─ quote (which part is a copy of an older mail) ─ adf ─► blocks ─ split ─► documents ► Jira
//! Jira's document ─ html ─► HTML of a note ► Zammad
//!                 └ to_text ─► plain text
//! ```
//!
//! - [`adf_of_html`] and [`adf_of_text`] make blocks of an article's body, [`document`] makes a document of blocks, and
//!   [`split`] several that are short enough for Jira.
//! - [`html_of_adf`] makes the body of a note, [`text_of_adf`] plain text; [`escape`] makes text safe inside HTML.
//!
//! Guarantees:
//!
//! - Every document is valid by Atlassian's published schema.
//! - No text is lost. What the other side cannot show keeps its text and loses its formatting.
//! - Text never becomes markup. Only `http`, `https`, `mailto` and `tel` addresses become links.
//! - No word of a mail's author is folded (see `quote`).
//! - Time and memory grow linearly with the input, and recursion has a fixed depth limit.

mod adf;
mod color;
mod html;
mod leaf;
mod node;
mod parse;
mod plain;
mod prose;
mod quote;
mod split;
mod text;
mod to_text;

pub use adf::{Media, Resolve, adf_of_html};
pub use html::{Shown, escape, html_of_adf};
pub use node::document;
pub use plain::adf_of_text;
pub use split::split;
pub use to_text::text_of_adf;
