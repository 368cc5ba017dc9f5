//! Issues that the app cannot read: nothing ends, nothing is lost, and the sidecar is told once.

use schema::{Command, CommandBody, IssueGet, Message, MessageBody, MessageResult, ResultStatus};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, linked, message, opened, request, run, send};

fn event(env: &TestEnv, kind: &str) -> Value {
    let event = json!({ "eventType": kind, "issue": { "id": "10007" }, "comment": { "id": "30001" } });
    run(forge::jira_event(&env.platform(A), &event)).unwrap()
}

fn commands(env: &TestEnv, secret: &envelope::Secret, nonce: u8) -> Vec<Command> {
    opened(&send(env, secret, nonce, &request(A, vec![])), secret, nonce).commands
}

fn get(env: &TestEnv, secret: &envelope::Secret, nonce: u8) -> MessageResult {
    let query = MessageBody::IssueGet(IssueGet { issue: "10007".into(), catch_up_since: None });
    apply(env, secret, nonce, Message { ticket_id: Some(42), ..about(u128::from(nonce), 42, query) })
}

fn hide(env: &TestEnv) {
    env.jira.app_lacks.borrow_mut().insert("BROWSE_PROJECTS".into());
}

fn show(env: &TestEnv) {
    env.jira.app_lacks.borrow_mut().clear();
}

fn is_no_access(command: &Command) -> bool {
    matches!(&command.body, CommandBody::IssueGone(gone) if gone.reason == "no-access")
}

#[test]
fn unreadable_issue_keeps_its_link_and_is_reported_once() {
    let (env, secret) = linked();
    hide(&env);
    for kind in ["avi:jira:updated:issue", "avi:jira:commented:issue", "avi:jira:updated:issue"] {
        assert_eq!(event(&env, kind), json!({}));
        env.now.set(env.now.get() + 60_000);
    }
    assert_eq!(get(&env, &secret, 2).code.as_deref(), Some("issue-no-access"));
    let queued = commands(&env, &secret, 3);
    assert!(queued.len() == 1 && is_no_access(&queued[0]), "{queued:?}");
    assert_eq!(env.keys_of(A, "link:"), ["link:i:10007", "link:t:42"]);
    assert_eq!(env.jira.remote_links.borrow().len(), 1);
}

#[test]
fn readable_issue_sends_its_state_and_the_next_outage_is_reported_again() {
    for by_query in [false, true] {
        let (env, secret) = linked();
        event(&env, "avi:jira:updated:issue");
        let before = commands(&env, &secret, 2);
        hide(&env);
        event(&env, "avi:jira:updated:issue");
        show(&env);
        env.now.set(env.now.get() + 1_000);
        if by_query {
            assert_eq!(get(&env, &secret, 3).status, ResultStatus::Accepted);
        } else {
            event(&env, "avi:jira:deleted:comment");
        }
        let queued = commands(&env, &secret, 4);
        let at = |wanted: &dyn Fn(&Command) -> bool| queued.iter().position(wanted);
        let is_state = |command: &Command| matches!(command.body, CommandBody::IssueChanged(_));
        assert!(at(&is_state) > at(&is_no_access), "after the outage: {queued:?}");
        let states = queued.iter().filter(|command| matches!(command.body, CommandBody::IssueChanged(_)));
        let states: Vec<_> = states.map(|command| command.id).collect();
        assert!(states.len() == 1 && states[0] != before[0].id, "the issue is unchanged, and still sent: {queued:?}");
        assert!(env.keys_of(A, "noaccess:").is_empty());
        env.now.set(env.now.get() + 60_000);
        hide(&env);
        event(&env, "avi:jira:updated:issue");
        assert_eq!(commands(&env, &secret, 5).iter().filter(|command| is_no_access(command)).count(), 2);
    }
}

/// A 404 while Jira does not answer otherwise is the fault of something between.
#[test]
fn unreachable_site_says_nothing_about_the_issue() {
    let (env, secret) = linked();
    env.jira.status.set(Some(404));
    assert_eq!(event(&env, "avi:jira:updated:issue"), json!({ "retry": { "afterSeconds": 5 } }));
    assert_eq!(apply(&env, &secret, 2, message(2, 42, "article.added")).code.as_deref(), Some("jira-unreadable"));
    env.jira.status.set(None);
    assert!(commands(&env, &secret, 3).is_empty());
    assert_eq!(env.keys_of(A, "link:").len(), 2);
}

