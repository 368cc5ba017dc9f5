//! The text that nodes without text of their own show: from their attributes.

use serde_json::Value;
use time::OffsetDateTime;

use crate::node::{attr, kind};

pub(crate) fn task_sign(node: &Value) -> &'static str {
    if attr(node, "state") == "DONE" { "☑ " } else { "☐ " }
}

pub(crate) fn decision_sign(node: &Value) -> &'static str {
    if attr(node, "state") == "UNDECIDED" { "❓ " } else { "✔ " }
}

/// The text of a node without content.
pub(crate) fn leaf(node: &Value) -> String {
    match kind(node) {
        "mention" => format!("@{}", first(node, &["text", "id"]).trim_start_matches('@')),
        "emoji" => first(node, &["text", "shortName"]).to_owned(),
        "date" => date(&node["attrs"]["timestamp"]),
        "status" => format!("[{}]", attr(node, "text")),
        "placeholder" => attr(node, "text").to_owned(),
        "inlineCard" | "blockCard" | "embedCard" => {
            let (text, address) = (card_text(node), card_address(node));
            if text.contains(address) { text } else { format!("{text} ({address})") }
        }
        "media" | "mediaInline" => {
            format!("📎 {}", Some(attr(node, "alt")).filter(|alt| !alt.is_empty()).unwrap_or("attachment"))
        }
        "extension" | "inlineExtension" | "bodiedExtension" => format!("[{}]", first(node, &["text", "extensionKey"])),
        _ => String::new(),
    }
}

/// The address of a card; empty if it has none.
pub(crate) fn card_address(node: &Value) -> &str {
    let url = Some(attr(node, "url")).filter(|url| !url.is_empty());
    url.or_else(|| node["attrs"]["data"]["url"].as_str()).unwrap_or_default()
}

/// The words of a card: the name of what it links to, else its address, else the query whose results it lists.
pub(crate) fn card_text(node: &Value) -> String {
    let name = node["attrs"]["data"]["name"].as_str().unwrap_or_default().trim();
    let address = card_address(node);
    let query = node["attrs"]["datasource"]["parameters"]["jql"].as_str().unwrap_or_default();
    match (name, address, query) {
        ("", "", "") => "[link]".to_owned(),
        ("", "", query) => format!("[Jira issues: {query}]"),
        ("", address, _) => address.to_owned(),
        (name, _, _) => name.to_owned(),
    }
}

/// The texts in the attributes of a node that this version does not know.
pub(crate) struct Unknown<'a> {
    /// Title, text and description, a line each; the address if there are none.
    pub(crate) text: String,
    /// Empty if it has none.
    pub(crate) address: &'a str,
}

impl<'a> Unknown<'a> {
    /// Nothing if the node says nothing.
    pub(crate) fn of(node: &'a Value) -> Option<Self> {
        let attrs = &node["attrs"];
        let said = |name: &str| attrs[name].as_str().or_else(|| attrs[name]["text"].as_str()).unwrap_or_default();
        let address = attrs["url"].as_str().or_else(|| attrs["link"]["url"].as_str()).unwrap_or_default();
        let mut lines: Vec<&str> = Vec::new();
        for line in ["title", "text", "description"].map(said) {
            if !line.trim().is_empty() && !lines.contains(&line) {
                lines.push(line);
            }
        }
        if lines.is_empty() && !address.is_empty() {
            lines.push(address);
        }
        (!lines.is_empty()).then(|| Self { text: lines.join("\n"), address })
    }
}

/// The first of these attributes that says something.
pub(crate) fn first<'a>(node: &'a Value, names: &[&str]) -> &'a str {
    names.iter().map(|name| attr(node, name)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// `2026-11-26` of milliseconds since 1970, as a text or a number; of seconds if there are too few digits for
/// milliseconds. Any other text as it is.
fn date(timestamp: &Value) -> String {
    let text = match timestamp {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let number: Option<i64> = text.parse().ok();
    let seconds = number.map(|number| if text.len() > 10 { number.div_euclid(1000) } else { number });
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map_or(text, |time| time.date().to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_read() {
        assert_eq!(date(&json!("1582152559")), "2020-02-19");
        assert_eq!(date(&json!("soon")), "soon");
        assert_eq!(date(&json!(1_582_152_559_000_u64)), "2020-02-19");
        assert_eq!(date(&json!(null)), "");
    }
}
