//! Changes a body before it is stored: scripts, handlers, classes and remote pictures are removed, pictures in data
//! URIs become files, links get Zammad's attributes. Misnested tags are repaired by the rules of HTML 5, which is not
//! in every case how Zammad's library does it.

mod finish;
mod style;
mod tree;

use super::model::{
    entities::{Attachment, Id},
    upload::Upload,
};
use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use ammonia::Builder;
use base64::Engine as _;
use regex::Regex;

const TAGS: [&str; 73] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
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
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
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
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

/// Stands for a carriage return while the sanitizer works, which would turn it into a line feed.
const RETURN: char = '\u{E00D}';

/// Foreign elements whose text stays; removed beforehand, because the sanitizer drops their text too. `None` never
/// happens: the pattern is a constant.
static FOREIGN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let svg = "svg|circle|ellipse|g|line|path|polygon|polyline|rect|text|tspan";
    let math = "math|mi|mn|mo|ms|mtext|mrow|mfrac|msub|msup|mstyle";
    Regex::new(&format!(r"(?i)</?(?:{svg}|{math})\b[^>]*>")).ok()
});

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let attributes = [
        ("a", HashSet::from(["href", "hreflang", "data-mention-user-id"])),
        ("blockquote", HashSet::from(["type", "cite"])),
        ("col", HashSet::from(["span", "width"])),
        ("colgroup", HashSet::from(["span", "width"])),
        ("del", HashSet::from(["cite", "datetime"])),
        ("img", HashSet::from(["src", "align", "alt", "border", "width", "height"])),
        ("ins", HashSet::from(["cite", "datetime"])),
        ("li", HashSet::from(["value"])),
        ("ol", HashSet::from(["reversed", "start", "type"])),
        ("q", HashSet::from(["cite"])),
        (
            "table",
            HashSet::from([
                "align",
                "bgcolor",
                "border",
                "cellpadding",
                "cellspacing",
                "frame",
                "rules",
                "summary",
                "width",
                "height",
            ]),
        ),
        ("td", HashSet::from(["abbr", "align", "axis", "colspan", "headers", "rowspan", "valign"])),
        ("th", HashSet::from(["abbr", "align", "axis", "colspan", "headers", "rowspan", "scope", "valign"])),
        ("time", HashSet::from(["datetime"])),
        ("ul", HashSet::from(["type"])),
    ];
    let mut cleaner = Builder::default();
    cleaner
        .tags(TAGS.into_iter().collect())
        .clean_content_tags(HashSet::from(["script", "style", "video", "title"]))
        .generic_attributes(HashSet::from([
            "lang",
            "dir",
            "title",
            "translate",
            "class",
            "style",
            "data-signature",
            "data-signature-id",
        ]))
        .tag_attributes(attributes.into())
        .url_schemes(HashSet::from(["http", "https", "ftp", "mailto", "tel", "data", "cid"]))
        .link_rel(None)
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src") if is_remote(value) => None,
            ("a", "href") if value.starts_with("data:") => None,
            // Nothing left is an empty text here, taken away later: removing an attribute at once would disturb the
            // order.
            (_, "class") => Some(classes(value)),
            (element, "style") => Some(Cow::Owned(style::kept(element, value))),
            _ => Some(Cow::Borrowed(value)),
        });
    cleaner
});

/// Whether a picture would be fetched from somewhere else. Browsers overlook blanks and case.
fn is_remote(source: &str) -> bool {
    let source = source.trim_start_matches(|letter: char| letter.is_whitespace() || letter.is_control()).to_lowercase();
    ["http", "//", "\\\\", "/\\", "ftp"].iter().any(|start| source.starts_with(start))
}

/// All classes are removed but two, with which mail clients mark their additions.
fn classes(value: &str) -> Cow<'_, str> {
    let kept = value.split_whitespace().filter(|class| matches!(*class, "js-signatureMarker" | "yahoo_quoted"));
    Cow::Owned(kept.collect::<Vec<_>>().join(" "))
}

