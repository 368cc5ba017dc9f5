use std::sync::Arc;

use schema::AckStatus;
use serde_json::{Value, json};
use store::{AckRow, NewMessage};
use tokio::sync::Notify;

use super::*;
use crate::exchange::forge_client::NoAnswer;
use crate::health::Exchange;
use crate::support::{MemoryForge, NOW, Scripted, Setup, link, ticket};

/// An exchanger that holds the lease.
async fn exchanger(setup: &Setup, forge: &MemoryForge) -> Exchanger {
    let notify = || Arc::new(Notify::new());
    let mut exchanger = Exchanger::new(Parts {
        config: Arc::clone(&setup.config),
        store: Arc::clone(&setup.store),
        forge: Arc::new(forge.clone()),
        reader: setup.reader(),
        commands: setup.commands(),
        env: setup.env.clone(),
        health: Arc::clone(&setup.health),
        outbox_ready: notify(),
        inbox_ready: notify(),
        settings_changed: notify(),
        instance: "a".into(),
    });
    assert!(exchanger.acquire_lease().await.unwrap());
    exchanger
}

/// Renews the lease and runs one exchange, as the loop does.
async fn cycle(exchanger: &mut Exchanger) -> Duration {
    assert!(exchanger.acquire_lease().await.unwrap());
    exchanger.cycle().await.unwrap()
}

fn message_id(number: u8) -> String {
    format!("01M3250V00000000000000000{number}")
}

fn gone(number: u8, ticket: u8) -> NewMessage {
    let id = message_id(number);
    let body = json!({ "id": id, "ticketId": ticket, "kind": "ticket.gone", "data": { "reason": "deleted" } });
    NewMessage {
        id,
        ticket_id: ticket.into(),
        kind: "ticket.gone".into(),
        body: body.to_string(),
        dedup_key: None,
        created_at: NOW,
    }
}

/// Appends `ticket.gone` messages, one per ticket.
async fn append(setup: &Setup, tickets: &[u8]) {
    setup.store.append(tickets.iter().map(|&number| gone(number, number)).collect()).await.unwrap();
}

async fn settled(setup: &Setup, number: u8) -> Option<Settlement> {
    setup.store.settled(&message_id(number)).await.unwrap()
}

fn sent(forge: &MemoryForge) -> Vec<Vec<String>> {
    let ids = |body: &Value| -> Vec<String> {
        body["messages"].as_array().unwrap().iter().map(|message| message["id"].as_str().unwrap().into()).collect()
    };
    forge.posts().bodies.iter().map(ids).collect()
}

#[tokio::test]
async fn accepted_messages_are_done_and_acknowledgements_delivered() {
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    append(&setup, &[1, 2]).await;
    let ack = AckRow { command_id: message_id(9), status: AckStatus::Done, code: None };
    setup.store.finish_command(ack, Effects::default(), NOW).await.unwrap();
    let mut exchanger = exchanger(&setup, &forge).await;
    cycle(&mut exchanger).await;
    assert_eq!(settled(&setup, 1).await, Some(Settlement::Done { result: None }));
    assert!(setup.store.pending_acks(9).await.unwrap().is_empty());
    assert_eq!(forge.posts().bodies[0]["acks"][0]["status"], "done");
    assert_eq!(setup.health.report(NOW, false).exchange, Exchange::Good);
    cycle(&mut exchanger).await;
    assert_eq!(sent(&forge).len(), 1, "nothing to send, and no poll is due");
    setup.pass(5_000);
    cycle(&mut exchanger).await;
    assert_eq!(sent(&forge).len(), 2, "a poll is due");
}

