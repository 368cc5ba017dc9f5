//! Exchanges: verification of the envelope, application of messages, and the reply.

use envelope::Secret;
use schema::{Ack, AckStatus, MessageBody, ResultStatus};
use serde_json::json;

use crate::support::{A, B, NOW, TestEnv, apply, golden, id, linked, message, opened, request, run, sealed, send};

#[test]
fn link_is_stored_under_both_ids_and_shown_on_the_issue() {
    let (env, _) = linked();
    assert_eq!(env.keys_of(A, "link:"), ["link:i:10007", "link:t:42"]);
    let links = env.jira.remote_links.borrow();
    let link = links.values().next().unwrap();
    assert_eq!(link["object"]["url"], "https://help.example/#ticket/zoom/42");
    assert_eq!(links.len(), 1);
}

#[test]
fn article_becomes_one_marked_comment() {
    let (env, secret) = linked();
    let reply = opened(&send(&env, &secret, 2, &request(A, vec![message(2, 42, "article.added")])), &secret, 2);
    assert_eq!(reply.results[0].status, ResultStatus::Accepted);
    let comments = env.jira.comments.borrow();
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0]["properties"][0]["value"]["message"], id(2).to_string());
    let text = comments[0]["body"].to_string();
    assert!(text.contains("With ümläut"), "{text}");
}

/// In privacy mode Forge receives no text.
#[test]
fn article_without_text_becomes_a_notice() {
    let (env, secret) = linked();
    let mut article = message(2, 42, "article.added");
    let MessageBody::ArticleAdded(content) = &mut article.body else { panic!() };
    content.document = None;
    send(&env, &secret, 2, &request(A, vec![article]));
    let text = env.jira.comments.borrow()[0]["body"].to_string();
    assert!(text.contains("New internal article #317") && text.contains("Zammad #50042"), "{text}");
}

#[test]
fn repeated_message_is_a_duplicate_with_the_first_answer() {
    let (env, secret) = linked();
    let first = opened(&send(&env, &secret, 2, &request(A, vec![message(2, 42, "article.added")])), &secret, 2);
    let again = opened(&send(&env, &secret, 3, &request(A, vec![message(2, 42, "article.added")])), &secret, 3);
    assert_eq!(again.results[0].status, ResultStatus::Duplicate);
    assert_eq!(again.results[0].data, first.results[0].data);
    assert_eq!(env.jira.comments.borrow().len(), 1);
}

/// The reply was lost, then there was no connection for a day, and the platform has deleted the record of the message.
#[test]
fn message_that_comes_again_after_its_record_expired_has_one_effect() {
    let (env, secret) = linked();
    apply(&env, &secret, 2, message(2, 42, "article.added"));
    env.now.set(env.now.get() + 90_000_000);
    let before = env.kv.borrow().len();
    env.kv.borrow_mut().retain(|key, _| !format!("{key:?}").contains("seen:"));
    assert!(env.kv.borrow().len() < before, "the record is gone");
    let again = apply(&env, &secret, 3, message(2, 42, "article.added"));
    assert_eq!(again.status, ResultStatus::Accepted);
    assert_eq!(env.jira.comments.borrow().len(), 1);
}

/// Also for kinds whose answer is `null`.
#[test]
fn every_kind_is_a_duplicate_the_second_time() {
    let (env, secret) = linked();
    for (number, kind) in (10u8..).zip(["ticket.changed", "article.added", "link.requested", "link.removed"]) {
        let send_it = |nonce| {
            opened(
                &send(&env, &secret, nonce, &request(A, vec![message(u128::from(number), 42, kind)])),
                &secret,
                nonce,
            )
        };
        assert_eq!(send_it(number).results[0].status, ResultStatus::Accepted, "{kind}");
        assert_eq!(send_it(number + 100).results[0].status, ResultStatus::Duplicate, "{kind}");
    }
}

