//! Documents in a short form, for tests to compare: `p(a b(c) /)`.

use serde_json::Value;

pub(crate) fn sketch(blocks: &[Value]) -> String {
    blocks.iter().map(node).collect::<Vec<_>>().join(" ")
}

fn node(node: &Value) -> String {
    let kind = node["type"].as_str().unwrap();
    let attrs = &node["attrs"];
    let text = |name: &str| attrs[name].as_str().unwrap_or_default().to_owned();
    let inner = sketch(node["content"].as_array().map_or(&[][..], Vec::as_slice));
    match kind {
        "text" => node["marks"].as_array().into_iter().flatten().rev().fold(
            node["text"].as_str().unwrap().replace(' ', "_").replace('\u{a0}', "~"),
            |inner, mark| match mark["type"].as_str().unwrap() {
                "link" => format!("a<{}>({inner})", mark["attrs"]["href"].as_str().unwrap()),
                name @ ("textColor" | "backgroundColor") => {
                    format!("{name}<{}>({inner})", mark["attrs"]["color"].as_str().unwrap())
                }
                "subsup" => format!("{}({inner})", mark["attrs"]["type"].as_str().unwrap()),
                name => format!("{name}({inner})"),
            },
        ),
        "hardBreak" => "/".into(),
        "rule" => "rule".into(),
        "paragraph" => format!("p({inner})"),
        "heading" => format!("h{}({inner})", attrs["level"]),
        "bulletList" => format!("ul({inner})"),
        "orderedList" if attrs["order"].is_number() => format!("ol{}({inner})", attrs["order"]),
        "orderedList" => format!("ol({inner})"),
        "listItem" => format!("li({inner})"),
        "expand" | "nestedExpand" => format!("{kind}<{}>({inner})", text("title")),
        "codeBlock" => format!("code<{}>({inner})", text("language")),
        "tableRow" => format!("tr({inner})"),
        "tableCell" | "tableHeader" => {
            let name = if kind == "tableCell" { "td" } else { "th" };
            let spans: String = ["colspan", "rowspan"]
                .iter()
                .filter_map(|span| Some(format!("<{}{}>", &span[..1], attrs.get(*span)?)))
                .collect();
            let color = attrs["background"].as_str().map(|color| format!("<{color}>")).unwrap_or_default();
            format!("{name}{spans}{color}({inner})")
        }
        "mention" => format!("@<{}>({})", text("id"), text("text")),
        "media" => format!("media<{}>({})", text("id"), text("alt")),
        _ => format!("{kind}({inner})"),
    }
}
