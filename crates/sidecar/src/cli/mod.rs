//! The command-line verbs, one file each.

pub mod backfill;
pub mod healthcheck;
pub mod history;
pub mod link;
pub mod people;
pub mod retry;
pub mod rule_batch;
pub mod rules;
pub mod troubles;
pub mod unlink;
pub mod webhook_token;

/// A foreign text, safe for a terminal: control characters, line breaks and direction marks are replaced by `?`.
fn plain(text: &str) -> String {
    let unsafe_character = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if unsafe_character(c) { '?' } else { c }).collect()
}
