//! Descriptions: what was said so far reaches the other side when a link begins, and an issue's changed description later.

use schema::{Command, CommandBody, IssueCreate, LinkAnswer, LinkRequest, Message, MessageBody, ResultStatus};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, golden, linked, opened, request, run, send, set_settings};

fn document(text: &str) -> Value {
    json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] })
}

fn create(number: u128, description: Option<Value>) -> Message {
    let MessageBody::IssueCreate(request) = golden("issue.create") else { panic!() };
    about(number, 42, MessageBody::IssueCreate(IssueCreate { description, ..request }))
}

fn link(number: u128, description: Option<Value>) -> Message {
    let MessageBody::LinkRequested(request) = golden("link.requested") else { panic!() };
    about(number, 42, MessageBody::LinkRequested(LinkRequest { description, ..request }))
}

fn answer(result: schema::MessageResult) -> LinkAnswer {
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

fn connected() -> (TestEnv, envelope::Secret) {
    let env = TestEnv::new();
    let secret = env.connect(A);
    (env, secret)
}

#[test]
fn new_issue_has_the_description_with_the_names_of_files() {
    let (env, secret) = connected();
    let mut said = document("Printer smokes");
    let media = json!({ "type": "mediaSingle", "content": [{ "type": "media", "attrs": { "id": "zammad-12", "alt": "smoke.png" } }] });
    said["content"].as_array_mut().unwrap().push(media);
    let issue = answer(apply(&env, &secret, 1, create(1, Some(said)))).issue_id;
    let written = env.jira.field(&issue, "description").to_string();
    assert!(written.contains("Printer smokes") && written.contains("[smoke.png]"), "{written}");
    assert!(env.jira.comments.borrow().is_empty());
    let issue = answer(apply(&env, &secret, 2, create(2, None))).issue_id;
    assert!(env.jira.field(&issue, "description").is_null());
}

#[test]
fn description_becomes_a_comment_if_issues_have_none() {
    let (env, secret) = connected();
    env.jira.off_screen.borrow_mut().insert("description".into());
    answer(apply(&env, &secret, 1, create(1, Some(document("Printer smokes")))));
    let comments = env.jira.comments.borrow();
    assert!(comments.len() == 1 && comments[0]["body"].to_string().contains("Printer smokes"), "{comments:?}");
}

#[test]
fn link_brings_the_issues_description_and_writes_what_was_said() {
    let (env, secret) = connected();
    env.jira.set("10007", "description", document("Steps to reproduce"));
    let linked = answer(apply(&env, &secret, 1, link(1, Some(document("Printer smokes")))));
    assert_eq!(linked.description, Some(document("Steps to reproduce")));
    assert!(env.jira.comments.borrow()[0]["body"].to_string().contains("Printer smokes"));
    assert_eq!(answer(apply(&env, &secret, 2, link(2, None))).description, Some(document("Steps to reproduce")));
    assert_eq!(env.jira.comments.borrow().len(), 1);
    assert_eq!(env.jira.field("10007", "description"), document("Steps to reproduce"), "never overwritten");
    set_settings(&env, json!({ "comments": { "toZammad": false } }));
    assert_eq!(answer(apply(&env, &secret, 3, link(3, None))).description, None);
}

#[test]
fn large_or_deep_description_is_reduced_to_its_text() {
    let mut deep = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "inmost" }] });
    for _ in 0..20 {
        deep = json!({ "type": "bulletList", "content": [{ "type": "listItem", "content": [deep] }] });
    }
    let node = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "inmost ".repeat(20), "marks": [{ "type": "strong" }] }] });
    for content in [json!([deep]), json!(vec![node; 1_000])] {
        let (env, secret) = connected();
        env.jira.set("10007", "description", json!({ "type": "doc", "version": 1, "content": content }));
        let reduced = answer(apply(&env, &secret, 1, link(1, None))).description.unwrap().to_string();
        assert!(reduced.contains("inmost") && reduced.len() < 150_000 && !reduced.contains("bulletList"));
    }
}

fn changed(env: &TestEnv, field: &str) {
    let changelog = json!({ "id": "1", "items": [{ "field": field, "fieldId": field }] });
    let event = json!({ "eventType": "avi:jira:updated:issue", "issue": { "id": "10007" }, "changelog": changelog, "atlassianId": "acc-1" });
    assert_eq!(run(forge::jira_event(&env.platform(A), &event)).unwrap(), json!({}));
}

fn commands(env: &TestEnv, secret: &envelope::Secret, nonce: u8) -> Vec<Command> {
    opened(&send(env, secret, nonce, &request(A, vec![])), secret, nonce).commands
}

#[test]
fn changed_description_is_one_command_with_its_author() {
    let (env, secret) = linked();
    env.jira.set("10007", "description", document("Steps to reproduce"));
    changed(&env, "summary");
    assert_eq!(commands(&env, &secret, 2).len(), 1, "another field");
    changed(&env, "description");
    changed(&env, "description");
    let queued = commands(&env, &secret, 3);
    let changes: Vec<_> = queued
        .iter()
        .filter_map(|command| match &command.body {
            CommandBody::DescriptionChanged(change) => Some(change),
            _ => None,
        })
        .collect();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (&changes[0].document, changes[0].author.account_id.as_str()),
        (&Some(document("Steps to reproduce")), "acc-1")
    );
    assert!(!changes[0].at_link, "a change");
    env.jira.set("10007", "description", json!(null));
    env.jira.set("10007", "updated", json!("2026-11-24T09:16:30.123+0100"));
    changed(&env, "description");
    let removed = commands(&env, &secret, 4);
    let is_removal = |command: &Command| matches!(&command.body, CommandBody::DescriptionChanged(change) if change.document.is_none());
    assert!(removed.iter().any(is_removal));
    set_settings(&env, json!({ "comments": { "toZammad": false } }));
    env.jira.set("10007", "updated", json!("2026-11-24T09:17:30.123+0100"));
    changed(&env, "description");
    assert_eq!(commands(&env, &secret, 5).len(), removed.len(), "the newer snapshot replaces the older one");
}
