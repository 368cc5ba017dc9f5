//! Jira events become commands: one each, in any order and however often an event is delivered.

use schema::CommandBody;
use serde_json::{Value, json};

use crate::support::{A, TestEnv, linked, message, opened, request, run, send, set_settings};

fn comment(env: &TestEnv, id: &str, created: &str, updated: &str) {
    let author = json!({ "accountId": "acc-1", "displayName": "Mia Krystof" });
    let body = json!({ "type": "doc", "version": 1, "content": [] });
    let comment = json!({ "id": id, "author": author, "body": body, "created": created, "updated": updated });
    env.jira.comments.borrow_mut().retain(|known| known["id"] != id);
    env.jira.comments.borrow_mut().push(comment);
}

fn event(env: &TestEnv, kind: &str, comment: &str) -> Value {
    let event = json!({ "eventType": kind, "issue": { "id": "10007" }, "comment": { "id": comment } });
    run(forge::jira_event(&env.platform(A), &event)).unwrap()
}

fn kinds(env: &TestEnv, secret: &envelope::Secret, nonce: u8) -> Vec<&'static str> {
    let commands = opened(&send(env, secret, nonce, &request(A, vec![])), secret, nonce).commands;
    commands.iter().map(|command| command.body.kind()).collect()
}

const COMMENTED: &str = "avi:jira:commented:issue";
const T1: &str = "2026-11-24T09:15:30.123+0100";
const T2: &str = "2026-11-24T09:16:30.123+0100";

#[test]
fn repeated_comment_event_is_one_command_and_an_edit_another() {
    let (env, secret) = linked();
    comment(&env, "30001", T1, T1);
    for _ in 0..3 {
        assert_eq!(event(&env, COMMENTED, "30001"), json!({}));
        env.now.set(env.now.get() + 5_000);
    }
    comment(&env, "30001", T1, T2);
    event(&env, COMMENTED, "30001");
    assert_eq!(kinds(&env, &secret, 2), ["comment.added", "comment.changed"]);
}

#[test]
fn own_and_restricted_comments_and_unlinked_issues_add_no_comment() {
    let (env, secret) = linked();
    send(&env, &secret, 2, &request(A, vec![message(2, 42, "article.added")]));
    let own = env.jira.comments.borrow()[0]["id"].as_str().unwrap().to_owned();
    event(&env, COMMENTED, &own);
    comment(&env, "30001", T1, T1);
    let restricted = json!({ "type": "role", "value": "Administrators" });
    env.jira.comments.borrow_mut().last_mut().unwrap()["visibility"] = restricted;
    event(&env, COMMENTED, "30001");
    event(&env, COMMENTED, "39999");
    for foreign in [json!("10008"), json!(null), json!("../10007"), json!("")] {
        let event = json!({ "eventType": COMMENTED, "issue": { "id": foreign }, "comment": { "id": "30001" } });
        assert_eq!(run(forge::jira_event(&env.platform(A), &event)).unwrap(), json!({}));
    }
    assert_eq!(
        kinds(&env, &secret, 3),
        ["comment.removed"],
        "a comment that may have been sent before it was restricted is removed"
    );
}

#[test]
fn delivers_only_the_newest_snapshot_of_an_issue() {
    let (env, secret) = linked();
    for (minute, status) in [(10, "To Do"), (11, "In Progress"), (12, "Done")] {
        let mut issues = env.jira.issues.borrow_mut();
        let fields = &mut issues.get_mut("10007").unwrap()["fields"];
        fields["status"]["name"] = json!(status);
        fields["updated"] = json!(format!("2026-11-24T09:{minute}:00.000+0000"));
        drop(issues);
        event(&env, "avi:jira:updated:issue", "");
    }
    let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    assert_eq!(commands.len(), 1);
    assert!(matches!(&commands[0].body, CommandBody::IssueChanged(snapshot) if snapshot.status == "Done"));
    assert_eq!(env.keys_of(A, "cmd:").len(), 1);
}

#[test]
fn moved_issue_keeps_its_link_and_reports_both_keys() {
    let (env, secret) = linked();
    env.jira.issues.borrow_mut().get_mut("10007").unwrap()["key"] = json!("NEW-1");
    event(&env, "avi:jira:updated:issue", "");
    event(&env, "avi:jira:updated:issue", "");
    let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    assert!(
        commands
            .iter()
            .any(|command| matches!(&command.body, CommandBody::IssueMoved(moved) if moved.old_key == "PROJ-7"))
    );
    assert_eq!(commands.len(), 2);
}

#[test]
fn deleted_issue_removes_its_links() {
    let (env, secret) = linked();
    event(&env, "avi:jira:deleted:issue", "");
    assert_eq!(kinds(&env, &secret, 2), ["issue.gone"]);
    assert!(env.keys_of(A, "link:").is_empty());
}