#[test]
fn event_of_a_deletion_ends_the_link_also_of_an_unreadable_issue() {
    let (env, secret) = linked();
    hide(&env);
    event(&env, "avi:jira:updated:issue");
    env.now.set(env.now.get() + 1_000);
    event(&env, "avi:jira:deleted:issue");
    let reasons: Vec<String> = commands(&env, &secret, 2)
        .into_iter()
        .map(|command| match command.body {
            CommandBody::IssueGone(gone) => gone.reason,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(reasons, ["no-access", "deleted"]);
    assert!(env.keys_of(A, "link:").is_empty() && env.keys_of(A, "noaccess:").is_empty());
}

#[test]
fn missing_permission_retries_events_and_messages() {
    let (env, secret) = linked();
    for status in [401, 403] {
        env.jira.status.set(Some(status));
        let retried = event(&env, "avi:jira:updated:issue");
        assert!(retried["retry"]["afterSeconds"].as_u64().is_some(), "{status}: {retried}");
        let nonce = if status == 401 { 2 } else { 3 };
        let result = apply(&env, &secret, nonce, message(2, 42, "article.added"));
        assert_eq!((result.status, result.code.as_deref()), (ResultStatus::Retry, Some("jira-forbidden")), "{status}");
    }
    env.jira.status.set(None);
    assert_eq!(apply(&env, &secret, 4, message(2, 42, "article.added")).status, ResultStatus::Accepted);
    assert_eq!(env.jira.comments.borrow().len(), 1);
}

/// Jira's answer is 400 for a comment without the permission and for an invalid one.
#[test]
fn comment_without_permission_waits_and_an_invalid_one_is_rejected() {
    let (env, secret) = linked();
    env.jira.app_lacks.borrow_mut().insert("ADD_COMMENTS".into());
    let result = apply(&env, &secret, 2, message(2, 42, "article.added"));
    assert_eq!((result.status, result.code.as_deref()), (ResultStatus::Retry, Some("jira-forbidden")));
    env.now.set(env.now.get() + 86_400_000);
    let result = apply(&env, &secret, 3, message(2, 42, "article.added"));
    assert_eq!((result.status, result.code.as_deref()), (ResultStatus::Retry, Some("jira-forbidden")), "after a day");
    show(&env);
    *env.jira.fault.borrow_mut() = Some(("POST /rest/api/3/issue/{}/comment".into(), 400));
    let result = apply(&env, &secret, 4, message(3, 42, "article.added"));
    assert_eq!((result.status, result.code.as_deref()), (ResultStatus::Rejected, Some("jira-refused")));
}

#[test]
fn edit_of_a_comment_on_an_unreadable_issue_is_not_lost() {
    let (env, secret) = linked();
    let added = apply(&env, &secret, 2, message(2, 42, "article.added")).data.unwrap();
    let mut edit = message(3, 42, "article.changed");
    let MessageBody::ArticleChanged(article) = &mut edit.body else { panic!() };
    article.comments[0].comment_id = added["comments"][0]["commentId"].as_str().unwrap().into();
    hide(&env);
    let result = apply(&env, &secret, 3, edit.clone());
    assert_eq!((result.status, result.code.as_deref()), (ResultStatus::Retry, Some("issue-no-access")));
    assert_eq!(result.retry_after_ms, Some(300_000));
    show(&env);
    assert_eq!(apply(&env, &secret, 4, edit).data.unwrap()["comments"].as_array().unwrap().len(), 1);
}

/// Status 200 without Jira's JSON: the page of a proxy, or nothing at all.
mod page_in_place_of_an_answer {
    use super::*;

    fn replace(env: &TestEnv, call: &str) {
        *env.jira.fault.borrow_mut() = Some((call.into(), 200));
    }

    fn comment_of_a_customer(env: &TestEnv) {
        env.jira.service_projects.borrow_mut().insert("PROJ".into());
        env.jira.comments.borrow_mut().push(json!({
            "id": "30001", "issueId": "10007", "created": "c", "updated": "c", "body": {}, "properties": [],
            "author": { "accountId": "acc-1", "accountType": "customer" },
        }));
    }

    #[test]
    fn makes_no_command_and_says_nothing_about_the_project() {
        let (env, secret) = linked();
        comment_of_a_customer(&env);
        for call in ["GET /rest/api/3/issue/{}/comment/{}", "GET /rest/api/3/project/{}"] {
            replace(&env, call);
            assert_eq!(event(&env, "avi:jira:commented:issue"), json!({ "retry": { "afterSeconds": 5 } }), "{call}");
        }
        assert!(commands(&env, &secret, 2).is_empty());
        *env.jira.fault.borrow_mut() = None;
        event(&env, "avi:jira:commented:issue");
        let CommandBody::CommentAdded(content) = &commands(&env, &secret, 3)[0].body else { panic!() };
        assert!(content.service.as_ref().unwrap().by_customer);
    }

    #[test]
    fn loses_no_file_and_no_issue() {
        let (env, secret) = linked();
        replace(&env, "GET /rest/api/3/issue/{}?fields=attachment");
        let kind = "avi:jira:created:attachment";
        let attached = json!({ "eventType": kind, "issue": { "id": "10007" }, "attachment": { "id": "1" } });
        let answer = run(forge::jira_event(&env.platform(A), &attached)).unwrap();
        assert_eq!(answer, json!({ "retry": { "afterSeconds": 5 } }));
        // A 404 is believed only if Jira itself answers another question.
        hide(&env);
        replace(&env, "GET /rest/api/3/myself");
        assert_eq!(event(&env, "avi:jira:updated:issue"), json!({ "retry": { "afterSeconds": 5 } }));
        assert!(commands(&env, &secret, 2).is_empty());
    }

    #[test]
    fn is_not_taken_for_an_edit_or_a_deletion() {
        let (env, secret) = linked();
        let added = apply(&env, &secret, 2, message(2, 42, "article.added")).data.unwrap();
        let known = &added["comments"][0];
        let comments: Vec<schema::CommentRef> = vec![serde_json::from_value(known.clone()).unwrap()];
        let mut edit = message(3, 42, "article.changed");
        let MessageBody::ArticleChanged(article) = &mut edit.body else { panic!() };
        article.comments.clone_from(&comments);
        let removed = schema::ArticleRemoved { article_id: 317, comments, files: vec![], delete: true };
        let removed = about(4, 42, MessageBody::ArticleRemoved(removed));
        let calls = [("PUT", &edit), ("GET", &edit), ("DELETE", &removed), ("GET", &removed)];
        for (nonce, (call, change)) in (3..).zip(calls) {
            replace(&env, &format!("{call} /rest/api/3/issue/{{}}/comment/{{}}"));
            let result = apply(&env, &secret, nonce, change.clone());
            let code = result.code.as_deref();
            assert_eq!((result.status, code), (ResultStatus::Retry, Some("jira-unreadable")), "{call}");
        }
        *env.jira.fault.borrow_mut() = None;
        for (nonce, change) in (7..).zip([edit, removed]) {
            assert_eq!(apply(&env, &secret, nonce, change).data.unwrap()["comments"].as_array().unwrap().len(), 1);
        }
        assert!(env.jira.comments.borrow().is_empty());
    }

    #[test]
    fn hides_no_transition() {
        let (env, secret) = linked();
        replace(&env, "GET /rest/api/3/issue/{}/transitions");
        let mut plan = message(2, 42, "field.apply");
        let MessageBody::FieldApply(apply_fields) = &mut plan.body else { panic!() };
        let selector = schema::settings::StatusSelector { id: Some("d1".into()), category: None, resolution: None };
        apply_fields.issue_id = "10007".into();
        apply_fields.fields.clear();
        apply_fields.status = Some(schema::TargetStatus { any_of: vec![selector] });
        apply_fields.expected = [("status".to_owned(), schema::fingerprint(&json!("n1")))].into();
        let result = apply(&env, &secret, 3, plan);
        assert_eq!((result.status, result.code.as_deref()), (ResultStatus::Retry, Some("jira-unreadable")));
    }
}
