//! Atlassian's schema (tests/adf-schema).

use std::sync::LazyLock;

use jsonschema::{Draft, Validator};
use serde_json::Value;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("../adf-schema/full.json")).unwrap();
    jsonschema::options().with_draft(Draft::Draft4).build(&schema).unwrap()
});

/// Fails if the document is not valid, or is what the schema lets pass and Jira does not.
pub(crate) fn assert_valid(doc: &Value) {
    if !SCHEMA.is_valid(doc) {
        panic!("not valid: {}", blame(doc));
    }
    no_empty_text(doc);
}

/// The smallest node that is wrong: the schema's own message names the whole document.
fn blame(doc: &Value) -> String {
    let blocks = doc["content"].as_array().unwrap();
    let alone = |block: &Value| serde_json::json!({ "type": "doc", "version": 1, "content": [block] });
    let wrong = blocks.iter().find(|block| !SCHEMA.is_valid(&alone(block)));
    wrong.unwrap_or(doc).to_string()
}

fn no_empty_text(node: &Value) {
    assert_ne!(node["text"], "", "{node}");
    node["content"].as_array().into_iter().flatten().for_each(no_empty_text);
}

#[test]
fn the_schema_refuses() {
    let doc = |block: Value| serde_json::json!({ "type": "doc", "version": 1, "content": [block] });
    let text = |marks: Value| serde_json::json!({ "type": "paragraph", "content": [{ "type": "text", "text": "x", "marks": marks }] });
    assert_valid(&doc(text(serde_json::json!([{ "type": "strong" }]))));
    for wrong in [
        text(serde_json::json!([{ "type": "strong" }, { "type": "code" }])),
        serde_json::json!({ "type": "paragraph", "content": [{ "type": "paragraph" }] }),
        serde_json::json!({ "type": "paragraph", "content": [{ "type": "text", "text": "" }] }),
    ] {
        assert!(!SCHEMA.is_valid(&doc(wrong.clone())), "{wrong}");
    }
}
