//! A line of a mail, as the search for quotes sees it.

use super::shade::Colors;
use crate::parse::Id;

/// Title of the folded part in Jira.
pub(crate) const TITLE: &str = "Quoted text";

/// A line that shows something.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Its beginning, with single blanks. Empty for a line that is only a picture.
    pub(crate) text: String,
    /// A fold may begin or end here: no element that has to stay whole begins before this line and ends after it.
    pub(crate) is_outermost: bool,
    /// Stands in a quote: in a `blockquote`, or behind `>`.
    pub(crate) is_quoted: bool,
    /// The innermost `blockquote` around it.
    pub(crate) quote: Option<Id>,
    /// The first line of a quote that a mail program marked as one.
    pub(crate) is_cited: bool,
    /// The colours of its words, at most two of them: more say nothing else. Links do not count.
    pub(crate) colors: Vec<Colors>,
    /// Has a name in brackets that is bold or italic, as Outlook writes it in front of an answer inside a copy.
    pub(crate) has_answerer: bool,
}

impl Line {
    /// The text without quote marks in front.
    pub(super) fn words(&self) -> &str {
        self.text.trim_start_matches(['>', ' '])
    }
}
