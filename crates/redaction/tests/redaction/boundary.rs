//! One snapshot a kind and mode: the review of a changed rule is the diff of a snapshot.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use redaction::table::{self, Datum, Rule};
use redaction::{Boundary, BoundaryError, Privacy, cross};
use serde_json::{Value, json};

/// The golden JSON of every message kind, as the schema crate pins it.
pub(crate) fn golden() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/tests/golden/messages");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

fn crossed(value: &Value, privacy: Privacy) -> Value {
    cross(value, privacy).unwrap().get().clone()
}

#[test]
fn every_kind_in_both_modes() {
    for message in golden() {
        let kind = message["kind"].as_str().unwrap().to_owned();
        insta::assert_json_snapshot!(format!("{kind}-off"), crossed(&message, Privacy::Off)["data"]);
        insta::assert_json_snapshot!(format!("{kind}-on"), crossed(&message, Privacy::On)["data"]);
    }
}

/// A field added to the wire must get a row here; until then it does not leave, in either mode, and this test says so.
#[test]
fn every_field_of_the_wire_has_a_row() {
    for message in golden() {
        let off = crossed(&message, Privacy::Off);
        let mut expected = message.clone();
        if message["kind"] == "ticket.changed" {
            expected["data"]["customer"].as_object_mut().unwrap().remove("email");
        }
        assert_eq!(off, expected, "a field of {} has no row in redaction's table", message["kind"]);
    }
}

#[test]
fn every_row_belongs_to_a_kind_of_the_wire() {
    let kinds: Vec<String> = golden().iter().map(|message| message["kind"].as_str().unwrap().to_owned()).collect();
    let rows: Vec<&str> = table::FIELDS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(rows.len(), kinds.len());
    assert!(rows.iter().all(|row| kinds.iter().any(|kind| kind == row)));
}

/// docs/protocol.md §4, line by line.
#[test]
fn the_published_table() {
    let rules = |datum: Datum| (datum.rule(Privacy::Off), datum.rule(Privacy::On));
    assert_eq!(rules(Datum::Technical), (Rule::Pass, Rule::Pass));
    assert_eq!(rules(Datum::Title), (Rule::Pass, Rule::Never));
    assert_eq!(rules(Datum::ArticleText), (Rule::Pass, Rule::Never));
    assert_eq!(rules(Datum::FileBytes), (Rule::Pass, Rule::Never));
    assert_eq!(rules(Datum::FileName), (Rule::Pass, Rule::ExtensionOnly));
    assert_eq!(rules(Datum::CustomerName), (Rule::Pass, Rule::Never));
    assert_eq!(rules(Datum::CustomerContact), (Rule::Never, Rule::Never));
    assert_eq!(rules(Datum::AgentEmail), (Rule::Pass, Rule::Never));
    assert_eq!(rules(Datum::FieldValues), (Rule::Pass, Rule::ClosedOnly));
}

#[test]
fn a_whole_request_crosses_message_by_message() {
    let request = json!({
        "v": 1, "installId": "i", "unknown": "canary", "messages": golden(),
        "sidecar": {"version": "1", "instance": "a", "startedAt": "t", "hostname": "canary"},
        "acks": [{"commandId": "c", "status": "done", "note": "canary"}], "poll": {"max": 50},
    });
    let on = crossed(&request, Privacy::On);
    assert!(!on.to_string().contains("canary"), "{on}");
    assert_eq!(on["messages"].as_array().unwrap().len(), golden().len());
    for (message, alone) in on["messages"].as_array().unwrap().iter().zip(golden()) {
        assert_eq!(*message, crossed(&alone, Privacy::On));
    }
    assert_eq!(on["acks"], json!([{"commandId": "c", "status": "done"}]));
}

#[test]
fn what_is_no_message_does_not_cross() {
    let shapes =
        [json!({}), json!([]), json!({"messages": 1}), json!({"messages": [1]}), json!({"kind": "hello", "data": 1})];
    for shape in shapes {
        assert!(matches!(cross(&shape, Privacy::Off), Err(BoundaryError::Shape(_))), "{shape}");
    }
    let unknown = json!({"id": "1", "kind": "ticket.body", "data": {"text": "canary"}});
    assert_eq!(cross(&unknown, Privacy::Off), Err(BoundaryError::UnknownKind("ticket.body".into())));
}

#[test]
fn file_names_keep_only_their_extension() {
    let name = |name: &str| {
        let message = json!({"kind": "attachment.added", "data": {"name": name}});
        crossed(&message, Privacy::On)["data"]["name"].clone()
    };
    assert_eq!(name("Offer Smith.PDF"), ".pdf");
    assert_eq!(name("archive.tar.gz"), ".gz");
    for strange in ["Smith", "Dear.Mr Smith", "a.", ".", "x.verylongname", "x.ü"] {
        assert_eq!(name(strange), "", "{strange}");
    }
}

#[test]
fn of_custom_fields_only_closed_values_cross() {
    let fields = json!({
        "a": true, "b": 7, "c": "2026-11-24", "d": "2026-11-24T08:00:00.000Z", "e": {"id": "10001"}, "f": [{"id": "1"}, {"id": "2"}],
        "g": "words", "h": 1.5, "i": {"value": "words"}, "j": ["words"], "k": {"id": "1", "value": "w"}, "l": "2026-11-24 words",
        "m": "Call Emma!", "n": [1, "w"],
    });
    let message = json!({"kind": "field.apply", "data": {"issueId": "1", "fields": fields}});
    let on = crossed(&message, Privacy::On);
    assert_eq!(on["data"]["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b", "c", "d", "e", "f"]);
}

#[test]
fn of_searches_only_issue_keys_cross() {
    let query = |words: &str| {
        let message = json!({"kind": "issue.search", "data": {"query": words, "limit": 1}});
        crossed(&message, Privacy::On)["data"]["query"].clone()
    };
    assert_eq!(query("PROJ-42"), "PROJ-42");
    for words in ["emma taylor", "proj-42", "PROJ-", "-42", "PROJ-42 emma", "P-1", "EMMATAYLOR-IS-1"] {
        assert_eq!(query(words), Value::Null, "{words}");
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "CANARY[a-z ]{0,20}".prop_map(Value::from)
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,12}|title|text|name|fields|owner|customer", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever is put anywhere into whatever message: with privacy on no free text comes out of the other side.
    #[test]
    fn no_free_text_crosses_in_privacy_mode(at in any::<prop::sample::Index>(), name in "[a-zA-Z]{1,12}", extra in tree()) {
        let mut message = at.get(&golden()).clone();
        let data = message["data"].as_object_mut().unwrap();
        data.insert(name, extra.clone());
        data.insert("title".into(), json!("CANARY"));
        data.insert("fields".into(), extra.clone());
        for (_, value) in data.iter_mut() {
            if let Value::Object(inner) = value {
                inner.insert("extra".into(), extra.clone());
                inner.insert("name".into(), json!("CANARY"));
            }
        }
        // `priority.name` is the one name that crosses (the table lists the priority); the others must not.
        data.remove("priority");
        if let Ok(crossed) = cross(&message, Privacy::On) {
            prop_assert!(!crossed.get().to_string().contains("CANARY"), "{}", crossed.get());
        }
    }

    #[test]
    fn crossing_twice_is_crossing_once(at in any::<prop::sample::Index>(), on in any::<bool>()) {
        let privacy = if on { Privacy::On } else { Privacy::Off };
        let once: Boundary<Value> = cross(at.get(&golden()), privacy).unwrap();
        prop_assert_eq!(&cross(once.get(), privacy).unwrap(), &once);
    }
}
