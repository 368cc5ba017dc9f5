//! Any HTML gives a valid document, keeps its words, and comes to rest after one round.

use markup::{adf_of_html, adf_of_text, document, html_of_adf, split, text_of_adf};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::round::{Files, shown};
use crate::schema::assert_valid;

const TAGS: &[&str] = &[
    "a",
    "b",
    "blockquote",
    "caption",
    "center",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figure",
    "h1",
    "h3",
    "i",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "x-unknown",
];

const ATTRIBUTES: &[&str] = &[
    "",
    "",
    "",
    " href=\"https://a.example/?b=1&amp;c\"",
    " href='javascript:x'",
    " start=3",
    " start=-1",
    " colspan=2",
    " rowspan=3",
    " colspan=999999999999",
    " border=1",
    " type=cite",
    " class=\"js-signatureMarker\"",
    " data-signature=\"true\"",
    " data-mention-user-id=1",
    " title=\"rust\"",
    " dir=rtl",
    " role=presentation",
    " style=\"border:1px solid\"",
    " style=\"color:#ff0000\"",
    " style=\"color:black\"",
    " style=\"background-color:#ffff00\"",
    " style=\"white-space:pre-wrap\"",
    " value=4",
    " href=\"ftp://a.example/\"",
];

/// Lines that have to do with quotes.
const QUOTES: &[&str] = &[
    "-----Original Message-----",
    "On 3 Nov 2026, Mia wrote:",
    "Mia &lt;m@x.example&gt; wrote:",
    "From: x<br>To: x<br>Sent: x<br>Subject: x",
    "&gt; q",
    "--",
    "_____",
    "in red",
];

/// Tags inside each other in any order, each closed, with a word here and there.
fn tree() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => "[A-L]{1,5}",
        1 => "[A-L]{1,5} [A-L]{1,5}",
        1 => select(vec![" ", "\n", "&nbsp;", "<br>", "<hr>", "🙂", "&lt;", "&amp;", "", "<br><br>"]).prop_map(str::to_owned),
        1 => "[a-z0-9]{1,4}".prop_map(|id| format!("<img src=\"data:image/png;base64,{id}\">")),
        1 => Just("<img src=\"cid:1\" alt=\"ALGE\">".to_owned()),
        1 => select(QUOTES).prop_map(|words| format!("<div>{words}</div>")),
        1 => Just("A\n  B  C\n\nD".to_owned()),
    ];
    leaf.prop_recursive(7, 60, 5, |inner| {
        (select(TAGS), select(ATTRIBUTES), vec(inner, 0..5))
            .prop_map(|(tag, attribute, inner)| format!("<{tag}{attribute}>{}</{tag}>", inner.join("")))
    })
}

/// The same without any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => (select(TAGS), select(ATTRIBUTES)).prop_map(|(tag, attribute)| format!("<{tag}{attribute}>")),
        2 => select(TAGS).prop_map(|tag| format!("</{tag}>")),
        2 => "[A-L]{1,5} ?",
        1 => any::<String>(),
        1 => select(vec![
            "<", ">", "</", "<!--", "-->", "<![CDATA[", "]]>", "&", "&#0;", "&#x1F600;", "\u{0}", "\"", "<br/>", "</br>", "</p>",
            "<script>", "</script>", "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<svg><p>", "<math>",
            "<template>", "<select>", "<button>", "<frameset>", "<plaintext>", "<body>", "<img", "=", "/>", "On 3.11. Mia wrote:", "> q",
            "-----Original Message-----", "\u{feff}", "\u{202e}",
        ]).prop_map(str::to_owned),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// The letters of all words, in order of the alphabet: where words end depends on what browsers make of misplaced tags.
fn letters(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().filter(|letter| ('A'..='L').contains(letter)).collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn all_text(blocks: &[Value]) -> String {
    blocks.iter().map(text_of_adf).collect::<Vec<_>>().join("\n")
}

fn assert_at_rest(blocks: Vec<Value>) {
    let doc = document(blocks.clone());
    assert_valid(&doc);
    let html = html_of_adf(&doc, &shown);
    assert_eq!(adf_of_html(&html, &Files), blocks, "{html}");
}

fn is_folded(blocks: &[Value]) -> bool {
    blocks.iter().any(|block| block["attrs"]["title"] == "Quoted text")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn words_are_kept(html in tree()) {
        let blocks = adf_of_html(&html, &Files);
        let doc = document(blocks.clone());
        assert_valid(&doc);
        prop_assert_eq!(letters(&all_text(&blocks)), letters(&html), "{}", html);
    }

    #[test]
    fn one_round_is_enough(html in tree()) {
        let first = adf_of_html(&html, &Files);
        let again = adf_of_html(&html_of_adf(&document(first.clone()), &shown), &Files);
        // A colour that Jira cannot show, in code or in a title, keeps a quote open in the first round only.
        let loses_color = html.contains("color:") && is_folded(&again) && !is_folded(&first);
        assert_at_rest(if loses_color { again } else { first });
    }

    #[test]
    fn any_soup_is_a_document(html in soup()) {
        let blocks = adf_of_html(&html, &Files);
        assert_valid(&document(blocks.clone()));
        for part in split(|part, of| Value::from(adf_of_text(&format!("{part}/{of}")))[0].clone(), blocks, 2_000) {
            assert_valid(&part);
        }
        assert_valid(&document(adf_of_text(&html)));
    }

    #[test]
    fn soup_comes_to_rest(html in soup()) {
        let first = adf_of_html(&html, &Files);
        let html = html_of_adf(&document(first), &shown);
        assert_at_rest(adf_of_html(&html, &Files));
    }
}
