//! Articles and their comments, with and without files.

use schema::{ArticleAnswer, ArticleContent, ArticleRemoved, CommentRef, FileRef, Message, MessageBody, ResultStatus};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, golden, linked, message};

fn article(kind: &str) -> ArticleContent {
    match golden(kind) {
        MessageBody::ArticleAdded(article) | MessageBody::ArticleChanged(article) => article,
        _ => panic!(),
    }
}

fn text(text: &str) -> Value {
    json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] })
}

fn changed(number: u128, comments: &[&str], document: Option<Value>) -> Message {
    let comments = comments.iter().map(|&id| CommentRef { issue_id: "10007".into(), comment_id: id.into() }).collect();
    about(number, 42, MessageBody::ArticleChanged(ArticleContent { document, comments, ..article("article.changed") }))
}

fn removed(number: u128, comment: &str, delete: bool) -> Message {
    let comments = vec![CommentRef { issue_id: "10007".into(), comment_id: comment.into() }];
    let body = ArticleRemoved { article_id: 317, comments, files: vec![], delete };
    about(number, 42, MessageBody::ArticleRemoved(body))
}

/// Returns the end of an article that has files, and a comment or none.
fn removed_with_files(number: u128, comment: Option<&str>, files: &[String]) -> Message {
    let file = |id: &String| FileRef { issue_id: "10007".into(), attachment_id: id.clone() };
    let mut message = removed(number, comment.unwrap_or_default(), true);
    let MessageBody::ArticleRemoved(article) = &mut message.body else { panic!() };
    article.files = files.iter().map(file).collect();
    if comment.is_none() {
        article.comments.clear();
    }
    message
}

fn comments(result: schema::MessageResult) -> Vec<String> {
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    let answer: ArticleAnswer = serde_json::from_value(result.data.unwrap()).unwrap();
    answer.comments.into_iter().map(|comment| comment.comment_id).collect()
}

/// Writes an article's comment, and one by a person.
fn with_comments() -> (TestEnv, envelope::Secret, String) {
    let (env, secret) = linked();
    let own = comments(apply(&env, &secret, 2, message(2, 42, "article.added"))).remove(0);
    env.jira.comments.borrow_mut().push(json!({ "id": "30001", "issueId": "10007", "body": text("by a person") }));
    (env, secret, own)
}

fn body(env: &TestEnv, id: &str) -> String {
    let comments = env.jira.comments.borrow();
    comments.iter().find(|comment| comment["id"] == id).map(|comment| comment["body"].to_string()).unwrap_or_default()
}

#[test]
fn changed_article_replaces_its_own_comment_only() {
    let (env, secret, own) = with_comments();
    let all = [own.as_str(), "30001", "39999"];
    assert_eq!(comments(apply(&env, &secret, 3, changed(3, &all, Some(text("replaced"))))), [own.as_str()]);
    assert!(body(&env, &own).contains("replaced") && body(&env, "30001").contains("by a person"));
    assert_eq!(comments(apply(&env, &secret, 4, changed(4, &[&own], None))), [own.as_str()]);
    assert!(body(&env, &own).contains("New internal article #317"));
    let mark = env.jira.comments.borrow()[0]["properties"][0]["value"].clone();
    assert_eq!((&mark["article"], &mark["ticket"]), (&json!(317), &json!(42)));
}

#[test]
fn removed_article_leaves_a_tombstone_or_deletes_the_comment() {
    let (env, secret, own) = with_comments();
    assert_eq!(comments(apply(&env, &secret, 3, removed(3, &own, false))), [own.as_str()]);
    assert!(body(&env, &own).contains("no longer shown here"));
    let persons = apply(&env, &secret, 4, removed(4, "30001", true));
    let failed = json!([{ "issueId": "10007", "commentId": "30001", "reason": "not-ours" }]);
    assert_eq!(persons.data.as_ref().unwrap()["failed"], failed);
    assert!(comments(persons).is_empty(), "a person's comment stays");
    assert_eq!(comments(apply(&env, &secret, 5, removed(5, &own, true))), [own.as_str()]);
    assert_eq!((body(&env, &own).as_str(), env.jira.comments.borrow().len()), ("", 1));
    assert!(comments(apply(&env, &secret, 6, removed(6, &own, true))).is_empty(), "a missing comment is no error");
}

#[test]
fn shows_pictures_that_jira_has_and_names_the_others() {
    let (env, secret) = linked();
    let media = |id: &str| json!({ "type": "mediaSingle", "content": [{ "type": "media", "attrs": { "type": "file", "id": id, "collection": "", "alt": "screen.png" } }] });
    let document = json!({ "type": "doc", "version": 1, "content": [media("zammad-12"), media("zammad-13")] });
    let added = |number| {
        let article = ArticleContent { document: Some(document.clone()), ..article("article.added") };
        about(number, 42, MessageBody::ArticleAdded(article))
    };
    apply(&env, &secret, 2, crate::files::file(2, 12, "AAAA"));
    let attachment = env.jira.files.borrow()[0]["id"].as_str().unwrap().to_owned();
    let first = comments(apply(&env, &secret, 3, added(3))).remove(0);
    let shown = body(&env, &first);
    assert!(shown.contains(&format!("5c2e8f1a-9b7d-4e3c-8a61-{attachment:0>12}")), "{shown}");
    assert!(shown.contains("[screen.png]") && !shown.contains("zammad-1"), "{shown}");
    // A site that refuses pictures gets the document without them.
    env.jira.no_media.set(true);
    let second = body(&env, &comments(apply(&env, &secret, 4, added(4))).remove(0));
    assert!(second.matches("[screen.png]").count() == 2 && !second.contains("\"media\""), "{second}");
}

