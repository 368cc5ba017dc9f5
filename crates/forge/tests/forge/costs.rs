//! The number of calls per kind of message and event. Jira's rate limits are shared by all customers, and the platform limits
//! writes to storage per minute, so a change of these numbers needs a review.

use schema::{
    Erasure, FieldApply, IssueGet, IssuesChanged, Message, MessageBody, TargetStatus, TicketGone, fingerprint,
};
use serde_json::json;

use crate::support::{A, TestEnv, about, golden, linked, message, request, run, sealed};

/// Returns the Jira calls and the reads and writes of storage of one invocation.
fn cost(env: &TestEnv, work: impl FnOnce(&crate::support::MemoryPlatform<'_>)) -> (usize, u32, u32) {
    env.jira.calls.borrow_mut().clear();
    let uploads = env.jira.uploads.get();
    let platform = env.platform(A);
    work(&platform);
    let jira = env.jira.calls.borrow().len() + (env.jira.uploads.get() - uploads) as usize;
    (jira, platform.reads.get(), platform.writes.get())
}

fn exchange(kind: &str, message: Message) -> (String, (usize, u32, u32)) {
    let (env, secret) = linked();
    let comment = crate::support::apply(&env, &secret, 2, about(90, 42, golden("article.added")));
    let mut message = message;
    if let MessageBody::ArticleChanged(article) = &mut message.body {
        article.comments[0].comment_id =
            comment.data.as_ref().unwrap()["comments"][0]["commentId"].as_str().unwrap().into();
    }
    if let MessageBody::ArticleRemoved(article) = &mut message.body {
        article.comments[0].comment_id = comment.data.unwrap()["comments"][0]["commentId"].as_str().unwrap().into();
    }
    let wire = sealed(&env, &secret, A, 3, json!(request(A, vec![message])).to_string());
    (kind.to_owned(), cost(&env, |platform| drop(run(forge::web_trigger(platform, wire)).unwrap())))
}

fn event(kind: &str) -> (String, (usize, u32, u32)) {
    let (env, _) = linked();
    let author = json!({ "accountId": "acc-1" });
    env.jira.comments.borrow_mut().push(
        json!({ "id": "30001", "issueId": "10007", "author": author, "created": "c", "updated": "c", "body": {} }),
    );
    let file = env.jira.attach("10007", "a.txt", "", 1);
    let event = json!({ "eventType": kind, "issue": { "id": "10007" }, "comment": { "id": "30001" }, "attachment": { "id": file } });
    (kind.to_owned(), cost(&env, |platform| drop(run(forge::jira_event(platform, &event)).unwrap())))
}

#[test]
fn calls_per_message_and_event_are_as_reviewed() {
    let status = Some(TargetStatus { any_of: vec![schema::settings::StatusSelector::of_category("done")] });
    let summary = |value: &str| [("summary".to_owned(), json!(value))].into();
    let expected = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), fingerprint(&json!(value)))).collect()
    };
    let plan = |fields, status, expected| FieldApply { issue_id: "10007".into(), fields, status, expected };
    let apply = |plan| about(10, 42, MessageBody::FieldApply(plan));
    let gone =
        TicketGone { reason: "deleted".into(), erase: Erasure::Keep, comments: vec![], files: vec![], more: false };
    let get = MessageBody::IssueGet(IssueGet { issue: "PROJ-7".into(), catch_up_since: None });
    let changed_since = MessageBody::IssuesChanged(IssuesChanged { since: "2026-09-21T13:00:00Z".into() });
    let (empty_world, secret) = linked();
    let wire = sealed(&empty_world, &secret, A, 3, json!(request(A, vec![])).to_string());
    let mut changed = message(10, 42, "article.changed");
    let MessageBody::ArticleChanged(article) = &mut changed.body else { panic!() };
    article.files.clear();
    let measured = [
        ("empty".to_owned(), cost(&empty_world, |platform| drop(run(forge::web_trigger(platform, wire)).unwrap()))),
        exchange("hello", Message { ticket_id: None, ..message(10, 42, "hello") }),
        exchange("link.requested", message(10, 42, "link.requested")),
        exchange("link.removed", message(10, 42, "link.removed")),
        exchange("ticket.changed", message(10, 42, "ticket.changed")),
        exchange("article.added", message(10, 42, "article.added")),
        exchange("article.changed", changed),
        exchange("article.changed, with a file to hide", message(10, 42, "article.changed")),
        exchange("article.removed", message(10, 42, "article.removed")),
        exchange("attachment.added", crate::files::file(10, 12, "AAAA")),
        exchange("attachment.added, notice", message(10, 42, "attachment.added")),
        exchange("field.apply, fields", apply(plan(summary("New"), None, expected(&[("summary", "Printer on fire")])))),
        exchange(
            "field.apply, status in two unknown steps",
            apply(plan([].into(), status, expected(&[("status", "n1")]))),
        ),
        exchange("ticket.merged", message(10, 42, "ticket.merged")),
        exchange("ticket.gone", about(10, 42, MessageBody::TicketGone(gone))),
        exchange("issue.create", message(10, 42, "issue.create")),
        exchange("issue.get", Message { ticket_id: None, ..about(10, 1, get) }),
        exchange("issues.read", Message { ticket_id: None, ..message(10, 42, "issues.read") }),
        exchange("issues.changed", Message { ticket_id: None, ..about(10, 1, changed_since) }),
        event("avi:jira:commented:issue"),
        event("avi:jira:deleted:comment"),
        event("avi:jira:created:attachment"),
        event("avi:jira:updated:issue"),
        event("avi:jira:deleted:issue"),
    ];
    let table: Vec<String> = measured
        .iter()
        .map(|(kind, (jira, reads, writes))| format!("{kind}: {jira} Jira, {reads} reads, {writes} writes"))
        .collect();
    assert_eq!(table, EXPECTED);
}

const EXPECTED: &[&str] = &[
    "empty: 0 Jira, 6 reads, 1 writes",
    "hello: 0 Jira, 9 reads, 4 writes",
    "link.requested: 3 Jira, 10 reads, 6 writes",
    "link.removed: 2 Jira, 10 reads, 7 writes",
    "ticket.changed: 1 Jira, 12 reads, 7 writes",
    "article.added: 1 Jira, 9 reads, 5 writes",
    "article.changed: 2 Jira, 9 reads, 5 writes",
    "article.changed, with a file to hide: 3 Jira, 9 reads, 5 writes",
    "article.removed: 2 Jira, 9 reads, 5 writes",
    "attachment.added: 2 Jira, 11 reads, 9 writes",
    "attachment.added, notice: 1 Jira, 9 reads, 5 writes",
    "field.apply, fields: 2 Jira, 10 reads, 6 writes",
    "field.apply, status in two unknown steps: 5 Jira, 10 reads, 7 writes",
    "ticket.merged: 4 Jira, 15 reads, 8 writes",
    "ticket.gone: 3 Jira, 11 reads, 7 writes",
    "issue.create: 3 Jira, 10 reads, 9 writes",
    "issue.get: 1 Jira, 10 reads, 2 writes",
    "issues.read: 1 Jira, 9 reads, 2 writes",
    "issues.changed: 1 Jira, 8 reads, 2 writes",
    "avi:jira:commented:issue: 2 Jira, 6 reads, 4 writes",
    "avi:jira:deleted:comment: 0 Jira, 4 reads, 2 writes",
    "avi:jira:created:attachment: 1 Jira, 6 reads, 3 writes",
    "avi:jira:updated:issue: 1 Jira, 5 reads, 3 writes",
    "avi:jira:deleted:issue: 0 Jira, 5 reads, 6 writes",
];
