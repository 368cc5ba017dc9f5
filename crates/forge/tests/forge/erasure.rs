//! Erasure of a deleted ticket's content.

use schema::{
    AttachmentAnswer, CommentRef, Erasure, FieldApply, FileRef, IssueCreate, LinkAnswer, LinkRequest, Message,
    MessageBody, RefFailure, ResultStatus, TicketEnded, TicketGone, fingerprint,
};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, golden, linked, message};

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

/// Creates an issue with a description for ticket 42 and returns its id.
fn with_issue() -> (TestEnv, envelope::Secret, String) {
    let env = TestEnv::new();
    let secret = env.connect(A);
    let MessageBody::IssueCreate(request) = golden("issue.create") else { panic!() };
    let text = json!({ "type": "text", "text": "Printer smokes" });
    let description = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [text] }] });
    let create = MessageBody::IssueCreate(IssueCreate { description: Some(description), ..request });
    let created = apply(&env, &secret, 1, about(1, 42, create));
    let answer: LinkAnswer = serde_json::from_value(created.data.unwrap()).unwrap();
    (env, secret, answer.issue_id)
}

fn delete(env: &TestEnv, secret: &envelope::Secret, nonce: u8) -> Vec<RefFailure> {
    ended(apply(env, secret, nonce, gone(u128::from(nonce), Erasure::Delete, &[], &[], false))).failed
}

fn texts_of(env: &TestEnv, issue: &str) -> (Value, Value) {
    (env.jira.field(issue, "summary"), env.jira.field(issue, "description"))
}

const ERASED: &str = "Ticket of the helpdesk, deleted";

#[test]
fn texts_of_an_issue_that_was_created_for_the_ticket_are_erased() {
    let (env, secret, issue) = with_issue();
    *env.jira.fault.borrow_mut() = Some(("PUT /rest/api/3/issue/".into(), 503));
    let waiting = apply(&env, &secret, 2, gone(9, Erasure::Delete, &[], &[], false));
    assert_eq!(waiting.status, ResultStatus::Retry);
    *env.jira.fault.borrow_mut() = None;
    assert_eq!(ended(apply(&env, &secret, 3, gone(9, Erasure::Delete, &[], &[], false))).failed, []);
    assert_eq!(texts_of(&env, &issue), (json!(ERASED), Value::Null));
    assert!(env.keys_of(A, "wrote:").is_empty());
    for (erase, summary) in [(Erasure::Tombstone, ERASED), (Erasure::Keep, "Printer on fire")] {
        let (env, secret, issue) = with_issue();
        ended(apply(&env, &secret, 2, gone(2, erase, &[], &[], false)));
        assert_eq!(texts_of(&env, &issue).0, summary);
    }
}

#[test]
fn title_that_was_written_to_an_existing_issue_is_erased() {
    let (env, secret) = linked();
    env.jira.set("10007", "description", json!({ "type": "doc" }));
    let expected = [("summary".to_owned(), fingerprint(&json!("Printer on fire")))].into();
    let fields = [("summary".to_owned(), json!("Emma cannot print"))].into();
    let plan = FieldApply { issue_id: "10007".into(), fields, status: None, expected };
    apply(&env, &secret, 2, about(2, 42, MessageBody::FieldApply(plan)));
    assert_eq!(delete(&env, &secret, 3), []);
    assert_eq!(texts_of(&env, "10007"), (json!(ERASED), json!({ "type": "doc" })), "the description is Jira's own");
    // The connector wrote nothing into this issue.
    let (env, secret) = linked();
    assert_eq!(delete(&env, &secret, 2), []);
    assert_eq!(texts_of(&env, "10007").0, "Printer on fire");
}

#[test]
fn text_that_may_not_be_the_tickets_is_kept_and_reported() {
    let kept = |issue: &str, reasons: &[&str]| -> Vec<RefFailure> {
        reasons.iter().map(|reason| RefFailure::of_issue(issue).because(reason)).collect()
    };
    let (env, secret, issue) = with_issue();
    env.jira.set(&issue, "summary", json!("Rewritten by a person"));
    assert_eq!(delete(&env, &secret, 2), kept(&issue, &["summary-kept"]));
    assert_eq!(texts_of(&env, &issue), (json!("Rewritten by a person"), Value::Null));
    // A new installation has no record of what was written.
    let (env, secret, issue) = with_issue();
    env.kv.borrow_mut().retain(|(_, key), _| !key.starts_with("wrote:"));
    assert_eq!(delete(&env, &secret, 2), kept(&issue, &["summary-kept", "description-kept"]));
    // Another ticket uses the issue too.
    let (env, secret, issue) = with_issue();
    let MessageBody::LinkRequested(request) = golden("link.requested") else { panic!() };
    let second = MessageBody::LinkRequested(LinkRequest { issue: issue.clone(), ..request });
    apply(&env, &secret, 2, about(2, 43, second));
    assert_eq!(delete(&env, &secret, 3), kept(&issue, &["summary-kept", "description-kept"]));
    assert_eq!(texts_of(&env, &issue).0, "Printer on fire");
    let (env, secret, issue) = with_issue();
    *env.jira.fault.borrow_mut() = Some(("PUT /rest/api/3/issue/".into(), 403));
    assert_eq!(delete(&env, &secret, 2), kept(&issue, &["jira-forbidden"]));
}

/// The ticket's text so far is one comment, and it may be older than any number of others.
#[test]
fn text_of_the_time_before_the_link_is_erased_however_old_it_is() {
    for (erase, left) in [(Erasure::Delete, false), (Erasure::Tombstone, true)] {
        let (env, secret) = linked();
        let MessageBody::LinkRequested(request) = golden("link.requested") else { panic!() };
        let text = json!({ "type": "text", "text": "Printer smokes" });
        let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [text] }] });
        let request = LinkRequest { description: Some(document), ..request };
        apply(&env, &secret, 2, about(2, 42, MessageBody::LinkRequested(request)));
        assert!(texts(&env).contains("Printer smokes"));
        let others =
            (0..250).map(|id| json!({ "id": format!("5{id:04}"), "issueId": "10007", "body": {}, "properties": [] }));
        env.jira.comments.borrow_mut().extend(others);
        let answer = ended(apply(&env, &secret, 3, gone(3, erase, &[], &[], false)));
        assert_eq!(answer.failed, []);
        assert!(!texts(&env).contains("Printer smokes"), "{erase:?}");
        assert_eq!(texts(&env).contains("was deleted in the helpdesk"), left, "{erase:?}");
    }
}

#[test]
fn issue_with_too_many_comments_is_reported() {
    let (env, secret) = linked();
    let others =
        (0..2_100).map(|id| json!({ "id": format!("5{id:04}"), "issueId": "10007", "body": {}, "properties": [] }));
    env.jira.comments.borrow_mut().extend(others);
    let answer = ended(apply(&env, &secret, 3, gone(3, Erasure::Delete, &[], &[], false)));
    assert_eq!(answer.failed, [RefFailure::of_issue("10007").because("comments-not-searched")]);
}
