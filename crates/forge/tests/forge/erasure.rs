//! Erasure of a deleted ticket's content.

use schema::{
    AttachmentAnswer, CommentRef, Erasure, FileRef, Message, MessageBody, RefFailure, ResultStatus, TicketEnded,
    TicketGone,
};
use serde_json::json;

use crate::support::{A, TestEnv, about, apply, linked, message};

/// Links ticket 42, writes an article, a file and the placeholder of a file, and adds a comment and a file of a person.
/// Returns the references of all but the placeholder.
fn with_content() -> (TestEnv, envelope::Secret, Vec<CommentRef>, Vec<FileRef>) {
    let (env, secret) = linked();
    let file = apply(&env, &secret, 2, crate::files::file(2, 12, "AAAA")).data.unwrap();
    let own: AttachmentAnswer = serde_json::from_value(file).unwrap();
    apply(&env, &secret, 3, message(3, 42, "article.added"));
    let article = env.jira.comments.borrow()[0]["id"].as_str().unwrap().to_owned();
    apply(&env, &secret, 4, message(4, 42, "attachment.added"));
    env.jira.comments.borrow_mut().push(json!({ "id": "30001", "issueId": "10007", "body": {}, "properties": [] }));
    let persons = env.jira.attach("10007", "trace.log", "AAAA", 3);
    let comment = |id: &str| CommentRef { issue_id: "10007".into(), comment_id: id.into() };
    let file = |id: &str| FileRef { issue_id: "10007".into(), attachment_id: id.into() };
    let comments = vec![comment(&article), comment("30001"), comment("39999")];
    (env, secret, comments, vec![file(&own.files[0].attachment_id), file(&persons), file("49999")])
}

fn gone(number: u128, erase: Erasure, comments: &[CommentRef], files: &[FileRef], more: bool) -> Message {
    let (comments, files) = (comments.to_vec(), files.to_vec());
    about(number, 42, MessageBody::TicketGone(TicketGone { reason: "deleted".into(), erase, comments, files, more }))
}

fn ended(result: schema::MessageResult) -> TicketEnded {
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

fn texts(env: &TestEnv) -> String {
    env.jira.comments.borrow().iter().map(|comment| comment["body"].to_string()).collect::<Vec<_>>().join("\n")
}

#[test]
fn deletes_everything_of_the_ticket_and_reports_what_is_not_ours() {
    let (env, secret, comments, files) = with_content();
    apply(&env, &secret, 5, message(5, 42, "ticket.changed"));
    let first = ended(apply(&env, &secret, 6, gone(6, Erasure::Delete, &comments, &[], true)));
    assert_eq!(first.failed, [RefFailure::of_comment(&comments[1]).because("not-ours")]);
    assert!(first.issues.is_empty() && env.keys_of(A, "link:").len() == 2, "more follows");
    let last = ended(apply(&env, &secret, 7, gone(7, Erasure::Delete, &[], &files, false)));
    assert_eq!(last.failed, [RefFailure::of_file(&files[1]).because("not-ours")]);
    assert_eq!(last.issues.len(), 1);
    let left = texts(&env);
    assert_eq!(env.jira.comments.borrow().len(), 2, "the person's comment and the note: {left}");
    assert!(left.contains("has ended") && !left.contains("50042") && !left.contains("trace.log"), "{left}");
    assert_eq!(env.jira.files.borrow().len(), 1);
    assert!(env.jira.remote_links.borrow().is_empty() && env.keys_of(A, "link:").is_empty());
    assert!(env.keys_of(A, "cache:ticket:").is_empty());
    // The same file of another ticket is added again.
    assert!(env.keys_of(A, "sha:").is_empty() && env.keys_of(A, "own:").is_empty());
}

#[test]
fn tombstone_replaces_comments_and_deletes_files() {
    let (env, secret, comments, files) = with_content();
    let answer = ended(apply(&env, &secret, 5, gone(5, Erasure::Tombstone, &comments[..1], &files[..1], false)));
    assert!(answer.failed.is_empty());
    let left = texts(&env);
    assert!(left.contains("This article was deleted in the helpdesk.") && !left.contains("With ümläut"), "{left}");
    assert!(left.contains("50042") && left.contains("was deleted. The link has ended."), "{left}");
    assert_eq!(env.jira.files.borrow().len(), 1, "the person's file");
}

#[test]
fn keeps_content_without_a_policy() {
    let (env, secret, ..) = with_content();
    let before = env.jira.comments.borrow().len();
    ended(apply(&env, &secret, 5, gone(5, Erasure::Keep, &[], &[], false)));
    assert_eq!((env.jira.comments.borrow().len(), env.jira.files.borrow().len()), (before + 1, 2));
}

#[test]
fn missing_permission_to_delete_is_reported_and_an_unreadable_issue_waits() {
    let (env, secret, comments, files) = with_content();
    env.jira.app_lacks.borrow_mut().extend(["DELETE_OWN_COMMENTS".into(), "DELETE_OWN_ATTACHMENTS".into()]);
    let all = |number| gone(number, Erasure::Delete, &comments[..1], &files[..1], true);
    let answer = ended(apply(&env, &secret, 5, all(5)));
    let forbidden = [
        RefFailure::of_comment(&comments[0]).because("jira-forbidden"),
        RefFailure::of_file(&files[0]).because("jira-forbidden"),
    ];
    assert_eq!(answer.failed, forbidden);
    *env.jira.app_lacks.borrow_mut() = ["BROWSE_PROJECTS".to_owned()].into();
    let waiting = apply(&env, &secret, 6, all(6));
    assert_eq!((waiting.status, waiting.code.as_deref()), (ResultStatus::Retry, Some("issue-no-access")));
    env.now.set(env.now.get() + 86_400_000);
    let answer = ended(apply(&env, &secret, 7, all(6)));
    assert!(answer.failed.iter().all(|failure| failure.reason == "issue-no-access"), "{:?}", answer.failed);
    assert_eq!(answer.failed.len(), 2);
    env.jira.app_lacks.borrow_mut().clear();
    assert!(ended(apply(&env, &secret, 8, all(7))).failed.is_empty());
    assert!(ended(apply(&env, &secret, 9, all(8))).failed.is_empty(), "deleted already is deleted");
}