/// The stored form of an HTML body, and the pictures found in it, each marked by `image:<index>` as its source.
/// `web_app` is how addresses of the web client begin.
pub(super) fn stored(body: &str, web_app: &str) -> (String, Vec<Upload>) {
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
    tree::write(&finish::finish(tree::read(&clean), false, &web_app.to_lowercase()), "", &mut out);
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
    Some(Upload { filename: format!("image{number}.{ending}"), preferences, data: data.into(), size_known: true })
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

    fn stored(body: &str) -> (String, Vec<Upload>) {
        super::stored(body, "https://help.example/#")
    }

    #[test]
    fn removes_executable_elements_with_their_content() {
        assert_eq!(stored("a<script>alert(1)</script>b").0, "ab");
        let handlers = "<p onclick=\"x()\">p</p><img src=\"https://host.example/a.png\" onerror=\"x()\">";
        assert_eq!(stored(handlers).0, "<p>p</p>");
        assert_eq!(stored("<a href=\" JaVaScRiPt:alert(1)\">b</a>").0, "b");
    }

    #[test]
    fn any_depth_is_read_and_keeps_its_text() {
        for depth in [255, 256, 257, 3_000, 50_000] {
            let body = format!("{}deep<br>er{}after", "<div>".repeat(depth), "</div>".repeat(depth));
            let (stored, _) = stored(&body);
            assert!(stored.contains("deep") && stored.ends_with("after"), "{depth}");
        }
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
    fn styles_and_classes_are_kept_where_they_do_no_harm() {
        assert_eq!(stored("<p style=\"color: red\" class=\"a\">x</p>").0, "<p>x</p>");
        let cell = "<table><tbody><tr><td style=\"border: 1px solid; position: fixed\">x</td></tr></tbody></table>";
        assert!(stored(cell).0.contains("<td style=\"border: 1px solid;\">x</td>"), "{}", stored(cell).0);
        let image = "<img src=\"cid:a\" style=\"background: url(https://x.example/); width: 9px\" height=\"2\">";
        assert_eq!(stored(image).0, "<img src=\"cid:a\" style=\"max-width:100%;width: 9px;height:2px;\">");
        assert_eq!(stored("<div class=\"x yahoo_quoted\">q</div>").0, "<div class=\"yahoo_quoted\">q</div>");
    }

    #[test]
    fn addresses_become_links_as_a_reader_sees_them() {
        let link = |href: &str, text: &str| {
            format!("<a href=\"{href}\" rel=\"nofollow noreferrer noopener\" target=\"_blank\">{text}</a>")
        };
        let bare = link("https://a.example/x?y=1", "https://a.example/x?y=1");
        assert_eq!(stored("see https://a.example/x?y=1.").0, format!("see {bare}."));
        assert_eq!(stored("<pre>https://a.example/</pre>").0, "<pre>https://a.example/</pre>");
        assert_eq!(stored("tel:+4930123, x").0, format!("{}, x", link("tel:+4930123", "tel:+4930123")));
        assert_eq!(stored("<a href=\"https://a.example/\">a.example</a>").0, link("https://a.example/", "a.example"));
        let own = "<a href=\"https://help.example/#ticket/zoom/1\">#1</a>";
        assert!(!stored(own).0.contains("target="), "{}", stored(own).0);
    }

    #[test]
    fn removes_everything_that_runs_or_loads_remotely() {
        let bodies = [
            "<a href=\"&#106;avascript:alert(1)\">x</a>",
            "<a href=\"java\nscript:alert(1)\">x</a>",
            "<a href=\"vbscript:x\">x</a>",
            "<img src=x onerror=alert(1)>",
            "<svg><script>alert(1)</script></svg>",
            "<svg><style><img src=x onerror=alert(1)></style></svg>",
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<td background=\"https://x.example/t.png\">x</td>",
            "<table style=\"background: url('https://x.example/t.png')\"><tr><td>x</td></tr></table>",
            "<img src=\" https://x.example/t.png\">",
            "<img src=\"HTTPS://x.example/t.png\">",
            "<img srcset=\"https://x.example/t.png 2x\" src=\"cid:a\">",
            "<meta http-equiv=\"refresh\" content=\"0;url=https://x.example/\">",
            "<link rel=\"stylesheet\" href=\"https://x.example/a.css\">",
            "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
            "<sv<svg>g onload=alert(1)>x",
            "<p title=\"><img src=x onerror=alert(1)>\">x</p>",
            "<p title='\"><img src=x onerror=alert(1)>'>x</p>",
            "https://a.example/\"onmouseover=alert(1)//",
        ];
        for body in bodies {
            let clean = stored(body).0;
            let page = scraper::Html::parse_fragment(&clean);
            for node in page.root_element().descendent_elements().skip(1) {
                assert!(TAGS.contains(&node.value().name()), "{body} gave {clean}");
                for (name, value) in node.value().attrs() {
                    let calls = value.contains("x.example") || value.to_lowercase().contains("script:");
                    let calls = calls || ["src", "style"].contains(&name) && value.contains("//");
                    assert!(!name.starts_with("on") && !calls, "{body} gave {clean}");
                }
            }
        }
    }

    #[test]
    fn mentions_are_found() {
        let body = stored("<a data-mention-user-id=\"7\" href=\"https://x.example/\">@x</a>").0;
        assert_eq!(mentions(&body).collect::<Vec<_>>(), [7]);
    }
}
