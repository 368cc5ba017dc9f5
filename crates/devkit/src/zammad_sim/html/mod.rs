//! What becomes of a body on its way into the database: scripts, handlers, classes and remote pictures are gone,
//! pictures in data URIs become files, links get what Zammad gives them. Inline styles are dropped altogether, and
//! misnested tags are repaired as HTML 5 says, which is not in every case how Zammad's library does it.

mod finish;
mod tree;

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use ammonia::Builder;
use base64::Engine as _;
use regex::Regex;

use super::{
    attachments::Upload,
    entities::{Attachment, Id},
};

const TAGS: [&str; 57] = [
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
];

/// Stands for a carriage return while the sanitizer works, which would turn it into a line feed.
const RETURN: char = '\u{E00D}';

/// Foreign elements whose words stay; taken out beforehand, because the sanitizer drops their words too. `None` never
/// happens: the pattern is a constant.
static FOREIGN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let svg = "svg|circle|ellipse|g|line|path|polygon|polyline|rect|text|tspan";
    let math = "math|mi|mn|mo|ms|mtext|mrow|mfrac|msub|msup|mstyle";
    Regex::new(&format!(r"(?i)</?(?:{svg}|{math})\b[^>]*>")).ok()
});

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let attributes = [
        ("a", HashSet::from(["href", "title", "data-mention-user-id"])),
        ("img", HashSet::from(["src", "alt", "title", "width", "height"])),
        ("ol", HashSet::from(["start", "type"])),
        ("table", HashSet::from(["border", "width", "height", "align"])),
        ("td", HashSet::from(["colspan", "rowspan", "align"])),
        ("th", HashSet::from(["colspan", "rowspan", "align"])),
        ("blockquote", HashSet::from(["type"])),
        ("div", HashSet::from(["data-signature", "data-signature-id"])),
    ];
    let mut cleaner = Builder::default();
    cleaner
        .tags(TAGS.into_iter().collect())
        .clean_content_tags(HashSet::from(["script", "style", "video", "title"]))
        .generic_attributes(HashSet::from(["lang", "dir", "title"]))
        .tag_attributes(attributes.into())
        .url_schemes(HashSet::from(["http", "https", "ftp", "mailto", "tel", "data", "cid"]))
        .link_rel(None)
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src") if value.starts_with("http") || value.starts_with("//") => None,
            ("a", "href") if value.starts_with("data:") => None,
            _ => Some(Cow::Borrowed(value)),
        });
    cleaner
});

/// The stored form of an HTML body, and the pictures found in it, each marked by `image:<index>` as its source.
pub(super) fn stored(body: &str) -> (String, Vec<Upload>) {
    let kept = |letter| match letter {
        '\0' => Some(' '),
        '\r' => Some(RETURN),
        '\n' | '\t' => Some(letter),
        letter if letter.is_control() => None,
        letter => Some(letter),
    };
    let body: String = body.chars().filter_map(kept).collect();
    let body = FOREIGN.as_ref().map_or(Cow::Borrowed(body.as_str()), |foreign| foreign.replace_all(&body, ""));
    let clean = CLEANER.clean(&body).to_string();
    let mut out = String::with_capacity(clean.len());
    tree::write(&finish::finish(tree::read(&clean), false), "", &mut out);
    take_images(&out.replace("&nbsp;", "\u{a0}").replace(RETURN, "\r"))
}

/// The people that a stored body mentions.
pub(super) fn mentions(body: &str) -> impl Iterator<Item = Id> {
    let parts = body.split("data-mention-user-id=\"").skip(1);
    parts.filter_map(|part| part.split('"').next()?.parse().ok())
}

/// Takes the pictures out of data URIs.
fn take_images(body: &str) -> (String, Vec<Upload>) {
    let mut images = Vec::new();
    let mut rest = body;
    let mut out = String::with_capacity(body.len());
    while let Some(at) = rest.find("src=\"data:image/") {
        let (before, after) = rest.split_at(at + 5);
        let (source, behind) = after.split_once('"').unwrap_or((after, ""));
        out.push_str(before);
        match picture(source, images.len() + 1) {
            Some(upload) => {
                out.push_str(&format!("image:{}", images.len()));
                images.push(upload);
            }
            None => out.push_str(source),
        }
        out.push('"');
        rest = behind;
    }
    out.push_str(rest);
    (out, images)
}

fn picture(source: &str, number: usize) -> Option<Upload> {
    let (kind, data) = source.strip_prefix("data:")?.split_once(";base64,")?;
    let ending = kind.strip_prefix("image/").filter(|ending| matches!(*ending, "png" | "jpeg" | "gif" | "webp"))?;
    let data = base64::engine::general_purpose::STANDARD.decode(data).ok()?;
    let preferences = [("Content-Type", kind), ("Mime-Type", kind), ("Content-Disposition", "inline")];
    let preferences = preferences.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Some(Upload { filename: format!("image{number}.{ending}"), preferences, data: data.into() })
}

/// Puts the addresses of the stored pictures in.
pub(super) fn with_images(body: String, images: &[Attachment], ticket: Id, article: Id) -> String {
    images.iter().enumerate().fold(body, |body, (index, image)| {
        let address = format!("src=\"/api/v1/ticket_attachment/{ticket}/{article}/{}?view=inline\"", image.id);
        body.replace(&format!("src=\"image:{index}\""), &address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_is_gone_with_its_content() {
        assert_eq!(stored("a<script>alert(1)</script>b").0, "ab");
        let handlers = "<p onclick=\"x()\">p</p><img src=\"https://host.example/a.png\" onerror=\"x()\">";
        assert_eq!(stored(handlers).0, "<p>p</p>");
        assert_eq!(stored("<a href=\" JaVaScRiPt:alert(1)\">b</a>").0, "b");
    }

    #[test]
    fn a_picture_in_a_data_uri_becomes_a_file() {
        let (body, images) = stored("<p>x<img src=\"data:image/png;base64,aGVsbG8=\" alt=\"dot\"></p>");
        assert_eq!(images.len(), 1);
        assert_eq!(&images[0].data[..], b"hello");
        assert!(body.contains("src=\"image:0\""), "{body}");
        assert!(stored("<img src=\"data:image/svg+xml;base64,PHN2Zy8+\">").1.is_empty());
    }

    #[test]
    fn mentions_are_found() {
        let body = stored("<a data-mention-user-id=\"7\" href=\"https://x.example/\">@x</a>").0;
        assert_eq!(mentions(&body).collect::<Vec<_>>(), [7]);
    }
}