/// Every way an exchange can fail: the state of health, and that the message is sent again.
#[tokio::test]
async fn every_failure_has_a_health_state_and_loses_nothing() {
    let status = |status| Scripted::Status(status, vec![]);
    for (answer, health) in [
        (Scripted::NoAnswer(NoAnswer::Connect), Exchange::Unreachable),
        (Scripted::NoAnswer(NoAnswer::Tls(zammad::TlsFault::UnknownIssuer)), Exchange::Unreachable),
        (Scripted::NoAnswer(NoAnswer::Timeout), Exchange::Unreachable),
        (Scripted::NoAnswer(NoAnswer::BrokenOff), Exchange::Unreachable),
        (Scripted::NoAnswer(NoAnswer::TooLarge), Exchange::Unreachable),
        (status(401), Exchange::Unauthorized),
        (status(424), Exchange::Unreachable),
        (status(429), Exchange::Unreachable),
        (status(500), Exchange::Unreachable),
        (status(503), Exchange::Unreachable),
        (Scripted::WrongSignature, Exchange::UnsignedReply),
        (Scripted::Body(json!({ "v": 1 })), Exchange::Unreachable),
    ] {
        let (setup, forge) = (Setup::new().await, MemoryForge::default());
        append(&setup, &[1]).await;
        forge.script(answer);
        let mut exchanger = exchanger(&setup, &forge).await;
        let wait = cycle(&mut exchanger).await;
        assert!(wait >= Duration::from_millis(500) && wait <= Duration::from_secs(300), "{wait:?}");
        assert_eq!(setup.health.report(NOW, false).exchange, health);
        assert_eq!(settled(&setup, 1).await, None);
        setup.pass(300_000);
        cycle(&mut exchanger).await;
        assert_eq!(settled(&setup, 1).await, Some(Settlement::Done { result: None }));
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    for (header, shortest) in [("7", 7), ("0", 0), ("soon", 0)] {
        let (setup, forge) = (Setup::new().await, MemoryForge::default());
        append(&setup, &[1]).await;
        forge.script(Scripted::Status(429, vec![("retry-after", header)]));
        let wait = exchanger(&setup, &forge).await.cycle().await.unwrap();
        assert!(wait >= Duration::from_secs(shortest) && wait <= Duration::from_secs(300), "{header}: {wait:?}");
    }
}

/// Q4: Forge refuses a whole request. Fewer messages are sent until the refused one is found.
#[tokio::test]
async fn q4_a_message_that_makes_forge_refuse_the_request_is_set_aside() {
    for status in [400, 413] {
        let (setup, forge) = (Setup::new().await, MemoryForge::default());
        append(&setup, &[1, 2, 3]).await;
        let mut exchanger = exchanger(&setup, &forge).await;
        forge.script(Scripted::Refused(status));
        cycle(&mut exchanger).await;
        forge.script(Scripted::Refused(status));
        for _ in 0..6 {
            setup.pass(5_000);
            cycle(&mut exchanger).await;
        }
        let dead = setup.store.dead_letters(9).await.unwrap();
        assert_eq!(dead.len(), 1, "{status}");
        assert_eq!(dead[0].code, "refused-by-forge");
        for number in [1, 2, 3].into_iter().filter(|number| message_id(*number) != dead[0].id) {
            assert_eq!(settled(&setup, number).await, Some(Settlement::Done { result: None }), "{status}");
        }
        assert_eq!(sent(&forge)[0].len(), 3);
        assert_eq!(sent(&forge)[1].len(), 1);
    }
}

/// A proxy that lets nothing out has the same status as Forge's refusal, but no signature.
#[tokio::test]
async fn a_refusal_that_forge_did_not_sign_gives_nothing_up() {
    for status in [400, 403, 404, 413] {
        let (setup, forge) = (Setup::new().await, MemoryForge::default());
        append(&setup, &[1, 2, 3]).await;
        let mut exchanger = exchanger(&setup, &forge).await;
        for _ in 0..20 {
            forge.script(Scripted::Status(status, vec![]));
            let wait = cycle(&mut exchanger).await;
            setup.pass(i64::try_from(wait.as_millis()).unwrap());
        }
        for _ in 0..100 {
            let wait = cycle(&mut exchanger).await;
            setup.pass(i64::try_from(wait.as_millis()).unwrap());
        }
        assert!(setup.store.dead_letters(9).await.unwrap().is_empty(), "{status}");
        for number in 1..=3 {
            assert_eq!(settled(&setup, number).await, Some(Settlement::Done { result: None }), "{status}");
        }
    }
}

/// One message that ends every exchange it is in must not hold back the others, whatever the failure looks like.
#[tokio::test]
async fn a_message_with_which_every_exchange_fails_does_not_hold_back_the_others() {
    for status in [424, 500, 502, 504] {
        let (setup, forge) = (Setup::new().await, MemoryForge::default());
        let numbers: Vec<u8> = (1..=9).collect();
        append(&setup, &numbers).await;
        forge.posts().fails_with = Some((message_id(7), status));
        let mut exchanger = exchanger(&setup, &forge).await;
        for _ in 0..60 {
            let wait = cycle(&mut exchanger).await;
            setup.pass(i64::try_from(wait.as_millis()).unwrap());
        }
        for number in numbers.into_iter().filter(|number| *number != 7) {
            assert_eq!(settled(&setup, number).await, Some(Settlement::Done { result: None }), "{status} {number}");
        }
        assert_eq!(settled(&setup, 7).await, None, "it is kept");
        assert!(setup.env.now().since(NOW) < 600_000, "{status}: within minutes");
    }
}

/// Q7: a holder that was suspended beyond its lease sends nothing.
#[tokio::test]
async fn q7_an_instance_that_lost_its_lease_sends_nothing() {
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    append(&setup, &[1]).await;
    let mut exchanger = exchanger(&setup, &forge).await;
    setup.pass(60_000);
    setup.store.acquire_lease(LEASE, "b", setup.env.now(), LEASE_MS).await.unwrap().unwrap();
    exchanger.cycle().await.unwrap();
    assert_eq!(sent(&forge), Vec::<Vec<String>>::new());
    assert!(!exchanger.acquire_lease().await.unwrap());
}

#[tokio::test]
async fn commands_of_the_reply_are_applied() {
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    let command = json!({
        "id": message_id(5), "kind": "comment.added", "ticketId": 7, "issueId": "1007", "issueKey": "PROJ-7", "data": {
            "commentId": "1", "author": { "accountId": "acc" }, "createdAt": "2026-11-28T01:16:12.426Z",
            "updatedAt": "2026-11-28T01:16:12.426Z", "document": { "type": "doc", "version": 1, "content": [] },
        },
    });
    forge.script(Scripted::Reply { results: json!([]), commands: json!([command]) });
    let wait = exchanger(&setup, &forge).await.cycle().await.unwrap();
    assert_eq!(setup.helpdesk.notes().len(), 1);
    assert_eq!(wait, Duration::from_millis(400), "the acknowledgement waits for the ticket's visit, but not long");
}

#[tokio::test]
async fn settings_of_the_reply_are_stored_if_they_are_valid() {
    for (value, stored) in [
        (json!({ "followers": { "fixedNote": "off" } }), true),
        (json!({ "people": [{ "zammad": 0, "accountId": "" }] }), false),
        (json!({ "people": 7 }), false),
    ] {
        let (setup, forge) = (Setup::new().await, MemoryForge::default());
        let mut body = json!({
            "v": 1, "installId": crate::support::INSTALL, "results": [], "commands": [], "keys": { "live": [] },
            "forge": { "version": "1.0.0", "minSidecar": "0.0.0" }, "nextPollMs": 5_000,
        });
        body["config"] = json!({ "etag": "2", "value": value });
        forge.script(Scripted::Body(body));
        exchanger(&setup, &forge).await.cycle().await.unwrap();
        let settings = setup.store.settings().await.unwrap();
        assert_eq!(settings.map(|settings| settings.etag), stored.then(|| "2".to_owned()), "{value}");
    }
}

#[tokio::test]
async fn a_sidecar_that_the_app_no_longer_supports_is_named() {
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    let mut exchanger = exchanger(&setup, &forge).await;
    for (oldest, warns) in [("99.0.0", true), ("0.0.1", false)] {
        let mut body = crate::support::empty_reply();
        body["forge"]["minSidecar"] = oldest.into();
        forge.script(Scripted::Body(body));
        setup.pass(10_000);
        cycle(&mut exchanger).await;
        let report = setup.health.report(setup.env.now(), false);
        assert_eq!(report.warnings.contains(&"sidecar-too-old"), warns, "{oldest}");
    }
}

/// A file in the answer to `attachment.fetch` is written before the message is settled.
#[tokio::test]
async fn a_failed_write_of_a_file_keeps_its_message() {
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    let body = json!({
        "id": message_id(1), "ticketId": 7, "kind": "attachment.fetch", "data": { "issueId": "1007", "attachmentId": "50" },
    });
    let row = NewMessage {
        id: message_id(1),
        ticket_id: 7,
        kind: "attachment.fetch".into(),
        body: body.to_string(),
        dedup_key: None,
        created_at: NOW,
    };
    setup.store.append(vec![row]).await.unwrap();
    let file = json!({
        "attachmentId": "50", "name": "a.log", "size": 3, "author": { "accountId": "acc" }, "createdAt": "2026-11-28T01:16:12.426Z",
    });
    let kind = store::FactKind::AnnouncedFile("50".into());
    let facts = vec![crate::ticket::facts::LinkKey { ticket_id: 7, issue_id: "1007" }.set(kind, &file)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    let answer = || Scripted::Reply {
        results: json!([{ "id": message_id(1), "status": "accepted", "data": { "bytes": "YWJj" } }]),
        commands: json!([]),
    };
    setup.helpdesk.fail("create_article", 503);
    forge.script(answer());
    let mut exchanger = exchanger(&setup, &forge).await;
    cycle(&mut exchanger).await;
    assert_eq!((settled(&setup, 1).await, setup.helpdesk.notes().len()), (None, 0));
    setup.pass(10_000);
    forge.script(answer());
    cycle(&mut exchanger).await;
    assert_eq!(settled(&setup, 1).await, Some(Settlement::Done { result: None }));
    assert_eq!(setup.helpdesk.notes().len(), 1);
}

/// `/readyz` names the ticket while its message waits for a permission in Jira, whatever happens to its other messages.
#[tokio::test]
async fn a_message_that_jira_refuses_to_the_app_is_a_warning_until_it_is_accepted() {
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    setup.store.append(vec![gone(1, 1), gone(2, 1), gone(3, 3)]).await.unwrap();
    let accepted = |number| json!({ "id": message_id(number), "status": "accepted" });
    let refused = json!({ "id": message_id(1), "status": "retry", "code": "jira-forbidden", "retryAfterMs": 1_000 });
    let results = json!([refused, accepted(2), accepted(3)]);
    forge.script(Scripted::Reply { results, commands: json!([]) });
    let mut exchanger = exchanger(&setup, &forge).await;
    cycle(&mut exchanger).await;
    assert_eq!(sent(&forge)[0].len(), 3);
    let report = setup.health.report(NOW, false);
    assert_eq!((report.ready, report.warnings.as_slice()), (true, ["jira-refuses-the-app"].as_slice()));
    assert_eq!(report.details["jira-refuses-the-app"], ["ticket id 1: jira-forbidden"]);
    setup.pass(5_000);
    cycle(&mut exchanger).await;
    assert_eq!(settled(&setup, 1).await, Some(Settlement::Done { result: None }));
    assert!(setup.health.report(NOW, false).warnings.is_empty());
}

/// A reply of an app that tells the state of its queue.
fn with_queue(empty_mark: Option<&str>, changed_ms_ago: Option<u64>) -> Scripted {
    let mut reply = crate::support::empty_reply();
    reply["queue"] = json!({});
    if let Some(mark) = empty_mark {
        reply["queue"]["emptyMark"] = json!(mark);
    }
    if let Some(ago) = changed_ms_ago {
        reply["queue"]["changedMsAgo"] = json!(ago);
    }
    Scripted::Body(reply)
}

/// The mark of each request for commands.
fn marks(forge: &MemoryForge) -> Vec<Value> {
    forge.posts().bodies.iter().map(|body| body["poll"]["emptyMark"].clone()).collect()
}

#[tokio::test]
async fn the_mark_of_the_empty_queue_is_named_for_five_minutes() {
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    let mut exchanger = exchanger(&setup, &forge).await;
    for answer in [Some("m1"), Some("m1"), Some("m1"), None, Some("m2"), Some("m2")] {
        forge.script(with_queue(answer, None));
        cycle(&mut exchanger).await;
        setup.pass(150_000);
    }
    assert_eq!(marks(&forge), [json!(null), json!("m1"), json!(null), json!("m1"), json!(null), json!("m2")]);
}

#[tokio::test]
async fn requests_follow_each_other_closely_after_a_change_on_either_side() {
    let due = async |setup: &Setup, exchanger: &mut Exchanger, forge: &MemoryForge, after: i64| {
        let before = forge.posts().bodies.len();
        setup.pass(after - 1);
        cycle(exchanger).await;
        assert_eq!(forge.posts().bodies.len(), before, "not before {after} ms");
        setup.pass(1);
        forge.script(with_queue(None, None));
        cycle(exchanger).await;
        assert_eq!(forge.posts().bodies.len(), before + 1, "after {after} ms");
    };
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    let mut task = exchanger(&setup, &forge).await;
    forge.script(with_queue(None, None));
    cycle(&mut task).await;
    due(&setup, &mut task, &forge, 10_000).await;
    // A message of the ticket's own.
    append(&setup, &[1]).await;
    let mut reply = crate::support::empty_reply();
    reply["queue"] = json!({});
    reply["results"] = json!([{ "id": message_id(1), "status": "accepted" }]);
    forge.script(Scripted::Body(reply));
    cycle(&mut task).await;
    due(&setup, &mut task, &forge, 1_000).await;
    setup.pass(700_000);
    // The panel was opened in Jira.
    forge.script(with_queue(None, Some(100_000)));
    cycle(&mut task).await;
    due(&setup, &mut task, &forge, 2_000).await;
}

#[tokio::test]
async fn the_quota_of_a_reply_is_shown() {
    let (setup, forge) = (Setup::new().await, MemoryForge::default());
    let mut reply = crate::support::empty_reply();
    reply["quota"] = json!({ "spent": 640, "backgroundWaitMs": 5_000 });
    forge.script(Scripted::Body(reply));
    let mut task = exchanger(&setup, &forge).await;
    cycle(&mut task).await;
    assert_eq!(setup.health.report(NOW, false).jira_quota.unwrap().spent, 640);
    assert_eq!(setup.health.jira_background_wait(NOW), Some(Duration::from_secs(5)));
}

/// After the end of the connection the acknowledgement is delivered, and then nothing is sent; what waits is kept. Another secret is
/// another connection.
#[tokio::test]
async fn an_ended_connection_delivers_its_acknowledgement_and_sends_nothing_more() {
    for answer_lost in [false, true] {
        let (setup, forge) = (Setup::new().await, MemoryForge::default());
        setup.store.record(exchange_end::effects(&setup.config.secrets)).await.unwrap();
        let ack = AckRow { command_id: message_id(9), status: AckStatus::Done, code: Some("disconnected".into()) };
        setup.store.finish_command(ack, Effects::default(), NOW).await.unwrap();
        let mut exchanger = exchanger(&setup, &forge).await;
        if answer_lost {
            forge.script(Scripted::NoAnswer(NoAnswer::BrokenOff));
            cycle(&mut exchanger).await;
            setup.pass(300_000);
            // Forge has deleted the secret meanwhile.
            forge.script(Scripted::Status(401, vec![]));
        }
        cycle(&mut exchanger).await;
        let posts = forge.posts().bodies.len();
        append(&setup, &[1]).await;
        setup.pass(300_000);
        cycle(&mut exchanger).await;
        assert_eq!(forge.posts().bodies.len(), posts, "answer lost: {answer_lost}");
        assert_eq!(setup.health.report(NOW, false).problems, ["disconnected-by-an-admin"]);
        setup
            .store
            .record(Effects { watermarks: vec![("disconnected".into(), "another".into())], ..Effects::default() })
            .await
            .unwrap();
        setup.pass(300_000);
        cycle(&mut exchanger).await;
        assert_eq!(settled(&setup, 1).await, Some(Settlement::Done { result: None }), "it was kept");
    }
}
