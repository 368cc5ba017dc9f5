//! Opening, applying, answering.

use envelope::Secret;
use schema::{Ack, AckStatus, MessageBody, ResultStatus};
use serde_json::json;

use crate::memory::{A, B, NOW, World, golden, id, linked, message, opened, request, run, sealed, send};

#[test]
fn a_link_is_stored_on_both_ends_and_shown_on_the_issue() {
    let (world, _) = linked();
    assert_eq!(world.keys_of(A, "link:"), ["link:i:10007", "link:t:42"]);
    let links = world.jira.remote_links.borrow();
    let link = links.values().next().unwrap();
    assert_eq!(link["object"]["url"], "https://help.example/#ticket/zoom/42");
    assert_eq!(links.len(), 1);
}

#[test]
fn an_article_becomes_one_marked_comment() {
    let (world, secret) = linked();
    let reply = opened(&send(&world, &secret, 2, &request(A, vec![message(2, 42, "article.added")])), &secret, 2);
    assert_eq!(reply.results[0].status, ResultStatus::Accepted);
    let comments = world.jira.comments.borrow();
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0]["properties"][0]["value"]["message"], id(2).to_string());
    let text = comments[0]["body"].to_string();
    assert!(text.contains("With ümläut"), "{text}");
}

/// Privacy mode: Forge gets no text and writes a notice.
#[test]
fn without_a_text_only_a_notice_is_written() {
    let (world, secret) = linked();
    let mut article = message(2, 42, "article.added");
    let MessageBody::ArticleAdded(content) = &mut article.body else { panic!() };
    content.document = None;
    send(&world, &secret, 2, &request(A, vec![article]));
    let text = world.jira.comments.borrow()[0]["body"].to_string();
    assert!(text.contains("New internal article #317") && text.contains("Zammad #50042"), "{text}");
}

#[test]
fn the_same_message_again_is_a_duplicate_with_the_first_answer() {
    let (world, secret) = linked();
    let first = opened(&send(&world, &secret, 2, &request(A, vec![message(2, 42, "article.added")])), &secret, 2);
    let again = opened(&send(&world, &secret, 3, &request(A, vec![message(2, 42, "article.added")])), &secret, 3);
    assert_eq!(again.results[0].status, ResultStatus::Duplicate);
    assert_eq!(again.results[0].data, first.results[0].data);
    assert_eq!(world.jira.comments.borrow().len(), 1);
}

/// Also where there is nothing to answer: an answer of `null` is an answer.
#[test]
fn every_kind_that_is_applied_is_a_duplicate_the_second_time() {
    let (world, secret) = linked();
    for (number, kind) in (10u8..).zip(["ticket.changed", "article.added", "link.requested", "link.removed"]) {
        let send_it = |nonce| {
            opened(
                &send(&world, &secret, nonce, &request(A, vec![message(u128::from(number), 42, kind)])),
                &secret,
                nonce,
            )
        };
        assert_eq!(send_it(number).results[0].status, ResultStatus::Accepted, "{kind}");
        assert_eq!(send_it(number + 100).results[0].status, ResultStatus::Duplicate, "{kind}");
    }
}

