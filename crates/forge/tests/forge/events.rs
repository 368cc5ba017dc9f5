//! Jira events become commands: once each, however often and in whatever order they come.

use schema::CommandBody;
use serde_json::{Value, json};

use crate::memory::{A, World, linked, message, opened, request, run, send};

fn comment(world: &World, id: &str, created: &str, updated: &str) {
    let author = json!({ "accountId": "acc-1", "displayName": "Mia Krystof" });
    let body = json!({ "type": "doc", "version": 1, "content": [] });
    let comment = json!({ "id": id, "author": author, "body": body, "created": created, "updated": updated });
    world.jira.comments.borrow_mut().retain(|known| known["id"] != id);
    world.jira.comments.borrow_mut().push(comment);
}

fn event(world: &World, kind: &str, comment: &str) -> Value {
    let event = json!({ "eventType": kind, "issue": { "id": "10007" }, "comment": { "id": comment } });
    run(forge::jira_event(&world.platform(A), &event)).unwrap()
}

fn kinds(world: &World, secret: &envelope::Secret, nonce: u8) -> Vec<&'static str> {
    let commands = opened(&send(world, secret, nonce, &request(A, vec![])), secret, nonce).commands;
    commands.iter().map(|command| command.body.kind()).collect()
}

const COMMENTED: &str = "avi:jira:commented:issue";
const T1: &str = "2026-11-24T09:15:30.123+0100";
const T2: &str = "2026-11-24T09:16:30.123+0100";

#[test]
fn a_comment_told_three_times_is_one_command_and_an_edit_another() {
    let (world, secret) = linked();
    comment(&world, "30001", T1, T1);
    for _ in 0..3 {
        assert_eq!(event(&world, COMMENTED, "30001"), json!({}));
        world.now.set(world.now.get() + 5_000);
    }
    comment(&world, "30001", T1, T2);
    event(&world, COMMENTED, "30001");
    assert_eq!(kinds(&world, &secret, 2), ["comment.added", "comment.changed"]);
}

#[test]
fn our_own_comments_restricted_ones_and_foreign_issues_make_no_comment_command() {
    let (world, secret) = linked();
    send(&world, &secret, 2, &request(A, vec![message(2, 42, "article.added")]));
    let own = world.jira.comments.borrow()[0]["id"].as_str().unwrap().to_owned();
    event(&world, COMMENTED, &own);
    comment(&world, "30001", T1, T1);
    let restricted = json!({ "type": "role", "value": "Administrators" });
    world.jira.comments.borrow_mut().last_mut().unwrap()["visibility"] = restricted;
    event(&world, COMMENTED, "30001");
    event(&world, COMMENTED, "39999");
    for foreign in [json!("10008"), json!(null), json!("../10007"), json!("")] {
        let event = json!({ "eventType": COMMENTED, "issue": { "id": foreign }, "comment": { "id": "30001" } });
        assert_eq!(run(forge::jira_event(&world.platform(A), &event)).unwrap(), json!({}));
    }
    assert_eq!(
        kinds(&world, &secret, 3),
        ["comment.removed"],
        "what may have left before it was restricted is taken back"
    );
}

