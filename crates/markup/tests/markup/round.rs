//! There and back again: what both sides can say comes back as it was.

use markup::{Media, Resolve, Shown, adf_of_html, document, html_of_adf};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::notes::assert_survives;
use crate::schema::assert_valid;

/// Files are told apart by what stands in their data.
pub(crate) struct Files;

impl Resolve for Files {
    fn image(&self, src: &str) -> Option<Media> {
        let id = src.strip_prefix("data:image/png;base64,")?.to_owned();
        Some(Media { id, alt: None, width: None, height: None })
    }
}

pub(crate) fn shown(attrs: &Value) -> Option<Shown> {
    Some(Shown::Picture(format!("data:image/png;base64,{}", attrs["id"].as_str()?)))
}

/// Imitates Zammad's sanitiser: line breaks between blocks, and its own attributes on links.
fn stored(html: &str) -> String {
    let ends = [
        "</p>",
        "</ul>",
        "</ol>",
        "</li>",
        "</tr>",
        "</td>",
        "</th>",
        "</table>",
        "</blockquote>",
        "</summary>",
        "</details>",
        "<hr>",
    ];
    let links = html.replace("<a ", "<a rel=\"nofollow noreferrer noopener\" target=\"_blank\" title=\"x\" ");
    ends.iter().fold(links, |html, end| html.replace(end, &format!("{end}\n")))
}

fn kind_of_first(marks: &[Value]) -> &str {
    marks.first().and_then(|mark| mark["type"].as_str()).unwrap_or_default()
}

fn marks() -> impl Strategy<Value = Vec<Value>> {
    let link = option::weighted(0.2, "https://[a-z]{1,8}\\.example/[a-z?=&\"']{0,6}");
    let shift = option::weighted(0.2, select(vec!["sub", "sup"]));
    let color = option::weighted(0.2, select(vec!["#ff0000", "#0747a6", "#00875a"]));
    let background = option::weighted(0.2, select(vec!["#fedec8", "#d3f1a7"]));
    let colors = (color, background);
    (link, any::<bool>(), any::<[bool; 4]>(), shift, colors).prop_map(|(link, code, plain, shift, colors)| {
        let mut marks: Vec<Value> =
            link.into_iter().map(|href| json!({ "type": "link", "attrs": { "href": href } })).collect();
        if code {
            marks.push(json!({ "type": "code" }));
            return marks;
        }
        let names = ["strong", "em", "underline", "strike"];
        marks.extend(names.iter().zip(plain).filter(|(_, is_set)| *is_set).map(|(name, _)| json!({ "type": name })));
        marks.extend(shift.map(|shift| json!({ "type": "subsup", "attrs": { "type": shift } })));
        let colored = |kind: &str, color: &str| json!({ "type": kind, "attrs": { "color": color } });
        // Jira gives links a colour of their own.
        let (color, background) = (colors.0.filter(|_| kind_of_first(&marks) != "link"), colors.1);
        marks.extend(color.map(|color| colored("textColor", color)));
        marks.extend(background.map(|color| colored("backgroundColor", color)));
        marks
    })
}

/// Text nodes with single blanks between words, and never two beside each other that look the same.
fn line() -> impl Strategy<Value = Vec<Value>> {
    let words = vec("[a-zA-Zäß🙂<>&\"'/א]{1,8}|a\u{a0}b", 1..4).prop_map(|words| words.join(" "));
    vec((words, marks()), 1..4).prop_map(|pieces| {
        let mut merged: Vec<(String, Vec<Value>)> = Vec::new();
        for (text, marks) in pieces {
            match merged.last_mut() {
                Some((before, same)) if *same == marks => *before += &format!(" {text}"),
                Some((before, _)) => {
                    before.push(' ');
                    merged.push((text, marks));
                }
                None => merged.push((text, marks)),
            }
        }
        let node = |(text, marks): (String, Vec<Value>)| match marks.is_empty() {
            true => json!({ "type": "text", "text": text }),
            false => json!({ "type": "text", "text": text, "marks": marks }),
        };
        merged.into_iter().map(node).collect()
    })
}

fn lines() -> impl Strategy<Value = Vec<Value>> {
    vec(line(), 1..3).prop_map(|lines| lines.join(&json!({ "type": "hardBreak" })))
}

fn with(kind: &'static str) -> impl Fn(Vec<Value>) -> Value + Clone {
    move |content| json!({ "type": kind, "content": content })
}

fn paragraph() -> impl Strategy<Value = Value> {
    lines().prop_map(with("paragraph"))
}

