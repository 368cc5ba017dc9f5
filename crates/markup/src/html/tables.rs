//! Tables of a document as HTML.

use serde_json::Value;

use super::Writer;
use crate::color::Color;
use crate::node::{attr, content, kind};

impl Writer<'_> {
    /// Writes a table. If Jira shows row numbers, they become a first column.
    pub(super) fn table(&mut self, node: &Value, depth: usize) {
        self.tag("table", &[("border", "1")]);
        let is_numbered = node["attrs"]["isNumberColumnEnabled"].as_bool().unwrap_or_default();
        let mut number = 0_usize;
        for (at, row) in content(node).iter().enumerate() {
            let is_header = at == 0 && content(row).iter().all(|cell| kind(cell) == "tableHeader");
            if kind(row) != "tableRow" || !is_numbered {
                self.node(row, depth);
                continue;
            }
            self.tag("tr", &[]);
            if is_header {
                self.out.push_str("<th></th>");
            } else {
                number += 1;
                self.out.push_str(&format!("<td>{number}</td>"));
            }
            self.children(row, depth + 1);
            self.end("tr");
        }
        self.end("table");
    }

    pub(super) fn cell(&mut self, name: &str, node: &Value, depth: usize) {
        let spans = ["colspan", "rowspan"].map(|span| (span, node["attrs"][span].as_u64().unwrap_or(1).to_string()));
        let color = Color::from_hex(attr(node, "background")).map(|color| format!("background-color:{color};"));
        let spans = spans.iter().filter(|(_, value)| value != "1").map(|(span, value)| (*span, value.as_str()));
        let attributes: Vec<(&str, &str)> = spans.chain(color.as_deref().map(|color| ("style", color))).collect();
        self.tag(name, &attributes);
        self.tight(node, depth);
        self.end(name);
    }
}