#[test]
fn retries_an_event_whose_comment_cannot_be_read() {
    let (env, secret) = linked();
    comment(&env, "30001", T1, T1);
    env.jira.status.set(Some(429));
    assert_eq!(event(&env, COMMENTED, "30001"), json!({ "retry": { "afterSeconds": 7 } }));
    env.jira.status.set(None);
    assert_eq!(event(&env, COMMENTED, "30001"), json!({}));
    assert_eq!(kinds(&env, &secret, 2), ["comment.added"]);
}

#[test]
fn large_comment_is_reduced_to_its_text() {
    let (env, secret) = linked();
    comment(&env, "30001", T1, T1);
    let node = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "word ".repeat(20), "marks": [{ "type": "strong" }] }] });
    env.jira.comments.borrow_mut()[0]["body"] = json!({ "type": "doc", "version": 1, "content": vec![node; 3_000] });
    event(&env, COMMENTED, "30001");
    let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    let CommandBody::CommentAdded(content) = &commands[0].body else { panic!() };
    assert!(content.reduced && content.document.to_string().contains("word word"));
    assert!(content.document.to_string().len() < 100_000);
}

/// Storage accepts 31 levels and JSON readers 127: a deeper document is stored as JSON text, or reduced to its text.
#[test]
fn deep_comment_is_stored_and_a_deeper_one_is_reduced_to_its_text() {
    for (lists, reduced) in [(5, false), (20, false), (25, true)] {
        let (env, secret) = linked();
        comment(&env, "30001", T1, T1);
        let mut node = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "inmost" }] });
        for _ in 0..lists {
            node = json!({ "type": "bulletList", "content": [{ "type": "listItem", "content": [node] }] });
        }
        env.jira.comments.borrow_mut()[0]["body"] = json!({ "type": "doc", "version": 1, "content": [node] });
        assert_eq!(event(&env, COMMENTED, "30001"), json!({}));
        let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
        let CommandBody::CommentAdded(content) = &commands[0].body else { panic!() };
        assert_eq!(content.reduced, reduced);
        assert!(content.document.to_string().contains("inmost"));
    }
}

/// Jira's ids count up, so they give the order whatever the order of the events.
#[test]
fn comments_of_one_millisecond_keep_their_order() {
    let (env, secret) = linked();
    let ids: Vec<String> = (30_001..30_021).map(|id: u32| id.to_string()).collect();
    for id in &ids {
        comment(&env, id, T1, T1);
    }
    for id in ids.iter().rev() {
        event(&env, COMMENTED, id);
    }
    let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    let delivered: Vec<&str> = commands
        .iter()
        .filter_map(|command| match &command.body {
            CommandBody::CommentAdded(content) => Some(content.comment_id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(delivered, ids);
}

#[test]
fn sends_nothing_of_a_project_that_is_out_of_scope() {
    let (env, secret) = linked();
    comment(&env, "30001", T1, T1);
    set_settings(&env, json!({ "scope": { "projects": ["OTHER"] } }));
    for kind in [COMMENTED, "avi:jira:updated:issue", "avi:jira:created:attachment"] {
        event(&env, kind, "30001");
    }
    assert!(kinds(&env, &secret, 2).is_empty());
    set_settings(&env, json!({ "comments": { "toZammad": false } }));
    event(&env, COMMENTED, "30001");
    assert!(kinds(&env, &secret, 3).is_empty(), "comments do not leave if they do not sync");
}

/// A release changes no issue, so the linked issues of the version are read again, if notes wait for it.
#[test]
fn release_of_a_version_sends_its_linked_issues_if_notes_wait_for_it() {
    let released = json!({ "eventType": "avi:jira:released:version", "version": { "id": "10200", "name": "4.2" } });
    for (at, expected) in [("done", vec![]), ("released", vec!["issue.changed"])] {
        let (env, secret) = linked();
        set_settings(&env, json!({ "doneNotes": { "at": at } }));
        let version = |released: bool| json!([{ "id": "10200", "name": "4.2", "released": released }]);
        // The second issue has no link, and the third is of another version.
        env.jira.set("10007", "fixVersions", version(true));
        env.jira.set("10008", "fixVersions", version(true));
        env.jira.calls.borrow_mut().clear();
        assert_eq!(run(forge::jira_event(&env.platform(A), &released)).unwrap(), json!({}));
        let calls = env.jira.calls.borrow().len();
        assert_eq!(calls, if at == "released" { 2 } else { 0 }, "the search, and the linked issue");
        assert_eq!(kinds(&env, &secret, 2), expected);
    }
    let (env, secret) = linked();
    set_settings(&env, json!({ "doneNotes": { "at": "released" } }));
    for id in [json!(null), json!("1 OR project = SUP"), json!(10_300)] {
        let event = json!({ "eventType": "avi:jira:released:version", "version": { "id": id } });
        assert_eq!(run(forge::jira_event(&env.platform(A), &event)).unwrap(), json!({}));
    }
    assert_eq!(kinds(&env, &secret, 2), [""; 0]);
}
