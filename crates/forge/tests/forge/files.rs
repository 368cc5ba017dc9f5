//! Files in both directions.

use schema::{
    AttachmentAnswer, AttachmentContent, AttachmentFetch, AttachmentNotice, CommandBody, Message, MessageBody,
    ResultStatus,
};
use serde_json::json;

use crate::support::{A, TestEnv, about, apply, linked, message, opened, request, run, sealed, send};

pub(crate) fn file(number: u128, attachment: u64, bytes: &str) -> Message {
    let content = AttachmentContent {
        article_id: 317,
        attachment_id: attachment,
        name: "trace.log".into(),
        size: 3,
        media_type: Some("text/plain".into()),
        sha256: None,
        bytes: Some(bytes.into()),
        notice: None,
        internal: false,
        again: false,
        issues: vec!["10007".into(), "10008".into()],
    };
    about(number, 42, MessageBody::AttachmentAdded(content))
}

fn answer(result: schema::MessageResult) -> AttachmentAnswer {
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

fn comment(env: &TestEnv) -> String {
    env.jira.comments.borrow().last().map(|comment| comment["body"].to_string()).unwrap_or_default()
}

#[test]
fn adds_the_same_bytes_to_an_issue_once() {
    let (env, secret) = linked();
    let first = answer(apply(&env, &secret, 2, file(2, 12, "AAAA")));
    let again = answer(apply(&env, &secret, 3, file(3, 13, "AAAA")));
    let other = answer(apply(&env, &secret, 4, file(4, 14, "AAAB")));
    assert_eq!(first.files[0].issue_id, "10007");
    assert_eq!(first.files, again.files);
    assert_ne!(first.files, other.files);
    assert_eq!((env.jira.uploads.get(), env.jira.comments.borrow().len()), (2, 0));
    let mut second = message(5, 42, "link.requested");
    let MessageBody::LinkRequested(request) = &mut second.body else { panic!() };
    request.issue = "PROJ-8".into();
    apply(&env, &secret, 5, second);
    assert_eq!(answer(apply(&env, &secret, 6, file(6, 12, "AAAA"))).files.len(), 2);
    assert_eq!(env.jira.uploads.get(), 3, "only on the issue that does not have the file");
}

#[test]
fn missing_file_is_explained_in_a_comment() {
    for (status, code, reason) in
        [(413, "too-large-for-jira", "larger than Jira allows"), (400, "jira-refused", "did not accept")]
    {
        let (env, secret) = linked();
        *env.jira.fault.borrow_mut() = Some(("UPLOAD".into(), status));
        let answered = answer(apply(&env, &secret, 2, file(2, 12, "AAAA")));
        assert_eq!((answered.files.len(), answered.refused.as_deref()), (0, Some(code)));
        let comment = comment(&env);
        for part in [reason, "trace.log", "1 kB", "Zammad #50042", "https://help.example/"] {
            assert!(comment.contains(part), "{part}: {comment}");
        }
    }
    let (env, secret) = linked();
    for (nonce, notice, code) in [
        (2, AttachmentNotice::TooLarge, "too-large"),
        (3, AttachmentNotice::Privacy, "privacy"),
        (4, AttachmentNotice::Unreadable, "unreadable"),
        (5, AttachmentNotice::Empty, "empty"),
    ] {
        let mut message = file(u128::from(nonce), 12, "");
        let MessageBody::AttachmentAdded(content) = &mut message.body else { panic!() };
        (content.bytes, content.notice) = (None, Some(notice));
        assert_eq!(answer(apply(&env, &secret, nonce, message)).refused.as_deref(), Some(code));
    }
    assert_eq!((env.jira.comments.borrow().len(), env.jira.uploads.get()), (4, 0));
}

#[test]
fn file_without_bytes_is_explained_and_not_uploaded() {
    let (env, secret) = linked();
    let answered = answer(apply(&env, &secret, 2, file(2, 12, "")));
    assert_eq!((answered.files.len(), answered.refused.as_deref()), (0, Some("empty")));
    assert!(comment(&env).contains("it is empty") && env.jira.uploads.get() == 0);
}

#[test]
fn equal_bytes_with_another_name_are_another_file() {
    let (env, secret) = linked();
    let named = |number: u8, name: &str| {
        let mut message = file(u128::from(number), u64::from(number), "AAAA");
        let MessageBody::AttachmentAdded(content) = &mut message.body else { panic!() };
        content.name = name.into();
        answer(apply(&env, &secret, number, message)).files
    };
    let (report, copy) = (named(2, "report.csv"), named(3, "report (1).csv"));
    assert_ne!(report, copy);
    assert_eq!(named(4, "report.csv"), report);
    // The logo in the signature of twenty mails.
    let logos: Vec<_> = (10..30).map(|number| named(number, "logo.png")).collect();
    assert!(logos.iter().all(|files| *files == logos[0]));
    assert_eq!(env.jira.files.borrow().len(), 3);
}

#[test]
fn file_without_permission_waits_and_is_added_when_it_is_granted() {
    let (env, secret) = linked();
    *env.jira.fault.borrow_mut() = Some(("UPLOAD".into(), 403));
    let waiting = apply(&env, &secret, 2, file(2, 12, "AAAA"));
    assert_eq!((waiting.status, waiting.code.as_deref()), (ResultStatus::Retry, Some("jira-forbidden")));
    assert!(env.jira.comments.borrow().is_empty() && env.keys_of(A, "sha:").is_empty());
    *env.jira.fault.borrow_mut() = None;
    assert_eq!(answer(apply(&env, &secret, 3, file(2, 12, "AAAA"))).files.len(), 1);
    *env.jira.fault.borrow_mut() = Some(("UPLOAD".into(), 403));
    env.now.set(env.now.get() + 86_400_000);
    let late = apply(&env, &secret, 4, file(4, 13, "AAAB"));
    assert_eq!((late.status, late.code.as_deref()), (ResultStatus::Retry, Some("jira-forbidden")), "after a day");
}

#[test]
fn failure_of_a_file_that_is_sent_again_does_not_wait_and_other_issues_keep_the_file() {
    let (env, secret) = linked();
    let mut second = message(2, 42, "link.requested");
    let MessageBody::LinkRequested(request) = &mut second.body else { panic!() };
    request.issue = "PROJ-8".into();
    apply(&env, &secret, 2, second);
    let to = |number, issue: &str, again| {
        let mut message = file(number, 12, "AAAA");
        let MessageBody::AttachmentAdded(content) = &mut message.body else { panic!() };
        (content.issues, content.again) = (vec![issue.into()], again);
        message
    };
    answer(apply(&env, &secret, 3, to(3, "10007", false)));
    *env.jira.fault.borrow_mut() = Some(("UPLOAD".into(), 403));
    let failed = answer(apply(&env, &secret, 4, to(4, "10008", true))).failed;
    assert_eq!(failed, [schema::RefFailure::of_issue("10008").because("jira-forbidden")]);
    *env.jira.fault.borrow_mut() = None;
    assert_eq!(answer(apply(&env, &secret, 5, to(5, "10008", true))).files.len(), 1);
    let known = env.kv.borrow()[&(A.to_owned(), "file:42:12".to_owned())].0["value"].clone();
    let issues: Vec<_> = known.as_array().unwrap().iter().map(|file| file["issueId"].clone()).collect();
    assert_eq!(issues, ["10007", "10008"], "pictures are shown on both issues");
}

/// The invocation is stopped at every call, before and after the call is carried out.
#[test]
fn stop_at_any_call_uploads_once() {
    let (env, secret) = linked();
    let wire =
        |env: &TestEnv, nonce| sealed(env, &secret, A, nonce, json!(request(A, vec![file(2, 12, "AAAA")])).to_string());
    let counting = env.platform(A);
    run(forge::web_trigger(&counting, wire(&env, 2))).unwrap();
    for (calls_left, after) in
        (1..=counting.calls.get()).flat_map(|calls_left| [(calls_left, false), (calls_left, true)])
    {
        let (env, _) = linked();
        let mut stopped = env.platform(A);
        stopped.calls_left.set(calls_left);
        stopped.stop_after_call = after;
        // Jira's files have the time of Jira's own clock.
        env.now.set(1_790_000_000_000);
        assert!(run(forge::web_trigger(&stopped, wire(&env, 2))).is_none());
        for nonce in 3..6 {
            run(forge::web_trigger(&env.platform(A), wire(&env, nonce))).unwrap();
            env.now.set(env.now.get() + 61_000);
        }
        assert_eq!(env.jira.files.borrow().len(), 1, "killed at call {calls_left}, after: {after}");
    }
}

fn fetch(env: &TestEnv, secret: &envelope::Secret, nonce: u8, issue: &str, attachment: &str) -> schema::MessageResult {
    let wanted = AttachmentFetch { issue_id: issue.into(), attachment_id: attachment.into() };
    let body = MessageBody::AttachmentFetch(wanted);
    apply(env, secret, nonce, Message { ticket_id: None, ..about(u128::from(nonce), 1, body) })
}

#[test]
fn returns_bytes_of_files_on_linked_issues_only() {
    let (env, secret) = linked();
    let id = env.jira.attach("10007", "a.txt", "aGk=", 2);
    let foreign = env.jira.attach("10008", "b.txt", "aGk=", 2);
    let large = env.jira.attach("10007", "c.bin", "", 2_621_441);
    let data = |result: schema::MessageResult| result.data.unwrap_or_default();
    assert_eq!(data(fetch(&env, &secret, 2, "10007", &id)), json!({ "bytes": "aGk=" }));
    assert_eq!(data(fetch(&env, &secret, 3, "10007", &large)), json!({ "notice": "tooLarge" }));
    assert_eq!(fetch(&env, &secret, 4, "10007", &foreign).code.as_deref(), Some("attachment-gone"));
    assert_eq!(fetch(&env, &secret, 5, "10008", &foreign).code.as_deref(), Some("not-linked"));
    assert_eq!(fetch(&env, &secret, 6, "10007", "../1").code.as_deref(), Some("not-an-attachment"));
    *env.jira.fault.borrow_mut() = Some(("DOWNLOAD".into(), 403));
    assert_eq!(fetch(&env, &secret, 7, "10007", &id).code.as_deref(), Some("jira-forbidden"));
    env.now.set(env.now.get() + 86_400_000);
    assert_eq!(data(fetch(&env, &secret, 8, "10007", &id)), json!({ "notice": "unreadable" }), "after a day");
    assert!(env.keys_of(A, "seen:").len() == 1, "queries are not recorded");
}

/// The platform refuses a reply of more than 5 MB, so what does not fit is answered by the next exchange.
#[test]
fn a_reply_has_as_many_files_as_fit() {
    let (env, secret) = linked();
    let bytes = "A".repeat(2_000_000 / 3 * 4);
    let ids: Vec<String> =
        ["a.bin", "b.bin", "c.bin"].iter().map(|name| env.jira.attach("10007", name, &bytes, 2_000_000)).collect();
    let mut wanted: Vec<(u128, &String)> = (10..).zip(&ids).collect();
    for nonce in 2..5 {
        let fetch = |(number, id): &(u128, &String)| {
            let body = AttachmentFetch { issue_id: "10007".into(), attachment_id: (*id).clone() };
            // Of different tickets: the messages of one wait for each other anyway.
            let ticket_id = u64::try_from(*number).ok();
            Message { ticket_id, ..about(*number, 1, MessageBody::AttachmentFetch(body)) }
        };
        let response = send(&env, &secret, nonce, &request(A, wanted.iter().map(fetch).collect()));
        assert!(json!({ "body": response.body }).to_string().len() < 5_000_000);
        let results = opened(&response, &secret, nonce).results;
        let codes: Vec<Option<&str>> = results.iter().map(|result| result.code.as_deref()).collect();
        let expected: Vec<Option<&str>> = (0..wanted.len()).map(|at| (at > 0).then_some("next-exchange")).collect();
        assert_eq!(codes, expected);
        wanted.remove(0);
    }
}

#[test]
fn announces_new_files_that_the_connector_did_not_add() {
    let (env, secret) = linked();
    let event = |id: &str| {
        let event = json!({ "eventType": "avi:jira:created:attachment", "issue": { "id": "10007" }, "attachment": { "id": id } });
        assert_eq!(run(forge::jira_event(&env.platform(A), &event)).unwrap(), json!({}));
    };
    apply(&env, &secret, 2, file(2, 12, "AAAA"));
    let own = env.jira.files.borrow()[0]["id"].as_str().unwrap().to_owned();
    let theirs = env.jira.attach("10007", "a.txt", "aGk=", 2);
    for id in [own.as_str(), &theirs, &theirs, "39999"] {
        event(id);
    }
    let commands = opened(&send(&env, &secret, 3, &request(A, vec![])), &secret, 3).commands;
    assert_eq!(commands.len(), 1);
    let CommandBody::AttachmentAdded(file) = &commands[0].body else { panic!() };
    assert_eq!((file.attachment_id.as_str(), file.name.as_str(), file.size), (theirs.as_str(), "a.txt", 2));
    assert_eq!(file.author.account_id, "acc-1");
    crate::support::set_settings(&env, json!({ "attachments": { "direction": "toJira" } }));
    event(&env.jira.attach("10007", "d.txt", "aGk=", 2));
    let left = opened(&send(&env, &secret, 4, &request(A, vec![])), &secret, 4).commands;
    assert_eq!(left.len(), 1, "files sync to Jira only");
}
