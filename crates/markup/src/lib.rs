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
//! - [`html_of_adf`] makes the body of a note, [`text_of_adf`] plain text.
//!
//! Guarantees: every document is valid by Atlassian's published schema; nothing that is text gets lost, it
//! loses its form at worst; text never becomes markup, and only addresses of the web, mailboxes and telephones become links;
//! time and memory grow with the length of the input, and nothing recurses deeper than a fixed bound.

mod adf;
mod color;
mod html;
mod node;
mod parse;
mod plain;
mod prose;
mod quote;
mod split;
mod text;
mod to_text;

pub use adf::{Media, Resolve, adf_of_html};
pub use html::{Shown, html_of_adf};
pub use node::document;
pub use plain::adf_of_text;
pub use split::split;
pub use to_text::text_of_adf;