fn heading() -> impl Strategy<Value = Value> {
    (1..7u8, lines())
        .prop_map(|(level, content)| json!({ "type": "heading", "attrs": { "level": level }, "content": content }))
}

fn code() -> impl Strategy<Value = Value> {
    let text =
        vec("[a-z<&>\" ]{0,8}[a-z;]", 1..4).prop_map(|lines| json!([{ "type": "text", "text": lines.join("\n") }]));
    (option::of(select(vec!["rust", "c++", "c#", "objective-c"])), text).prop_map(
        |(language, content)| match language {
            Some(language) => json!({ "type": "codeBlock", "attrs": { "language": language }, "content": content }),
            None => json!({ "type": "codeBlock", "content": content }),
        },
    )
}

fn media() -> impl Strategy<Value = Value> {
    ("[a-z0-9]{1,8}", option::of("[a-z\"<]{1,8}")).prop_map(|(id, alt)| {
        let mut media = json!({ "type": "media", "attrs": { "type": "file", "id": id, "collection": "" } });
        if let Some(alt) = alt {
            media["attrs"]["alt"] = alt.into();
        }
        json!({ "type": "mediaSingle", "attrs": { "layout": "align-start" }, "content": [media] })
    })
}

fn list() -> impl Strategy<Value = Value> {
    let item = vec(prop_oneof![4 => paragraph(), 1 => code(), 1 => media()], 1..3);
    let list = |items: Vec<Value>, order: Option<u32>| match order {
        Some(1) => json!({ "type": "orderedList", "content": items }),
        Some(order) => json!({ "type": "orderedList", "attrs": { "order": order }, "content": items }),
        None => json!({ "type": "bulletList", "content": items }),
    };
    let leaf = (vec(item.clone().prop_map(with("listItem")), 1..4), option::of(0..9u32))
        .prop_map(move |(items, order)| list(items, order));
    leaf.prop_recursive(3, 20, 3, move |inner| {
        let item = (item.clone(), option::of(inner))
            .prop_map(|(blocks, nested)| with("listItem")(blocks.into_iter().chain(nested).collect()));
        (vec(item, 1..4), option::of(0..9u32)).prop_map(move |(items, order)| list(items, order))
    })
}

fn quote() -> impl Strategy<Value = Value> {
    vec(prop_oneof![3 => paragraph(), 1 => list(), 1 => code(), 1 => media()], 1..4).prop_map(with("blockquote"))
}

/// Blocks that are allowed wherever headings are.
fn simple() -> impl Strategy<Value = Value> {
    prop_oneof![4 => paragraph(), 1 => heading(), 2 => list(), 1 => quote(), 1 => code(), 1 => media(), 1 => Just(json!({ "type": "rule" }))]
}

fn expand(kind: &'static str, content: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    ("([a-z<&]{1,8}( [a-z]{1,8})?)?", vec(content, 1..4))
        .prop_map(move |(title, content)| json!({ "type": kind, "attrs": { "title": title }, "content": content }))
}

fn table() -> impl Strategy<Value = Value> {
    let cell = (any::<bool>(), 1..3u32, vec(prop_oneof![6 => simple(), 1 => expand("nestedExpand", simple())], 1..3))
        .prop_map(|(is_header, columns, content)| {
            let mut cell = with(if is_header { "tableHeader" } else { "tableCell" })(content);
            if columns > 1 {
                cell["attrs"] = json!({ "colspan": columns });
            }
            cell
        });
    // A table of nothing but rules and empty cells shows nothing, and is left out.
    let text = paragraph().prop_map(|text| with("tableCell")(vec![text]));
    (text, vec(vec(cell, 1..4).prop_map(with("tableRow")), 1..4)).prop_map(|(text, mut rows)| {
        let count = rows.len();
        if count > 1 {
            rows[0]["content"][0]["attrs"]["rowspan"] = count.into();
        }
        rows[count - 1]["content"].as_array_mut().unwrap().push(text);
        with("table")(rows)
    })
}

fn blocks() -> impl Strategy<Value = Vec<Value>> {
    let inside = prop_oneof![6 => simple(), 1 => table(), 1 => expand("nestedExpand", simple())];
    vec(prop_oneof![6 => simple(), 1 => table(), 1 => expand("expand", inside)], 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn documents_come_back_as_they_were(blocks in blocks()) {
        let doc = document(blocks);
        assert_valid(&doc);
        let html = html_of_adf(&doc, &shown);
        assert_survives(&html);
        prop_assert_eq!(document(adf_of_html(&html, &Files)), doc.clone(), "{}", html);
        let stored = stored(&html);
        prop_assert_eq!(document(adf_of_html(&stored, &Files)), doc, "{}", stored);
    }
}
