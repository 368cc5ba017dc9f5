//! Acts of users in the issue panel.

use schema::{Ack, AckStatus, CommandBody, Request};
use serde_json::{Value, json};

use crate::support::{A, NOW, TestEnv, apply, linked, message, opened, panel, request, send, set_settings};

fn edit(env: &TestEnv, function: &str, payload: Value) -> Value {
    panel(env, "editor-1", "10007", function, payload)
}

fn asked(env: &TestEnv) -> Value {
    edit(env, "panel.view", json!({}))["asked"].clone()
}

#[test]
fn users_who_may_edit_an_issue_may_request_and_remove_links() {
    let (env, secret) = linked();
    assert_eq!(edit(&env, "links.request", json!({ "ticketNumber": " 50077 " })), json!({}));
    for (typed, code) in [("", "not-a-ticket"), (&"9".repeat(256), "not-a-ticket"), ("50042", "already-linked")] {
        assert_eq!(edit(&env, "links.request", json!({ "ticketNumber": typed })), json!({ "error": code }));
    }
    let url = "https://help.example/#ticket/zoom/42";
    assert_eq!(edit(&env, "links.request", json!({ "ticketNumber": url })), json!({ "error": "already-linked" }));
    let end = |ticket: Value| edit(&env, "links.remove", json!({ "ticketId": ticket }));
    for not_linked in [json!(43), json!("42"), json!(null), json!({ "id": 42 })] {
        assert_eq!(end(not_linked), json!({ "error": "not-linked" }));
    }
    assert_eq!((end(json!(42)), end(json!(42))), (json!({}), json!({ "error": "not-linked" })));
    assert!(env.keys_of(A, "link:").is_empty() && env.jira.remote_links.borrow().is_empty());
    assert_eq!(env.jira.issues.borrow()["10007"]["properties"], json!({}), "the mark is gone too");
    let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    let wanted = commands.iter().find_map(|command| match &command.body {
        CommandBody::LinkRequested(wanted) => {
            Some((wanted.ticket_number.as_str(), wanted.requested_by.account_id.as_str()))
        }
        _ => None,
    });
    assert_eq!(wanted, Some(("50077", "editor-1")));
    let ended = commands.iter().find(|command| matches!(command.body, CommandBody::LinkRemoved(_))).unwrap();
    assert_eq!((ended.ticket_id, ended.issue_id.as_deref(), commands.len()), (Some(42), Some("10007"), 2));
}

/// A request is shown until there is a link, with what became of it.
#[test]
fn a_requested_link_is_shown_until_it_is_made() {
    let (env, secret) = linked();
    edit(&env, "links.remove", json!({ "ticketId": 42 }));
    env.now.set(NOW + 1);
    edit(&env, "links.request", json!({ "ticketNumber": "50042" }));
    let row = |state: &str| json!([{ "ticket": "50042", "at": NOW + 1, "state": state }]);
    assert_eq!(asked(&env), row("waiting"), "also without any link");
    let command = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands.pop().unwrap();
    let ack = |status, code: Option<&str>| Request {
        acks: vec![Ack { command_id: command.id, status, code: code.map(str::to_owned), detail: None }],
        ..request(A, vec![])
    };
    send(&env, &secret, 3, &ack(AckStatus::Failed, Some("ticket-not-found")));
    let mut failed = row("failed");
    failed[0]["code"] = json!("ticket-not-found");
    assert_eq!(asked(&env), failed);
    env.now.set(NOW + 2);
    edit(&env, "links.request", json!({ "ticketNumber": "50042" }));
    assert_eq!(asked(&env).as_array().unwrap().len(), 1, "the newer request replaces it");
    let command = opened(&send(&env, &secret, 4, &request(A, vec![])), &secret, 4).commands.pop().unwrap();
    let done = Ack { command_id: command.id, status: AckStatus::Done, code: None, detail: None };
    send(&env, &secret, 5, &Request { acks: vec![done], ..request(A, vec![]) });
    assert_eq!(asked(&env)[0]["state"], "sent");
    env.now.set(NOW + 900_002);
    assert_eq!(asked(&env)[0]["state"], "unanswered");
    apply(&env, &secret, 6, message(6, 42, "link.requested"));
    assert_eq!(asked(&env), json!([]));
}

#[test]
fn a_request_that_must_fail_is_refused_at_once() {
    let (env, _) = linked();
    set_settings(&env, json!({ "scope": { "projects": ["OTHER"] } }));
    let wanted = json!({ "ticketNumber": "50077" });
    assert_eq!(edit(&env, "links.request", wanted.clone()), json!({ "error": "project-out-of-scope" }));
    env.jira.app_lacks.borrow_mut().insert("BROWSE_PROJECTS".into());
    assert_eq!(edit(&env, "links.request", wanted), json!({ "error": "issue-not-found" }));
    assert!(env.keys_of(A, "cmd:").is_empty() && env.keys_of(A, "asked:").is_empty());
}

#[test]
fn a_link_says_before_what_it_shares() {
    let (env, _) = linked();
    let off = json!({ "direction": "off" });
    let custom = json!([{ "zammad": "severity", "jira": "customfield_1", "kind": "text", "direction": "toJira" }]);
    let fields = json!({ "title": off, "customer": off, "tags": off, "owner": off, "custom": custom });
    set_settings(
        &env,
        json!({ "fields": fields, "comments": { "toJira": "public" }, "attachments": { "direction": "off" } }),
    );
    let shared = edit(&env, "links.sharing", json!({}));
    assert_eq!(shared["comments"], json!({ "toJira": "public", "history": "public", "toZammad": true }));
    assert_eq!(shared["files"]["direction"], "off");
    let names: Vec<&str> = shared["fields"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["state", "priority", "custom"], "no names of the customer's own fields");
    assert_eq!(shared["sidecar"], json!({ "connected": true, "lastContact": NOW }));
}

/// Reading a ticket again is one command, however often it is asked for.
#[test]
fn a_ticket_is_read_again_once_in_ten_seconds() {
    let (env, secret) = linked();
    let again = || edit(&env, "links.retry", json!({ "ticketId": 42 }));
    assert_eq!((again(), again()), (json!({}), json!({})));
    assert_eq!(env.keys_of(A, "cmd:").len(), 1);
    env.now.set(NOW + 10_000);
    again();
    let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    assert_eq!(commands.iter().map(|command| command.body.kind()).collect::<Vec<_>>(), ["refresh", "refresh"]);
    assert_eq!(edit(&env, "links.retry", json!({ "ticketId": 43 })), json!({ "error": "not-linked" }));
}
