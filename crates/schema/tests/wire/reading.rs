//! How a reader handles bodies that differ from what the sender writes.

use proptest::prelude::*;
use schema::{MAX_ACKS, MAX_BODY_BYTES, MAX_MESSAGES, MAX_SKIPPED_TICKETS, Received, Reply, Request, RequestError};
use serde_json::{Value, json};

use crate::support::{self, INSTALL};

fn with(name: &str, value: Value) -> String {
    let mut request = serde_json::to_value(support::request()).unwrap();
    request[name] = value;
    request.to_string()
}

#[test]
fn refuses_another_installation_before_everything_else() {
    for other in [json!("ffffffff-8f4a-4c3b-9a57-2f1d7c9e0a11"), json!(null), json!(7), json!("")] {
        assert_eq!(Request::read(&with("installId", other), INSTALL), Err(RequestError::InstallMismatch));
    }
    let mut without = serde_json::to_value(support::request()).unwrap();
    without.as_object_mut().unwrap().remove("installId");
    without["v"] = json!(99);
    assert_eq!(Request::read(&without.to_string(), INSTALL), Err(RequestError::InstallMismatch));
}

#[test]
fn refuses_other_versions_shapes_and_sizes() {
    assert_eq!(Request::read(&with("v", json!(2)), INSTALL), Err(RequestError::UnsupportedVersion));
    assert_eq!(Request::read(&with("v", json!("1")), INSTALL), Err(RequestError::UnsupportedVersion));
    assert_eq!(Request::read("", INSTALL), Err(RequestError::Malformed));
    assert_eq!(Request::read("[]", INSTALL), Err(RequestError::InstallMismatch));
    assert_eq!(Request::read(&with("messages", json!("x")), INSTALL), Err(RequestError::Malformed));
    let many = vec![json!({}); MAX_MESSAGES + 1];
    assert_eq!(Request::read(&with("messages", json!(many)), INSTALL), Err(RequestError::TooLarge));
    let ack = serde_json::to_value(&support::request().acks[0]).unwrap();
    assert_eq!(Request::read(&with("acks", json!(vec![ack; MAX_ACKS + 1])), INSTALL), Err(RequestError::TooLarge));
    assert_eq!(Request::read(&with("poll", json!({"max": 51})), INSTALL), Err(RequestError::TooLarge));
    let skipping = |number: usize| with("poll", json!({ "max": 50, "skipTickets": vec![7; number] }));
    assert!(Request::read(&skipping(MAX_SKIPPED_TICKETS), INSTALL).is_ok());
    assert_eq!(Request::read(&skipping(MAX_SKIPPED_TICKETS + 1), INSTALL), Err(RequestError::TooLarge));
    let padded = with("padding", json!("x".repeat(MAX_BODY_BYTES)));
    assert_eq!(Request::read(&padded, INSTALL), Err(RequestError::TooLarge));
}

/// The parser's own limit refuses the depth before the stack overflows (docs/testing.md W6).
#[test]
fn w6_refuses_a_deep_body_without_overflow() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(Request::read(&deep, INSTALL), Err(RequestError::Malformed));
}

#[test]
fn invalid_message_does_not_block_the_others() {
    let good = serde_json::to_value(&support::messages()[2]).unwrap();
    let mut long = good.clone();
    long["data"]["document"] = json!("x".repeat(32_768));
    let mut no_ticket = good.clone();
    no_ticket.as_object_mut().unwrap().remove("ticketId");
    let mut lower = good.clone();
    lower["id"] = json!(good["id"].as_str().unwrap().to_lowercase());
    let unknown = json!({"id":"01K5DSVR00000000000000000Z","kind":"from.the.future","data":{"a":1}});
    let body = with("messages", json!([unknown, long, no_ticket, lower, 7, {}, good]));
    let read = Request::read(&body, INSTALL).unwrap().messages;
    let codes: Vec<_> = read
        .iter()
        .map(|message| match message {
            Received::Valid(_) => ("valid", None),
            Received::Rejected { code, field, .. } => (*code, *field),
        })
        .collect();
    assert_eq!(
        codes,
        [
            ("unsupported", None),
            ("invalid", Some("document")),
            ("invalid", Some("ticketId")),
            ("malformed", None),
            ("malformed", None),
            ("malformed", None),
            ("valid", None),
        ]
    );
    assert!(matches!(&read[0], Received::Rejected { id, .. } if id == "01K5DSVR00000000000000000Z"));
}

