//! Golden JSON. `UPDATE_GOLDEN=1 cargo nextest run -p schema` writes the files; the diff is the review.

use std::fs;
use std::path::{Path, PathBuf};

use schema::{CommandBody, MessageBody, Received, Reply, Request};
use serde::Serialize;
use serde_json::{Value, json};

use crate::samples;

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares with the file, or writes it when asked to.
pub(crate) fn hold(path: &Path, value: &impl Serialize) {
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    } else {
        let golden = fs::read_to_string(path).unwrap_or_else(|_| format!("there is no {}", path.display()));
        assert_eq!(golden, text, "{}", path.display());
    }
}

#[test]
fn every_message_kind_has_its_golden_json_and_is_read_back() {
    let messages = samples::messages();
    assert_eq!(messages.iter().map(|message| message.body.kind()).collect::<Vec<_>>(), MessageBody::KINDS);
    for message in messages {
        hold(&folder("tests/golden/messages").join(format!("{}.json", message.body.kind())), &message);
        let mut request = serde_json::to_value(samples::request()).unwrap();
        request["messages"] = json!([message]);
        let read = Request::read(&request.to_string(), samples::INSTALL).unwrap();
        assert_eq!(read.messages, [Received::Good(Box::new(message))]);
    }
}

#[test]
fn every_command_kind_has_its_golden_json_and_is_read_back() {
    let commands = samples::commands();
    assert_eq!(commands.iter().map(|command| command.body.kind()).collect::<Vec<_>>(), CommandBody::KINDS);
    for command in commands {
        hold(&folder("tests/golden/commands").join(format!("{}.json", command.body.kind())), &command);
        let mut reply = serde_json::to_value(samples::reply()).unwrap();
        reply["commands"] = json!([command]);
        assert_eq!(Reply::read(&reply.to_string(), samples::INSTALL).unwrap().commands, [Ok(command)]);
    }
}

#[test]
fn request_and_reply_have_their_golden_json() {
    hold(&folder("tests/golden/request.json"), &samples::request());
    hold(&folder("tests/golden/reply.json"), &samples::reply());
}

#[test]
fn no_golden_file_is_left_over() {
    for (name, kinds) in [("messages", MessageBody::KINDS), ("commands", CommandBody::KINDS)] {
        for entry in fs::read_dir(folder("tests/golden").join(name)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(kinds.contains(&stem.as_str()), "{} belongs to no kind", path.display());
        }
    }
}

/// docs/protocol.md §4: in privacy mode these are absent; then they are absent from the JSON, not `null` or empty.
#[test]
fn what_is_not_told_leaves_no_trace() {
    let mut message = serde_json::to_value(&samples::messages()[2]).unwrap();
    let data = message["data"].as_object_mut().unwrap();
    for name in ["document", "part", "url", "comments"] {
        data.remove(name);
    }
    let read: schema::Message = serde_json::from_value(message.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), message);
    assert!(!message.to_string().contains("null"), "{message}");
    let _: Value = message;
}
