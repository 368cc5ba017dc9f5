//! Long articles as several comments.

use markup::{adf_of_html, adf_of_text, split};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::schema::assert_valid;
use crate::sketch::sketch;

fn head(part: usize, of: usize) -> Value {
    json!({ "type": "paragraph", "content": [{ "type": "text", "text": format!("({part}/{of})") }] })
}

/// The parts without their heads, after a look at what holds for any of them.
fn parts(blocks: Vec<Value>, most: usize) -> Vec<Vec<Value>> {
    let docs = split(head, blocks, most);
    let of = docs.len();
    let parts = docs.into_iter().enumerate().map(|(at, doc)| {
        assert_valid(&doc);
        let length = serde_json::to_string(&doc).unwrap().chars().count();
        assert!(length <= most, "{length} > {most}: {doc}");
        let mut content = doc["content"].as_array().unwrap().clone();
        assert_eq!(content.remove(0), head(at + 1, of));
        content
    });
    parts.collect()
}

/// The contents of the text nodes, in order.
fn raw_text(nodes: &[Value]) -> String {
    let inner = |node: &Value| raw_text(node["content"].as_array().map_or(&[][..], Vec::as_slice));
    nodes.iter().map(|node| node["text"].as_str().map_or_else(|| inner(node), str::to_owned)).collect()
}

#[test]
fn what_fits_is_one() {
    let blocks = adf_of_text("Hi");
    assert_eq!(parts(blocks.clone(), 32_767), [blocks]);
    assert_eq!(parts(Vec::new(), 32_767), [Vec::<Value>::new()]);
}

#[test]
fn blocks_stay_whole_if_they_can() {
    let blocks = adf_of_html(&"<p>One sentence. And another one.</p>".repeat(60), &());
    let parts = parts(blocks.clone(), 2_000);
    assert!(parts.len() > 1);
    assert_eq!(parts.concat(), blocks);
}

#[test]
fn lists_are_cut_between_items_and_go_on_counting() {
    let items: String = (1..=80).map(|number| format!("<li>item {number}</li>")).collect();
    let parts = parts(adf_of_html(&format!("<ol>{items}</ol>"), &()), 2_000);
    let mut next = 1;
    for part in &parts {
        assert_eq!(part.len(), 1);
        assert_eq!(part[0]["attrs"]["order"], next);
        assert!(sketch(part).contains(&format!("(li(p(item_{next}))")));
        next += part[0]["content"].as_array().unwrap().len();
    }
    assert_eq!(next, 81);
}

#[test]
fn an_item_that_is_cut_keeps_its_number() {
    let long = "Text and text. ".repeat(200);
    let parts = parts(adf_of_html(&format!("<ol><li>a</li><li>{long}</li><li>z</li></ol>"), &()), 2_000);
    let orders: Vec<u64> = parts.iter().flatten().map(|list| list["attrs"]["order"].as_u64().unwrap()).collect();
    assert!(orders.len() > 2);
    assert_eq!(orders[0], 1);
    assert!(orders[1..].iter().all(|order| *order == 2), "{orders:?}");
    let last = parts.last().unwrap().last().unwrap()["content"].as_array().unwrap();
    assert_eq!(last.len(), 2, "the third item follows the end of the second, and so has its number");
}

#[test]
fn tables_are_cut_between_rows_under_their_header() {
    let rows: String =
        (0..60).map(|number| format!("<tr><td rowspan=3>{number}</td><td>text of {number}</td></tr>")).collect();
    let parts = parts(adf_of_html(&format!("<table><tr><th>No</th><th>Text</th></tr>{rows}</table>"), &()), 3_000);
    assert!(parts.len() > 2);
    for part in &parts {
        assert!(sketch(part).starts_with("table(tr(th(p(No)) th(p(Text))) tr("));
        let rows = part[0]["content"].as_array().unwrap();
        let spans = rows.iter().rev().map(|row| row["content"][0]["attrs"]["rowspan"].as_u64().unwrap_or(1));
        assert!((1..).zip(spans).all(|(rows_left, span)| span <= rows_left), "no cell reaches below the last row");
    }
    let all: String = parts.iter().map(|part| raw_text(part).replacen("NoText", "", 1)).collect();
    assert_eq!(all, (0..60).map(|number| format!("{number}text of {number}")).collect::<String>());
}