#[test]
fn an_identical_request_is_refused_and_nothing_of_it_happens_twice() {
    let (world, secret) = linked();
    let request = request(A, vec![message(2, 42, "article.added")]);
    assert_eq!(send(&world, &secret, 2, &request).status_code, 200);
    let replayed = send(&world, &secret, 2, &request);
    assert_eq!((replayed.status_code, replayed.body.as_str()), (401, r#"{"error":"unauthorized"}"#));
    assert!(!replayed.headers.contains_key("x-connector-signature"));
    assert_eq!(world.jira.comments.borrow().len(), 1);
}

/// E4 in one warm process: A's request at B's trigger, with B connected, and with B holding A's secret by mistake.
#[test]
fn what_is_signed_for_a_never_touches_b() {
    let (world, secret) = linked();
    world.connect(B);
    let snapshot = |world: &World| (world.keys_of(B, "link:"), world.keys_of(B, "seen:"), world.keys_of(B, "nonce:"));
    let before = snapshot(&world);
    let wire = || sealed(&world, &secret, A, 9, json!(request(A, vec![message(2, 42, "article.added")])).to_string());
    assert_eq!(run(forge::web_trigger(&world.platform(B), wire())).unwrap().status_code, 401);

    let stolen = world.secrets.borrow()[&(A.to_owned(), "hmac:current".to_owned())].clone();
    world.secrets.borrow_mut().insert((B.to_owned(), "hmac:current".to_owned()), stolen);
    // A secret record that names another installation is not used at all.
    assert_eq!(run(forge::web_trigger(&world.platform(B), wire())).unwrap().status_code, 503);
    assert_eq!(snapshot(&world), before);
    assert!(world.jira.comments.borrow().is_empty());
}

#[test]
fn a_body_that_names_another_installation_is_400_and_audited() {
    let (world, secret) = linked();
    let wire = sealed(&world, &secret, A, 2, json!(request(B, vec![message(2, 42, "article.added")])).to_string());
    let audited = world.keys_of(A, "audit:").len();
    let response = run(forge::web_trigger(&world.platform(A), wire)).unwrap();
    assert_eq!((response.status_code, response.body.as_str()), (400, r#"{"error":"install-mismatch"}"#));
    assert_eq!(world.keys_of(A, "audit:").len(), audited + 1);
    assert!(world.jira.comments.borrow().is_empty());
}

#[test]
fn every_refusal_looks_the_same_and_its_reason_is_counted() {
    let (world, secret) = linked();
    let body = || json!(request(A, vec![])).to_string();
    let other = Secret::from_random(vec![7; 32]).unwrap();
    let mut unsigned = sealed(&world, &secret, A, 3, body());
    unsigned.headers.clear();
    let stale = sealed(&world, &secret, A, 4, body());
    world.now.set(NOW + 301_000);
    for wire in [sealed(&world, &other, A, 2, body()), unsigned, stale] {
        let response = run(forge::web_trigger(&world.platform(A), wire)).unwrap();
        assert_eq!((response.status_code, response.body.as_str()), (401, r#"{"error":"unauthorized"}"#));
    }
    assert_eq!(world.keys_of(A, "refused:"), ["refused:bad-signature", "refused:stale"]);
    let get = forge::WebRequest { method: "GET".into(), headers: vec![], body: vec![] };
    assert_eq!(run(forge::web_trigger(&world.platform(A), get)).unwrap().status_code, 405);
    assert_eq!(send(&World::new(), &secret, 1, &request(A, vec![])).status_code, 401, "not connected yet");
}

/// Kill the invocation at every single platform call, before and after it was carried out: once the claim has run out,
/// sending the same message again ends with exactly one comment.
#[test]
fn a_kill_at_any_call_loses_nothing_and_doubles_nothing() {
    let (world, secret) = linked();
    let wire = |world: &World, nonce| {
        sealed(world, &secret, A, nonce, json!(request(A, vec![message(2, 42, "article.added")])).to_string())
    };
    let counting = world.platform(A);
    run(forge::web_trigger(&counting, wire(&world, 2))).unwrap();
    let calls = counting.calls.get();
    assert!(calls >= 8, "only {calls} calls");

    for (fuse, after) in (1..=calls).flat_map(|fuse| [(fuse, false), (fuse, true)]) {
        let (world, _) = linked();
        // Both worlds draw the same random bytes, so the secret is the same.
        let mut dying = world.platform(A);
        dying.fuse.set(fuse);
        dying.after = after;
        assert!(run(forge::web_trigger(&dying, wire(&world, 2))).is_none(), "died at {fuse}");
        let mut statuses = Vec::new();
        for nonce in 3..6 {
            let reply =
                opened(&run(forge::web_trigger(&world.platform(A), wire(&world, nonce))).unwrap(), &secret, nonce);
            statuses.push(reply.results[0].status);
            world.now.set(world.now.get() + 61_000);
        }
        assert_eq!(world.jira.comments.borrow().len(), 1, "killed at call {fuse}, after: {after}: {statuses:?}");
        assert_eq!(statuses[2], ResultStatus::Duplicate, "killed at call {fuse}: {statuses:?}");
    }
}

#[test]
fn while_another_invocation_may_be_at_it_a_message_waits() {
    let (world, secret) = linked();
    let mut dying = world.platform(A);
    dying.after = true;
    let wire = sealed(&world, &secret, A, 2, json!(request(A, vec![message(2, 42, "article.added")])).to_string());
    dying.fuse.set(5);
    assert!(run(forge::web_trigger(&dying, wire)).is_none());
    let reply = opened(&send(&world, &secret, 3, &request(A, vec![message(2, 42, "article.added")])), &secret, 3);
    assert_eq!((reply.results[0].status, reply.results[0].code.as_deref()), (ResultStatus::Retry, Some("in-progress")));
    assert_eq!(reply.results[0].retry_after_ms, Some(1_000));
}

#[test]
fn jiras_answers_decide_and_a_waiting_message_holds_its_ticket() {
    let (world, secret) = linked();
    let two = || request(A, vec![message(2, 42, "article.added"), message(3, 42, "article.added")]);
    world.jira.status.set(Some(429));
    let reply = opened(&send(&world, &secret, 2, &two()), &secret, 2);
    assert_eq!(
        (reply.results[0].code.as_deref(), reply.results[0].retry_after_ms),
        (Some("jira-limited"), Some(7_000))
    );
    assert_eq!(
        (reply.results[1].code.as_deref(), reply.results[1].retry_after_ms),
        (Some("behind-another"), Some(7_000))
    );
    // Jira failed in the middle: perhaps written. The next try looks first, and need not wait for the claim to run out.
    world.jira.status.set(Some(503));
    let reply = opened(&send(&world, &secret, 3, &two()), &secret, 3);
    assert_eq!(reply.results[0].code.as_deref(), Some("jira-unavailable"));
    world.jira.status.set(None);
    world.jira.calls.borrow_mut().clear();
    let reply = opened(&send(&world, &secret, 4, &two()), &secret, 4);
    assert!(reply.results.iter().all(|result| result.status == ResultStatus::Accepted), "{:?}", reply.results);
    assert_eq!(world.jira.calls.borrow()[0].method, "GET");
    assert_eq!(world.jira.comments.borrow().len(), 2);
    world.jira.status.set(Some(403));
    let reply = opened(&send(&world, &secret, 5, &request(A, vec![message(4, 42, "article.added")])), &secret, 5);
    assert_eq!(
        (reply.results[0].status, reply.results[0].code.as_deref()),
        (ResultStatus::Rejected, Some("jira-forbidden"))
    );
}

#[test]
fn one_bad_message_is_answered_and_its_neighbours_are_applied() {
    let (world, secret) = linked();
    let mut body = json!(request(A, vec![message(2, 42, "article.added")]));
    let good = body["messages"][0].clone();
    body["messages"] = json!([{ "id": "x", "kind": "new.kind" }, { "kind": 7 }, message(3, 99, "article.added"), message(5, 42, "drift.report"), good]);
    let wire = sealed(&world, &secret, A, 2, body.to_string());
    let reply = opened(&run(forge::web_trigger(&world.platform(A), wire)).unwrap(), &secret, 2);
    let codes: Vec<_> = reply.results.iter().map(|result| result.code.as_deref().unwrap_or("-")).collect();
    assert_eq!(codes, ["unsupported", "malformed", "not-linked", "-", "-"]);
    assert_eq!(world.jira.comments.borrow().len(), 1);
}

#[test]
fn acknowledged_commands_disappear_and_failed_ones_are_kept_aside() {
    let (world, secret) = linked();
    let comment = json!({ "id": "30001", "author": { "accountId": "acc" }, "created": "c", "updated": "c", "body": {}, "visibility": null });
    for number in 0..3 {
        let mut comment = comment.clone();
        comment["id"] = json!((30_001 + number).to_string());
        world.jira.comments.borrow_mut().push(comment);
        let event = json!({ "eventType": "avi:jira:commented:issue", "issue": { "id": "10007" }, "comment": { "id": (30_001 + number).to_string() } });
        assert_eq!(run(forge::jira_event(&world.platform(A), &event)).unwrap(), json!({}));
    }
    let commands = opened(&send(&world, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    assert_eq!(commands.len(), 3);
    let ack =
        |at: usize, status| Ack { command_id: commands[at].id, status, code: Some("ticket-gone".into()), detail: None };
    let mut acking = request(A, vec![]);
    acking.acks = vec![ack(0, AckStatus::Done), ack(1, AckStatus::Failed)];
    let left = opened(&send(&world, &secret, 3, &acking), &secret, 3).commands;
    assert_eq!(left, commands[2..]);
    assert_eq!(world.keys_of(A, "cmdfailed:").len(), 1);
    acking.acks.clear();
    acking.poll.max = 0;
    assert!(opened(&send(&world, &secret, 4, &acking), &secret, 4).commands.is_empty());
}

#[test]
fn hello_is_kept_and_the_audit_stays_bounded() {
    let (world, secret) = linked();
    for number in 0..1_200u64 {
        let key = (A.to_owned(), format!("audit:{number:026}"));
        world.kv.borrow_mut().insert(key, (json!({ "installId": A, "value": {} }), None));
    }
    let hello = schema::Message { id: id(9), ticket_id: None, body: golden("hello") };
    let reply = opened(&send(&world, &secret, 2, &request(A, vec![hello])), &secret, 2);
    assert_eq!(reply.results[0].status, ResultStatus::Accepted);
    assert_eq!(world.keys_of(A, "sidecar"), ["sidecar"]);
    let left = world.keys_of(A, "audit:");
    assert_eq!(left.len(), 1_000);
    // The newest stay: both that this test's own calls made, which sort behind the made-up ones.
    assert!(left.iter().filter(|key| !key.starts_with("audit:000")).count() >= 2, "{left:?}");
}

#[test]
fn logs_carry_codes_and_no_content() {
    let (world, secret) = linked();
    world.jira.status.set(Some(400));
    send(&world, &secret, 2, &request(A, vec![message(2, 42, "article.added")]));
    let logs = world.logs.borrow().join("\n");
    assert!(logs.contains("message-not-applied"), "{logs}");
    for content in ["paragraph", "ümläut", "Printer", secret.to_hex().as_str()] {
        assert!(!logs.contains(content), "{logs}");
    }
}
