//! Kinds of elements.

/// Has no end tag.
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

/// Only the document's own frame; what stands inside counts.
pub(crate) fn is_frame(name: &str) -> bool {
    matches!(name, "html" | "head" | "body")
}

/// Begins on a line of its own, and ends an open paragraph.
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

/// A block with room above and below: a paragraph, where others are lines.
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

/// Changes how text looks and nothing else.
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

/// Part of a table: an end tag inside does not close what stands around it.
pub(crate) fn is_table_part(name: &str) -> bool {
    matches!(name, "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "caption" | "colgroup")
}

/// Holds rows, cells or items and shows no text of its own.
pub(crate) fn is_table_frame(name: &str) -> bool {
    matches!(name, "table" | "tbody" | "thead" | "tfoot" | "tr" | "ul" | "ol")
}

/// Where the search for an open element stops.
pub(crate) fn is_wall(name: &str) -> bool {
    matches!(name, "td" | "th" | "caption" | "table")
}

/// Which open elements a start tag ends, and which stop the search for them.
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
