//! Where the quoted end of a mail begins: what the answer stands above, and every mail of a thread repeats. It is looked for
//! in lines, because mail programs agree on nothing but the words, and Zammad takes away the classes that some leave.
//!
//! The end counts only if it is the end: an answer between quotes, or below one, is never hidden.

mod line;
mod lines;
mod words;

use std::collections::HashSet;

use crate::parse::{Id, Tree};
pub(crate) use line::Line;

/// Title of the folded end in Jira.
pub(crate) const TITLE: &str = "Quoted text";

/// An introduction wraps over at most so many lines.
const MOST_WRAPPED: usize = 3;

/// The node from which on everything is quoted.
pub(crate) fn begins_at(tree: &Tree, layout: &HashSet<Id>) -> Option<Id> {
    let (lines, nodes) = lines::of(tree, layout);
    nodes.get(begins(&lines)?).copied()
}

/// The number of the line from which on everything is quoted. Never the first: a mail that is nothing but a quote is shown.
pub(crate) fn begins(lines: &[Line]) -> Option<usize> {
    let last_own = lines.iter().rposition(|line| !line.is_quoted)?;
    (1..lines.len()).find(|at| {
        let (line, rest) = (&lines[*at], &lines[*at..]);
        line.is_outermost
            && (line.is_marked
                || words::is_separator(&line.text)
                || words::is_header(rest.iter().map(|line| line.text.as_str()))
                || (line.is_cited && *at > last_own)
                || introduces(rest, last_own.saturating_sub(*at)))
    })
}

/// "On Monday, Mia wrote:" and then nothing but quoted lines. `last_own` is the last line that is not one.
fn introduces(lines: &[Line], last_own: usize) -> bool {
    if last_own >= MOST_WRAPPED || last_own + 1 >= lines.len() || lines[0].is_quoted {
        return false;
    }
    let introduction: Vec<&str> = lines[..=last_own].iter().map(|line| line.text.as_str()).collect();
    (last_own == 0 || words::begins_introduction(introduction[0])) && words::is_introduction(&introduction.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `>` quoted, `*` marked, `!` not outermost.
    fn find(lines: &[&str]) -> Option<usize> {
        let line = |text: &&str| Line {
            text: text.trim_start_matches(['*', '!']).to_owned(),
            is_outermost: !text.starts_with('!'),
            is_quoted: text.starts_with('>'),
            is_cited: false,
            is_marked: text.starts_with('*'),
        };
        begins(&lines.iter().map(line).collect::<Vec<_>>())
    }

    #[test]
    fn ends_of_mails_are_found() {
        assert_eq!(find(&["Hi", "On Mon, 3 Nov 2026 at 10:00, Mia <m@x.example> wrote:", "> a", "> b"]), Some(1));
        assert_eq!(find(&["Hi", "On Mon, 3 Nov 2026 at 10:00,", "Mia <m@x.example> wrote:", "> a"]), Some(1));
        assert_eq!(find(&["Hallo", "Gruß", "Am 03.11.26 um 10:00 schrieb Mia:", "> a"]), Some(2));
        assert_eq!(find(&["Hi", "-----Original Message-----", "anything"]), Some(1));
        assert_eq!(find(&["Hi", "From: Mia", "Sent: Monday", "To: Bob", "Subject: x", "text"]), Some(1));
        assert_eq!(find(&["Hi", "Von: Mia", "Gesendet: Montag", "An: Bob", "Betreff: x", "text"]), Some(1));
        assert_eq!(find(&["Hi", "*-- ", "Mia"]), Some(1));
    }

    #[test]
    fn the_rest_is_shown() {
        for lines in [
            &["On Mon, 3 Nov 2026, Mia wrote:", "> a"][..],
            &["Hi", "On Mon, 3 Nov 2026, Mia wrote:", "> a", "My answer"],
            &["Hi", "On Mon, 3 Nov 2026, Mia wrote:", "that it burns"],
            &["Hi", "Mia wrote:", "that it burns"],
            &["Hi", "From: here", "to there it is far"],
            &["Hi", "From: Mia", "nothing else"],
            &["-----Original Message-----", "x"],
            &["Hi", "!-----Original Message-----", "x"],
            &["Hi", "original message"],
            &["*Hi", "x"],
            &[],
        ] {
            assert_eq!(find(lines), None, "{lines:?}");
        }
    }
}
