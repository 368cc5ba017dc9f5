//! Verbs of the command line, one file each.

pub mod backfill;
pub mod healthcheck;
pub mod history;
pub mod link;
pub mod people;
pub mod rules;
pub mod troubles;

/// A text from elsewhere as a terminal may show it: one line that steers nothing. Characters that only change the direction
/// of others are among those replaced.
fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '?' } else { c }).collect()
}
