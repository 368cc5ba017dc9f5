//! A line of a mail, and its signs of a quote or a signature.

/// A line that shows something.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Its beginning, with single blanks.
    pub(crate) text: String,
    /// A position from which the rest may be folded: no element that must stay whole begins before and ends after it.
    pub(crate) is_outermost: bool,
    /// Quoted, whatever by.
    pub(crate) is_quoted: bool,
    /// Begins a quote that a mail program made.
    pub(crate) is_cited: bool,
    /// Something says that the signature or the quote begins here.
    pub(crate) is_marked: bool,
}
