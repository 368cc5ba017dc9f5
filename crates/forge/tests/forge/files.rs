//! Files both ways.

use schema::{
    AttachmentAnswer, AttachmentContent, AttachmentFetch, AttachmentNotice, CommandBody, Message, MessageBody,
    ResultStatus,
};
use serde_json::json;

use crate::memory::{A, World, about, apply, linked, message, opened, request, run, sealed, send};

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
        issues: vec!["10007".into(), "10008".into()],
    };
    about(number, 42, MessageBody::AttachmentAdded(content))
}

fn answer(result: schema::MessageResult) -> AttachmentAnswer {
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

fn comment(world: &World) -> String {
    world.jira.comments.borrow().last().map(|comment| comment["body"].to_string()).unwrap_or_default()
}

#[test]
fn the_same_bytes_are_added_to_an_issue_once() {
    let (world, secret) = linked();
    let first = answer(apply(&world, &secret, 2, file(2, 12, "AAAA")));
    let again = answer(apply(&world, &secret, 3, file(3, 13, "AAAA")));
    let other = answer(apply(&world, &secret, 4, file(4, 14, "AAAB")));
    assert_eq!(first.files[0].issue_id, "10007");
    assert_eq!(first.files, again.files);
    assert_ne!(first.files, other.files);
    assert_eq!((world.jira.uploads.get(), world.jira.comments.borrow().len()), (2, 0));
    let mut second = message(5, 42, "link.requested");
    let MessageBody::LinkRequested(wish) = &mut second.body else { panic!() };
    wish.issue = "PROJ-8".into();
    apply(&world, &secret, 5, second);
    assert_eq!(answer(apply(&world, &secret, 6, file(6, 12, "AAAA"))).files.len(), 2);
    assert_eq!(world.jira.uploads.get(), 3, "only on the issue that has not got it");
}

#[test]
fn what_cannot_be_there_is_told_on_the_issue() {
    for (status, code, words) in [
        (413, "too-large-for-jira", "larger than Jira takes"),
        (403, "no-permission", "may not add"),
        (400, "jira-refused", "did not take"),
    ] {
        let (world, secret) = linked();
        *world.jira.fault.borrow_mut() = Some(("UPLOAD".into(), status));
        let told = answer(apply(&world, &secret, 2, file(2, 12, "AAAA")));
        assert_eq!((told.files.len(), told.refused.as_deref()), (0, Some(code)));
        let comment = comment(&world);
        for part in [words, "trace.log", "1 kB", "Zammad #50042", "https://help.example/"] {
            assert!(comment.contains(part), "{part}: {comment}");
        }
    }
    let (world, secret) = linked();
    for (nonce, notice, code) in [
        (2, AttachmentNotice::TooLarge, "too-large"),
        (3, AttachmentNotice::Privacy, "privacy"),
        (4, AttachmentNotice::Unreadable, "unreadable"),
    ] {
        let mut message = file(u128::from(nonce), 12, "");
        let MessageBody::AttachmentAdded(content) = &mut message.body else { panic!() };
        (content.bytes, content.notice) = (None, Some(notice));
        assert_eq!(answer(apply(&world, &secret, nonce, message)).refused.as_deref(), Some(code));
    }
    assert_eq!((world.jira.comments.borrow().len(), world.jira.uploads.get()), (3, 0));
}

/// Whatever call the invocation dies at, before or after it was carried out: one file in the end.
#[test]
fn a_kill_at_any_call_uploads_once() {
    let (world, secret) = linked();
    let wire = |world: &World, nonce| {
        sealed(world, &secret, A, nonce, json!(request(A, vec![file(2, 12, "AAAA")])).to_string())
    };
    let counting = world.platform(A);
    run(forge::web_trigger(&counting, wire(&world, 2))).unwrap();
    for (fuse, after) in (1..=counting.calls.get()).flat_map(|fuse| [(fuse, false), (fuse, true)]) {
        let (world, _) = linked();
        let mut dying = world.platform(A);
        dying.fuse.set(fuse);
        dying.after = after;
        // Jira's files are dated by its own clock.
        world.now.set(1_790_000_000_000);
        assert!(run(forge::web_trigger(&dying, wire(&world, 2))).is_none());
        for nonce in 3..6 {
            run(forge::web_trigger(&world.platform(A), wire(&world, nonce))).unwrap();
            world.now.set(world.now.get() + 61_000);
        }
        assert_eq!(world.jira.files.borrow().len(), 1, "killed at call {fuse}, after: {after}");
    }
}

fn fetch(world: &World, secret: &envelope::Secret, nonce: u8, issue: &str, attachment: &str) -> schema::MessageResult {
    let wanted = AttachmentFetch { issue_id: issue.into(), attachment_id: attachment.into() };
    let body = MessageBody::AttachmentFetch(wanted);
    apply(world, secret, nonce, Message { ticket_id: None, ..about(u128::from(nonce), 1, body) })
}

#[test]
fn the_bytes_of_a_linked_issues_file_are_given_and_no_others() {
    let (world, secret) = linked();
    let id = world.jira.attach("10007", "a.txt", "aGk=", 2);
    let foreign = world.jira.attach("10008", "b.txt", "aGk=", 2);
    let large = world.jira.attach("10007", "c.bin", "", 2_621_441);
    let data = |result: schema::MessageResult| result.data.unwrap_or_default();
    assert_eq!(data(fetch(&world, &secret, 2, "10007", &id)), json!({ "bytes": "aGk=" }));
    assert_eq!(data(fetch(&world, &secret, 3, "10007", &large)), json!({ "notice": "tooLarge" }));
    assert_eq!(fetch(&world, &secret, 4, "10007", &foreign).code.as_deref(), Some("attachment-gone"));
    assert_eq!(fetch(&world, &secret, 5, "10008", &foreign).code.as_deref(), Some("not-linked"));
    assert_eq!(fetch(&world, &secret, 6, "10007", "../1").code.as_deref(), Some("not-an-attachment"));
    *world.jira.fault.borrow_mut() = Some(("DOWNLOAD".into(), 403));
    assert_eq!(data(fetch(&world, &secret, 7, "10007", &id)), json!({ "notice": "unreadable" }));
    assert!(world.keys_of(A, "seen:").len() == 1, "questions are not remembered");
}

#[test]
fn a_new_file_in_jira_is_announced_unless_it_is_ours() {
    let (world, secret) = linked();
    let event = |id: &str| {
        let event = json!({ "eventType": "avi:jira:created:attachment", "issue": { "id": "10007" }, "attachment": { "id": id } });
        assert_eq!(run(forge::jira_event(&world.platform(A), &event)).unwrap(), json!({}));
    };
    apply(&world, &secret, 2, file(2, 12, "AAAA"));
    let own = world.jira.files.borrow()[0]["id"].as_str().unwrap().to_owned();
    let theirs = world.jira.attach("10007", "a.txt", "aGk=", 2);
    for id in [own.as_str(), &theirs, &theirs, "39999"] {
        event(id);
    }
    let commands = opened(&send(&world, &secret, 3, &request(A, vec![])), &secret, 3).commands;
    assert_eq!(commands.len(), 1);
    let CommandBody::AttachmentAdded(file) = &commands[0].body else { panic!() };
    assert_eq!((file.attachment_id.as_str(), file.name.as_str(), file.size), (theirs.as_str(), "a.txt", 2));
    assert_eq!(file.author.account_id, "acc-1");
    crate::memory::set_settings(&world, json!({ "attachments": { "direction": "toJira" } }));
    event(&world.jira.attach("10007", "d.txt", "aGk=", 2));
    let left = opened(&send(&world, &secret, 4, &request(A, vec![])), &secret, 4).commands;
    assert_eq!(left.len(), 1, "one way only");
}