#[test]
fn refusal_on_one_issue_does_not_affect_the_others() {
    let (env, secret) = linked();
    let mut second = message(2, 42, "link.requested");
    let MessageBody::LinkRequested(request) = &mut second.body else { panic!() };
    request.issue = "PROJ-8".into();
    apply(&env, &secret, 2, second);
    let added = |number, issues: &[&str]| {
        let issues = issues.iter().map(|&issue| issue.to_owned()).collect();
        let article = ArticleContent { issues, ..article("article.added") };
        about(number, 42, MessageBody::ArticleAdded(article))
    };
    assert_eq!(comments(apply(&env, &secret, 6, added(6, &["10008", "10009"]))).len(), 1, "target issues only");
    assert_eq!(apply(&env, &secret, 7, added(7, &["10009"])).code.as_deref(), Some("not-linked"));
    env.jira.issues.borrow_mut().remove("10007");
    let answer = apply(&env, &secret, 3, added(3, &["10007", "10008"]));
    assert_eq!(answer.status, ResultStatus::Accepted);
    assert_eq!(answer.data.as_ref().unwrap()["comments"][0]["issueId"], "10008");
    assert_eq!(answer.data.unwrap()["failed"], json!([{ "issueId": "10007", "reason": "issue-no-access" }]));
    assert_eq!(env.keys_of(A, "noaccess:"), ["noaccess:10007"], "also reported to the sidecar");
    env.jira.issues.borrow_mut().remove("10008");
    let answer = apply(&env, &secret, 4, added(4, &["10007", "10008"]));
    assert_eq!((answer.status, answer.code.as_deref()), (ResultStatus::Retry, Some("issue-no-access")));
}

#[test]
fn removed_article_deletes_its_files_and_reports_those_that_stay() {
    let (env, secret, own) = with_comments();
    let added = apply(&env, &secret, 3, crate::files::file(3, 12, "AAAA")).data.unwrap();
    let file = added["files"][0]["attachmentId"].as_str().unwrap().to_owned();
    let persons = env.jira.attach("10007", "a.txt", "aGk=", 2);
    let failed = |id: &str, reason: &str| json!([{ "issueId": "10007", "attachmentId": id, "reason": reason }]);
    env.jira.app_lacks.borrow_mut().insert("DELETE_OWN_ATTACHMENTS".into());
    let kept = apply(&env, &secret, 4, removed_with_files(4, None, std::slice::from_ref(&file)));
    assert_eq!(
        (kept.status, &kept.data.unwrap()["failed"]),
        (ResultStatus::Accepted, &failed(&file, "jira-forbidden"))
    );
    *env.jira.app_lacks.borrow_mut() = ["BROWSE_PROJECTS".to_owned()].into();
    let hidden = apply(&env, &secret, 5, removed_with_files(5, None, std::slice::from_ref(&file)));
    assert_eq!((hidden.status, hidden.code.as_deref()), (ResultStatus::Retry, Some("issue-no-access")));
    env.jira.app_lacks.borrow_mut().clear();
    let all = [file.clone(), persons.clone(), "49999".to_owned()];
    let done = apply(&env, &secret, 6, removed_with_files(6, Some(&own), &all));
    assert_eq!(done.data.as_ref().unwrap()["failed"], failed(&persons, "not-ours"));
    assert_eq!(comments(done), [own]);
    let left: Vec<_> = env.jira.files.borrow().iter().map(|file| file["id"].clone()).collect();
    assert_eq!(left, [json!(persons)]);
    assert!(env.keys_of(A, "sha:").is_empty(), "the same file can be added again");
}

#[test]
fn failure_of_an_article_that_is_sent_again_is_answered_and_does_not_wait() {
    let (env, secret, own) = with_comments();
    let again = |number, change: Option<&str>| {
        let (mut message, is_new) = match change {
            Some(comment) => (changed(number, &[comment], Some(text("replaced"))), false),
            None => (message(number, 42, "article.added"), true),
        };
        let (MessageBody::ArticleAdded(content) | MessageBody::ArticleChanged(content)) = &mut message.body else {
            panic!()
        };
        content.again = true;
        assert!(is_new || !content.comments.is_empty());
        message
    };
    for (nonce, permission, change, reason) in [
        (3, "ADD_COMMENTS", None, "jira-forbidden"),
        (4, "EDIT_OWN_COMMENTS", Some(own.as_str()), "jira-forbidden"),
        (5, "BROWSE_PROJECTS", None, "issue-no-access"),
    ] {
        *env.jira.app_lacks.borrow_mut() = [permission.to_owned()].into();
        let result = apply(&env, &secret, nonce, again(u128::from(nonce), change));
        assert_eq!(result.status, ResultStatus::Accepted, "{permission}: {result:?}");
        assert_eq!(result.data.unwrap()["failed"][0]["reason"], reason, "{permission}");
    }
    assert_eq!(env.keys_of(A, "noaccess:"), ["noaccess:10007"], "also reported to the sidecar");
    env.jira.app_lacks.borrow_mut().clear();
    // While Jira answers nothing at all, whether the comment was written is not known.
    env.jira.status.set(Some(503));
    assert_eq!(apply(&env, &secret, 6, again(6, None)).status, ResultStatus::Retry);
    env.jira.status.set(None);
    assert_eq!(comments(apply(&env, &secret, 7, again(6, None))).len(), 1);
}
