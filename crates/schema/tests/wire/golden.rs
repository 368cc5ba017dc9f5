//! Golden JSON. `UPDATE_GOLDEN=1 cargo nextest run -p schema` writes the files.

use std::fs;

use schema::{CommandBody, MessageBody, Received, Reply, Request};
use serde_json::{Value, json};

use crate::support::{self, compare_with_golden, folder};

#[test]
fn every_message_kind_has_golden_json_and_is_read_back() {
    let messages = support::messages();
    assert_eq!(messages.iter().map(|message| message.body.kind()).collect::<Vec<_>>(), MessageBody::KINDS);
    for message in messages {
        compare_with_golden(&folder("tests/golden/messages").join(format!("{}.json", message.body.kind())), &message);
        let mut request = serde_json::to_value(support::request()).unwrap();
        request["messages"] = json!([message]);
        let read = Request::read(&request.to_string(), support::INSTALL).unwrap();
        assert_eq!(read.messages, [Received::Valid(Box::new(message))]);
    }
}

#[test]
fn every_command_kind_has_golden_json_and_is_read_back() {
    let commands = support::commands();
    assert_eq!(commands.iter().map(|command| command.body.kind()).collect::<Vec<_>>(), CommandBody::KINDS);
    for command in commands {
        compare_with_golden(&folder("tests/golden/commands").join(format!("{}.json", command.body.kind())), &command);
        let mut reply = serde_json::to_value(support::reply()).unwrap();
        reply["commands"] = json!([command]);
        assert_eq!(Reply::read(&reply.to_string(), support::INSTALL).unwrap().commands, [Ok(command)]);
    }
}

#[test]
fn request_and_reply_have_golden_json() {
    compare_with_golden(&folder("tests/golden/request.json"), &support::request());
    compare_with_golden(&folder("tests/golden/reply.json"), &support::reply());
}

#[test]
fn every_golden_file_belongs_to_a_kind() {
    for (name, kinds) in [("messages", MessageBody::KINDS), ("commands", CommandBody::KINDS)] {
        for entry in fs::read_dir(folder("tests/golden").join(name)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(kinds.contains(&stem.as_str()), "{} belongs to no kind", path.display());
        }
    }
}

/// In privacy mode these fields are absent from the JSON, not `null` or empty (docs/protocol.md §4).
#[test]
fn absent_fields_are_not_serialized() {
    let mut message = serde_json::to_value(&support::messages()[2]).unwrap();
    let data = message["data"].as_object_mut().unwrap();
    for name in ["document", "part", "url", "comments"] {
        data.remove(name);
    }
    let read: schema::Message = serde_json::from_value(message.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), message);
    assert!(!message.to_string().contains("null"), "{message}");
    let _: Value = message;
}
