//! Kinds of elements.

/// Whether an element has no content and no end tag.
pub(crate) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Whether an element only frames the document; it is ignored, its content is not.
pub(crate) fn is_frame(name: &str) -> bool {
    matches!(name, "html" | "head" | "body")
}

/// Whether an element begins on a new line, and closes an open paragraph.
pub(crate) fn is_block(name: &str) -> bool {
    is_spaced(name)
        || matches!(
            name,
            "address"
                | "article"
                | "aside"
                | "caption"
                | "center"
                | "dd"
                | "details"
                | "div"
                | "dt"
                | "fieldset"
                | "figcaption"
                | "footer"
                | "form"
                | "header"
                | "hr"
                | "legend"
                | "li"
                | "main"
                | "nav"
                | "section"
                | "summary"
                | "table"
                | "tbody"
                | "td"
                | "tfoot"
                | "th"
                | "thead"
                | "tr"
        )
}

/// Whether a block has margins above and below, and so is a paragraph and not just a line.
pub(crate) fn is_spaced(name: &str) -> bool {
    matches!(
        name,
        "blockquote"
            | "dir"
            | "dl"
            | "figure"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "listing"
            | "menu"
            | "ol"
            | "p"
            | "pre"
            | "ul"
            | "xmp"
    )
}

/// Whether an element only changes the look of text.
pub(crate) fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "b" | "big"
            | "cite"
            | "code"
            | "del"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "mark"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "tt"
            | "u"
            | "var"
    )
}

/// Whether an element is a table or a part of one. An end tag in it does not close an element outside of the table.
pub(crate) fn is_table_part(name: &str) -> bool {
    matches!(name, "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "caption" | "colgroup")
}

/// Whether an element contains rows, cells or items and no text of its own.
pub(crate) fn is_table_frame(name: &str) -> bool {
    matches!(name, "table" | "tbody" | "thead" | "tfoot" | "tr" | "ul" | "ol")
}

/// Whether the search for the open element that an end tag closes stops at this one.
pub(crate) fn is_wall(name: &str) -> bool {
    matches!(name, "td" | "th" | "caption" | "table")
}

/// The open elements that a start tag closes, and the elements where the search for them stops.
pub(crate) fn ended_by(name: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match name {
        "li" => (&["li", "p"], &["ul", "ol", "menu", "dir", "blockquote", "td", "th", "table"]),
        "dt" | "dd" => (&["dt", "dd", "p"], &["dl", "blockquote", "td", "th", "table"]),
        "td" | "th" => (&["td", "th", "caption"], &["tr", "table"]),
        "tr" => (&["tr", "caption", "colgroup"], &["tbody", "thead", "tfoot", "table"]),
        "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot", "tr", "caption", "colgroup"], &["table"]),
        "a" => (&["a"], &["p", "li", "td", "th", "caption", "table", "div"]),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            (&["p", "h1", "h2", "h3", "h4", "h5", "h6"], &["div", "li", "td", "th", "caption", "table", "blockquote"])
        }
        name if is_block(name) && name != "caption" => (&["p"], &["td", "th", "caption", "table"]),
        _ => (&[], &[]),
    }
}