#[test]
fn several_changes_of_an_issue_are_one_command_the_newest() {
    let (world, secret) = linked();
    for (minute, status) in [(10, "To Do"), (11, "In Progress"), (12, "Done")] {
        let mut issues = world.jira.issues.borrow_mut();
        let fields = &mut issues.get_mut("10007").unwrap()["fields"];
        fields["status"]["name"] = json!(status);
        fields["updated"] = json!(format!("2026-11-24T09:{minute}:00.000+0000"));
        drop(issues);
        event(&world, "avi:jira:updated:issue", "");
    }
    let commands = opened(&send(&world, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    assert_eq!(commands.len(), 1);
    assert!(matches!(&commands[0].body, CommandBody::IssueChanged(snapshot) if snapshot.status == "Done"));
    assert_eq!(world.keys_of(A, "cmd:").len(), 1);
}

#[test]
fn a_move_keeps_the_link_and_says_both_keys() {
    let (world, secret) = linked();
    world.jira.issues.borrow_mut().get_mut("10007").unwrap()["key"] = json!("NEW-1");
    event(&world, "avi:jira:updated:issue", "");
    event(&world, "avi:jira:updated:issue", "");
    let commands = opened(&send(&world, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    assert!(
        commands
            .iter()
            .any(|command| matches!(&command.body, CommandBody::IssueMoved(moved) if moved.old_key == "PROJ-7"))
    );
    assert_eq!(commands.len(), 2);
}

#[test]
fn a_deleted_issue_ends_its_links() {
    let (world, secret) = linked();
    event(&world, "avi:jira:deleted:issue", "");
    assert_eq!(kinds(&world, &secret, 2), ["issue.gone"]);
    assert!(world.keys_of(A, "link:").is_empty());
}

#[test]
fn what_cannot_be_read_now_is_asked_for_again() {
    let (world, secret) = linked();
    comment(&world, "30001", T1, T1);
    world.jira.status.set(Some(429));
    assert_eq!(event(&world, COMMENTED, "30001"), json!({ "retry": { "afterSeconds": 7 } }));
    world.jira.status.set(None);
    assert_eq!(event(&world, COMMENTED, "30001"), json!({}));
    assert_eq!(kinds(&world, &secret, 2), ["comment.added"]);
}

#[test]
fn a_huge_comment_is_reduced_to_its_text() {
    let (world, secret) = linked();
    comment(&world, "30001", T1, T1);
    let node = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "word ".repeat(20), "marks": [{ "type": "strong" }] }] });
    world.jira.comments.borrow_mut()[0]["body"] = json!({ "type": "doc", "version": 1, "content": vec![node; 3_000] });
    event(&world, COMMENTED, "30001");
    let commands = opened(&send(&world, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    let CommandBody::CommentAdded(content) = &commands[0].body else { panic!() };
    assert!(content.reduced && content.document.to_string().contains("word word"));
    assert!(content.document.to_string().len() < 100_000);
}

/// Storage takes 31 levels and JSON readers 127: what is deeper is stored as a text, or reduced to one.
#[test]
fn a_deep_comment_is_stored_and_a_deeper_one_is_reduced_to_its_text() {
    for (lists, reduced) in [(5, false), (20, false), (25, true)] {
        let (world, secret) = linked();
        comment(&world, "30001", T1, T1);
        let mut node = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "inmost" }] });
        for _ in 0..lists {
            node = json!({ "type": "bulletList", "content": [{ "type": "listItem", "content": [node] }] });
        }
        world.jira.comments.borrow_mut()[0]["body"] = json!({ "type": "doc", "version": 1, "content": [node] });
        assert_eq!(event(&world, COMMENTED, "30001"), json!({}));
        let commands = opened(&send(&world, &secret, 2, &request(A, vec![])), &secret, 2).commands;
        let CommandBody::CommentAdded(content) = &commands[0].body else { panic!() };
        assert_eq!(content.reduced, reduced);
        assert!(content.document.to_string().contains("inmost"));
    }
}

/// Whatever the order of their events: Jira's numbers count up.
#[test]
fn comments_of_one_millisecond_keep_their_order() {
    let (world, secret) = linked();
    let ids: Vec<String> = (30_001..30_021).map(|id: u32| id.to_string()).collect();
    for id in &ids {
        comment(&world, id, T1, T1);
    }
    for id in ids.iter().rev() {
        event(&world, COMMENTED, id);
    }
    let commands = opened(&send(&world, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    let told: Vec<&str> = commands
        .iter()
        .filter_map(|command| match &command.body {
            CommandBody::CommentAdded(content) => Some(content.comment_id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(told, ids);
}

#[test]
fn of_a_project_that_takes_no_part_nothing_leaves() {
    let (world, secret) = linked();
    comment(&world, "30001", T1, T1);
    crate::memory::set_settings(&world, json!({ "scope": { "projects": ["OTHER"] } }));
    for kind in [COMMENTED, "avi:jira:updated:issue", "avi:jira:created:attachment"] {
        event(&world, kind, "30001");
    }
    assert!(kinds(&world, &secret, 2).is_empty());
    crate::memory::set_settings(&world, json!({ "comments": { "toZammad": false } }));
    event(&world, COMMENTED, "30001");
    assert!(kinds(&world, &secret, 3).is_empty(), "what is not wanted there does not leave either");
}