#[test]
fn rows_and_cells_that_are_too_long_are_cut_too() {
    let long = "Text and text. ".repeat(300);
    let parts = parts(
        adf_of_html(&format!("<table><tr><td>a</td><td>{long}</td></tr><tr><td>b</td><td>c</td></tr></table>"), &()),
        4_000,
    );
    assert!(parts.len() > 1);
    assert_eq!(parts.iter().map(|part| raw_text(part)).collect::<String>(), format!("a{}bc", long.trim_end()));
}

#[test]
fn a_table_of_hundreds_of_columns_becomes_its_text() {
    let cells: String = (0..400).map(|number| format!("<td>c{number}</td>")).collect();
    let parts = parts(adf_of_html(&format!("<table><tr>{cells}</tr><tr>{cells}</tr></table>"), &()), 3_000);
    let row: String = (0..400).map(|number| format!("c{number}")).collect();
    assert_eq!(parts.iter().map(|part| raw_text(part)).collect::<String>(), row.repeat(2));
}

#[test]
fn code_is_cut_between_lines() {
    let code: String = (0..200).map(|number| format!("let x{number} = {number};\n")).collect();
    let parts = parts(adf_of_html(&format!("<pre title=\"rust\">{code}</pre>"), &()), 2_000);
    for part in &parts {
        assert!(sketch(part).starts_with("code<rust>(let_x"), "{}", sketch(part));
    }
    assert_eq!(parts.iter().map(|part| raw_text(part)).collect::<String>(), code.trim_end());
}

#[test]
fn a_folded_quote_is_folded_in_each_part() {
    let quote = "<p>Quoted words, and more of them.</p>".repeat(100);
    let parts = parts(adf_of_html(&format!("<p>Hi</p><blockquote type=cite>{quote}</blockquote>"), &()), 3_000);
    assert!(parts.len() > 2);
    assert!(parts[1..].iter().all(|part| sketch(part).starts_with("expand<Quoted text>(p(")));
}

#[test]
fn marks_that_leave_no_room_are_given_up() {
    let href = format!("https://a.example/{}", "a".repeat(1_500));
    let blocks = adf_of_html(&format!("<p><a href=\"{href}\">{}</a></p>", "x".repeat(1_000)), &());
    let parts = parts(blocks, 1_200);
    assert_eq!(parts.iter().map(|part| raw_text(part)).collect::<String>(), "x".repeat(1_000));
}

/// Nested blocks with long and short text, of which each word is one of its kind.
fn html() -> impl Strategy<Value = String> {
    let text = vec("[a-zäß🙂\"]{1,12}[.,]?", 1..60).prop_map(|words| words.join(" "));
    let leaf = prop_oneof![
        4 => text.clone().prop_map(|text| format!("<p>{text}</p>")),
        1 => text.clone().prop_map(|text| format!("<p><b>{text}</b> <a href=\"https://a.example/{}\">x</a></p>", "y".repeat(300))),
        1 => text.clone().prop_map(|text| format!("<h2>{text}</h2>")),
        1 => text.prop_map(|text| format!("<pre>{}</pre>", text.replace(' ', "\n"))),
    ];
    let inner = leaf.prop_recursive(5, 60, 6, |inner| {
        let inner = vec(inner, 1..6);
        prop_oneof![
            inner.clone().prop_map(|inner| format!("<ul><li>{}</li></ul>", inner.join("</li><li>"))),
            inner.clone().prop_map(|inner| format!("<ol start=5><li>{}</li></ol>", inner.join("</li><li>"))),
            inner.clone().prop_map(|inner| format!("<blockquote>{}</blockquote>", inner.join(""))),
            inner.clone().prop_map(|inner| format!("<details><summary>s</summary>{}</details>", inner.join(""))),
            inner.prop_map(|inner| format!("<table border=1><tr><td>{}</td></tr></table>", inner.join("</td><td>"))),
        ]
    });
    vec(inner, 1..8).prop_map(|blocks| blocks.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_lost_or_doubled(html in html(), most in 2_500usize..5_000) {
        let blocks = adf_of_html(&html, &());
        let whole = raw_text(&blocks);
        let mut parts = raw_text(&parts(blocks, most).concat());
        // Cells of one row that are cut go on below each other: the order of the letters is another one then.
        if html.contains("<table") {
            let sorted = |text: &str| { let mut letters: Vec<char> = text.chars().collect(); letters.sort_unstable(); letters };
            prop_assert_eq!(sorted(&parts), sorted(&whole));
            parts.clone_from(&whole);
        }
        prop_assert_eq!(parts, whole);
    }
}