/// 32,767 characters are accepted even if each has four bytes; as JSON, two of them are the quotes.
#[test]
fn limits_count_characters() {
    let read = |characters| {
        let mut message = serde_json::to_value(&support::messages()[2]).unwrap();
        message["data"]["document"] = json!("🙂".repeat(characters));
        Request::read(&with("messages", json!([message])), INSTALL).unwrap().messages.remove(0)
    };
    assert!(matches!(read(32_765), Received::Valid(_)));
    assert!(matches!(read(32_766), Received::Rejected { code: "invalid", field: Some("document"), .. }));
}

#[test]
fn erasure_names_at_most_100_parts_and_has_a_policy() {
    let read = |parts: usize, erase: &str| {
        let at = support::messages().iter().position(|message| message.body.kind() == "ticket.gone").unwrap();
        let mut message = serde_json::to_value(&support::messages()[at]).unwrap();
        message["data"]["erase"] = json!(erase);
        message["data"]["comments"] = json!(vec![json!({ "issueId": "10007", "commentId": "1" }); parts - 1]);
        Request::read(&with("messages", json!([message])), INSTALL).unwrap().messages.remove(0)
    };
    assert!(matches!(read(100, "tombstone"), Received::Valid(_)));
    assert!(matches!(read(101, "delete"), Received::Rejected { code: "invalid", field: Some("comments"), .. }));
    assert!(matches!(read(1, "keep"), Received::Rejected { code: "invalid", field: Some("erase"), .. }));
}

#[test]
fn removed_article_names_at_most_200_files() {
    let read = |file: Value, number: usize| {
        let removed = support::messages().into_iter().find(|message| message.body.kind() == "article.removed").unwrap();
        let mut message = serde_json::to_value(removed).unwrap();
        message["data"]["files"] = json!(vec![file; number]);
        Request::read(&with("messages", json!([message])), INSTALL).unwrap().messages.remove(0)
    };
    let file = json!({ "issueId": "10007", "attachmentId": "1" });
    assert!(matches!(read(file.clone(), 200), Received::Valid(_)));
    assert!(matches!(read(file, 201), Received::Rejected { field: Some("files"), .. }));
    let nameless = json!({ "issueId": "10007", "attachmentId": "" });
    assert!(matches!(read(nameless, 1), Received::Rejected { field: Some("files.attachmentId"), .. }));
}

#[test]
fn description_has_the_limit_of_a_comment() {
    for kind in ["link.requested", "issue.create"] {
        let read = |characters| {
            let message = support::messages().into_iter().find(|message| message.body.kind() == kind).unwrap();
            let mut message = serde_json::to_value(message).unwrap();
            message["data"]["description"] = json!("x".repeat(characters));
            Request::read(&with("messages", json!([message])), INSTALL).unwrap().messages.remove(0)
        };
        assert!(matches!(read(32_765), Received::Valid(_)), "{kind}");
        assert!(matches!(read(32_766), Received::Rejected { field: Some("description"), .. }), "{kind}");
    }
}

#[test]
fn ignores_unknown_fields() {
    let mut request = serde_json::to_value(support::request()).unwrap();
    request["new"] = json!({"a": 1});
    request["messages"][0]["new"] = json!(1);
    request["messages"][0]["data"]["new"] = json!(1);
    assert!(matches!(Request::read(&request.to_string(), INSTALL).unwrap().messages[0], Received::Valid(_)));
}

#[test]
fn unreadable_command_keeps_its_id_and_does_not_block_the_others() {
    let mut reply = serde_json::to_value(support::reply()).unwrap();
    let good = serde_json::to_value(&support::commands()[1]).unwrap();
    let mut invalid = good.clone();
    invalid["data"]["commentId"] = json!("");
    let mut malformed = good.clone();
    malformed["data"] = json!({});
    reply["commands"] = json!([{"id":"X","kind":"new.kind"}, invalid, malformed, good]);
    let read = Reply::read(&reply.to_string(), INSTALL).unwrap().commands;
    let codes: Vec<_> =
        read.iter().map(|command| command.as_ref().map_or_else(|(_, code)| *code, |_| "good")).collect();
    assert_eq!(codes, ["unsupported", "invalid", "malformed", "good"]);
    assert_eq!(read[0], Err(("X".to_owned(), "unsupported")));
    assert!(Reply::read(&reply.to_string(), "ffffffff-8f4a-4c3b-9a57-2f1d7c9e0a11").is_err());
}

proptest! {
    #[test]
    fn never_panics(body in any::<String>(), name in "[a-zA-Z]{1,10}", value in "\\PC{0,30}") {
        let _ = Request::read(&body, INSTALL);
        let _ = Reply::read(&body, INSTALL);
        let _ = Request::read(&with(&name, json!(value)), INSTALL);
        let mut message = serde_json::to_value(&support::messages()[2]).unwrap();
        message["data"][&name] = json!(value);
        let _ = Request::read(&with("messages", json!([message])), INSTALL);
    }
}