#[test]
fn replayed_request_is_refused_and_has_no_effect() {
    let (env, secret) = linked();
    let request = request(A, vec![message(2, 42, "article.added")]);
    assert_eq!(send(&env, &secret, 2, &request).status_code, 200);
    let replayed = send(&env, &secret, 2, &request);
    assert_eq!((replayed.status_code, replayed.body.as_str()), (401, r#"{"error":"unauthorized"}"#));
    assert!(!replayed.headers.contains_key("x-connector-signature"));
    assert_eq!(env.jira.comments.borrow().len(), 1);
}

/// In one warm process, A's request arrives at B's trigger; B is connected, then B also has A's secret by mistake
/// (docs/testing.md E4).
#[test]
fn request_signed_for_a_never_affects_b() {
    let (env, secret) = linked();
    env.connect(B);
    let snapshot = |env: &TestEnv| (env.keys_of(B, "link:"), env.keys_of(B, "seen:"), env.keys_of(B, "nonce:"));
    let before = snapshot(&env);
    let wire = || sealed(&env, &secret, A, 9, json!(request(A, vec![message(2, 42, "article.added")])).to_string());
    assert_eq!(run(forge::web_trigger(&env.platform(B), wire())).unwrap().status_code, 401);

    let stolen = env.secrets.borrow()[&(A.to_owned(), "hmac".to_owned())].clone();
    env.secrets.borrow_mut().insert((B.to_owned(), "hmac".to_owned()), stolen);
    // A secret record of another installation is not used.
    assert_eq!(run(forge::web_trigger(&env.platform(B), wire())).unwrap().status_code, 503);
    assert_eq!(snapshot(&env), before);
    assert!(env.jira.comments.borrow().is_empty());
}

#[test]
fn body_for_another_installation_is_400_and_audited() {
    let (env, secret) = linked();
    let wire = sealed(&env, &secret, A, 2, json!(request(B, vec![message(2, 42, "article.added")])).to_string());
    let audited = env.keys_of(A, "audit:").len();
    let response = run(forge::web_trigger(&env.platform(A), wire)).unwrap();
    assert_eq!((response.status_code, response.body.as_str()), (400, r#"{"error":"install-mismatch"}"#));
    assert_eq!(env.keys_of(A, "audit:").len(), audited + 1);
    assert!(env.jira.comments.borrow().is_empty());
}

#[test]
fn every_refusal_has_the_same_response_and_its_reason_is_counted() {
    let (env, secret) = linked();
    let body = || json!(request(A, vec![])).to_string();
    let other = Secret::from_random(vec![7; 32]).unwrap();
    let mut unsigned = sealed(&env, &secret, A, 3, body());
    unsigned.headers.clear();
    let stale = sealed(&env, &secret, A, 4, body());
    env.now.set(NOW + 301_000);
    for wire in [sealed(&env, &other, A, 2, body()), unsigned, stale] {
        let response = run(forge::web_trigger(&env.platform(A), wire)).unwrap();
        assert_eq!((response.status_code, response.body.as_str()), (401, r#"{"error":"unauthorized"}"#));
    }
    assert_eq!(env.keys_of(A, "refused:"), ["refused:bad-signature", "refused:stale"]);
    // Of a flood, one in ten seconds is counted.
    for number in 10..40 {
        env.now.set(env.now.get() + 1_000);
        run(forge::web_trigger(&env.platform(A), sealed(&env, &other, A, number, body()))).unwrap();
    }
    let counted = env.kv.borrow()[&(A.to_owned(), "refused:bad-signature".to_owned())].0["value"]["count"].clone();
    assert_eq!(counted, 1 + 3);
    let get = forge::WebRequest { method: "GET".into(), headers: vec![], body: vec![] };
    assert_eq!(run(forge::web_trigger(&env.platform(A), get)).unwrap().status_code, 405);
    assert_eq!(send(&TestEnv::new(), &secret, 1, &request(A, vec![])).status_code, 401, "not connected yet");
}

/// The invocation is stopped at every platform call, before and after the call is carried out. After the claim has expired, a
/// retry of the message leaves exactly one comment.
#[test]
fn stop_at_any_call_loses_and_duplicates_nothing() {
    let (env, secret) = linked();
    let wire = |env: &TestEnv, nonce| {
        sealed(env, &secret, A, nonce, json!(request(A, vec![message(2, 42, "article.added")])).to_string())
    };
    let counting = env.platform(A);
    run(forge::web_trigger(&counting, wire(&env, 2))).unwrap();
    let calls = counting.calls.get();
    assert!(calls >= 8, "only {calls} calls");

    for (calls_left, after) in (1..=calls).flat_map(|calls_left| [(calls_left, false), (calls_left, true)]) {
        let (env, _) = linked();
        // Both environments have the same random bytes, so the secret is the same.
        let mut stopped = env.platform(A);
        stopped.calls_left.set(calls_left);
        stopped.stop_after_call = after;
        assert!(run(forge::web_trigger(&stopped, wire(&env, 2))).is_none(), "stopped at call {calls_left}");
        let mut statuses = Vec::new();
        for nonce in 3..6 {
            let reply = opened(&run(forge::web_trigger(&env.platform(A), wire(&env, nonce))).unwrap(), &secret, nonce);
            statuses.push(reply.results[0].status);
            env.now.set(env.now.get() + 61_000);
        }
        assert_eq!(env.jira.comments.borrow().len(), 1, "stopped at call {calls_left}, after: {after}: {statuses:?}");
        assert_eq!(statuses[2], ResultStatus::Duplicate, "stopped at call {calls_left}: {statuses:?}");
    }
}

#[test]
fn message_waits_while_another_invocation_may_apply_it() {
    let (env, secret) = linked();
    let mut stopped = env.platform(A);
    stopped.stop_after_call = true;
    let wire = sealed(&env, &secret, A, 2, json!(request(A, vec![message(2, 42, "article.added")])).to_string());
    // Secrets and the two small records, nonce, settings and points; the claim of the message is made.
    stopped.calls_left.set(7);
    assert!(run(forge::web_trigger(&stopped, wire)).is_none());
    let reply = opened(&send(&env, &secret, 3, &request(A, vec![message(2, 42, "article.added")])), &secret, 3);
    assert_eq!((reply.results[0].status, reply.results[0].code.as_deref()), (ResultStatus::Retry, Some("in-progress")));
    assert_eq!(reply.results[0].retry_after_ms, Some(1_000));
}

#[test]
fn temporary_error_of_jira_retries_and_blocks_the_ticket() {
    let (env, secret) = linked();
    let two = || request(A, vec![message(2, 42, "article.added"), message(3, 42, "article.added")]);
    env.jira.status.set(Some(429));
    let reply = opened(&send(&env, &secret, 2, &two()), &secret, 2);
    assert_eq!(
        (reply.results[0].code.as_deref(), reply.results[0].retry_after_ms),
        (Some("jira-limited"), Some(7_000))
    );
    assert_eq!(
        (reply.results[1].code.as_deref(), reply.results[1].retry_after_ms),
        (Some("behind-another"), Some(7_000))
    );
    // Jira failed during the write, so the comment may exist. The next run searches for it first, without delay.
    env.jira.status.set(Some(503));
    let reply = opened(&send(&env, &secret, 3, &two()), &secret, 3);
    assert_eq!(reply.results[0].code.as_deref(), Some("jira-unavailable"));
    env.jira.status.set(None);
    env.jira.calls.borrow_mut().clear();
    let reply = opened(&send(&env, &secret, 4, &two()), &secret, 4);
    assert!(reply.results.iter().all(|result| result.status == ResultStatus::Accepted), "{:?}", reply.results);
    assert_eq!(env.jira.calls.borrow()[0].method, "GET");
    assert_eq!(env.jira.comments.borrow().len(), 2);
    env.jira.status.set(Some(403));
    let reply = opened(&send(&env, &secret, 5, &request(A, vec![message(4, 42, "article.added")])), &secret, 5);
    assert_eq!(
        (reply.results[0].status, reply.results[0].code.as_deref()),
        (ResultStatus::Retry, Some("jira-forbidden"))
    );
}

#[test]
fn invalid_message_is_rejected_and_the_others_are_applied() {
    let (env, secret) = linked();
    let mut body = json!(request(A, vec![message(2, 42, "article.added")]));
    let good = body["messages"][0].clone();
    body["messages"] = json!([{ "id": "x", "kind": "new.kind" }, { "kind": 7 }, message(3, 99, "article.added"), message(5, 42, "drift.report"), good]);
    let wire = sealed(&env, &secret, A, 2, body.to_string());
    let reply = opened(&run(forge::web_trigger(&env.platform(A), wire)).unwrap(), &secret, 2);
    let codes: Vec<_> = reply.results.iter().map(|result| result.code.as_deref().unwrap_or("-")).collect();
    assert_eq!(codes, ["unsupported", "malformed", "not-linked", "-", "-"]);
    assert_eq!(env.jira.comments.borrow().len(), 1);
}

#[test]
fn acknowledged_commands_are_deleted_and_failed_ones_are_kept() {
    let (env, secret) = linked();
    let comment = json!({ "id": "30001", "author": { "accountId": "acc" }, "created": "c", "updated": "c", "body": {}, "visibility": null });
    for number in 0..3 {
        let mut comment = comment.clone();
        comment["id"] = json!((30_001 + number).to_string());
        env.jira.comments.borrow_mut().push(comment);
        let event = json!({ "eventType": "avi:jira:commented:issue", "issue": { "id": "10007" }, "comment": { "id": (30_001 + number).to_string() } });
        assert_eq!(run(forge::jira_event(&env.platform(A), &event)).unwrap(), json!({}));
    }
    let commands = opened(&send(&env, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    assert_eq!(commands.len(), 3);
    let ack =
        |at: usize, status| Ack { command_id: commands[at].id, status, code: Some("ticket-gone".into()), detail: None };
    let mut acking = request(A, vec![]);
    acking.acks = vec![ack(0, AckStatus::Done), ack(1, AckStatus::Failed)];
    let left = opened(&send(&env, &secret, 3, &acking), &secret, 3).commands;
    assert_eq!(left, commands[2..]);
    assert_eq!(env.keys_of(A, "cmdfailed:").len(), 1);
    acking.acks.clear();
    acking.poll.max = 0;
    assert!(opened(&send(&env, &secret, 4, &acking), &secret, 4).commands.is_empty());
}

#[test]
fn hello_is_stored_and_the_audit_log_stays_bounded() {
    let (env, secret) = linked();
    for number in 0..1_200u64 {
        // Behind the entries of this test's calls: ids of the log count down.
        let key = (A.to_owned(), format!("audit:7Z{number:024}"));
        env.kv.borrow_mut().insert(key, (json!({ "installId": A, "value": {} }), None));
    }
    let hello = schema::Message { id: id(9), ticket_id: None, body: golden("hello") };
    let reply = opened(&send(&env, &secret, 2, &request(A, vec![hello])), &secret, 2);
    assert_eq!(reply.results[0].status, ResultStatus::Accepted);
    assert_eq!(env.keys_of(A, "sidecar"), ["sidecar"]);
    let left = env.keys_of(A, "audit:");
    assert_eq!(left.len(), 1_000);
    // The newest entries stay, also those of this test's calls.
    assert!(left.iter().filter(|key| !key.starts_with("audit:7Z000")).count() >= 2);
    assert!(!left.contains(&format!("audit:7Z{:024}", 1_199)));
}

#[test]
fn logs_have_codes_and_no_content() {
    let (env, secret) = linked();
    env.jira.status.set(Some(400));
    send(&env, &secret, 2, &request(A, vec![message(2, 42, "article.added")]));
    let logs = env.logs.borrow().join("\n");
    assert!(logs.contains("message-not-applied"), "{logs}");
    for content in ["paragraph", "ümläut", "Printer", secret.to_hex().as_str()] {
        assert!(!logs.contains(content), "{logs}");
    }
}
