use serde_json::{Value, json};

use super::*;
use crate::support::{NOW, Setup, article, ticket};

fn builder(setup: &Setup) -> RequestBuilder {
    let sidecar =
        SidecarInfo { version: "1.0.0".into(), instance: "a".into(), started_at: "2026-11-28T01:16:12Z".into() };
    RequestBuilder::new(
        Arc::clone(&setup.config),
        setup.reader(),
        Arc::clone(&setup.health),
        setup.env.clone(),
        sidecar,
    )
}

fn row(number: u8, ticket_id: u64, kind: &str, data: &Value) -> OutboxRow {
    let id = format!("01M3250V00000000000000000{number}");
    let body = json!({ "id": id, "ticketId": ticket_id, "kind": kind, "data": data }).to_string();
    OutboxRow { id, ticket_id, kind: kind.into(), body, attempts: 0, created_at: NOW }
}

fn gone(number: u8, ticket_id: u64) -> OutboxRow {
    row(number, ticket_id, "ticket.gone", &json!({ "reason": "deleted" }))
}

fn file(number: u8, size: u64) -> OutboxRow {
    let data = json!({ "articleId": 10, "attachmentId": size, "name": "a.log", "size": size, "issues": ["1007"] });
    row(number, 7, "attachment.added", &data)
}

async fn build(setup: &Setup, rows: Vec<OutboxRow>) -> (Value, Vec<String>, Vec<(String, Settlement)>) {
    let draft = builder(setup).build(&Batch { token: 1, rows }, &[], Some("e".into()), vec![], None).await;
    (serde_json::from_str(&draft.body).unwrap(), draft.sent, draft.held)
}

fn codes(held: &[(String, Settlement)]) -> Vec<&str> {
    let code = |settlement: &Settlement| match settlement {
        Settlement::Retry { code, .. } | Settlement::Dead { code } => Some(code.clone()),
        Settlement::Done { .. } => None,
    };
    held.iter().filter_map(|(_, settlement)| code(settlement).map(|code| &*code.leak())).collect()
}

#[tokio::test]
async fn a_request_names_installation_settings_and_messages_in_order() {
    let setup = Setup::new().await;
    let (body, sent, held) = build(&setup, vec![gone(1, 7), gone(2, 8)]).await;
    assert_eq!((&body["installId"], &body["configEtag"]), (&json!(crate::support::INSTALL), &json!("e")));
    assert_eq!(sent, [gone(1, 7).id, gone(2, 8).id]);
    assert!(held.is_empty());
}

/// A message that cannot be sent becomes a dead letter or waits; only in the second case its ticket's others wait too.
#[tokio::test]
async fn held_messages_hold_back_their_own_ticket_only() {
    let setup = Setup::new().await;
    let unreadable = OutboxRow { body: "no json".into(), ..gone(1, 7) };
    let (_, sent, held) = build(&setup, vec![unreadable, gone(2, 7)]).await;
    assert_eq!((codes(&held), sent.len()), (vec!["boundary"], 1), "a dead letter blocks nothing");

    setup.helpdesk.fail("attachment", 503);
    let (_, sent, held) = build(&setup, vec![file(1, 3), gone(2, 7), gone(3, 8)]).await;
    assert_eq!(codes(&held), ["file-not-read", "behind-another"]);
    assert_eq!(sent, [gone(3, 8).id]);
}

/// Every verdict of Zammad when a file is read.
#[tokio::test]
async fn a_file_is_read_when_it_is_sent() {
    for (status, attempts, notice) in
        [(200, 0, None), (404, 0, Some("unreadable")), (500, FILE_ATTEMPTS, Some("unreadable"))]
    {
        let setup = Setup::new().await;
        setup.helpdesk.contents().files.insert(3, b"abc".to_vec());
        if status != 200 {
            setup.helpdesk.fail("attachment", status);
        }
        let (body, ..) = build(&setup, vec![OutboxRow { attempts, ..file(1, 3) }]).await;
        let data = &body["messages"][0]["data"];
        assert_eq!(data["notice"].as_str(), notice, "{status}");
        assert_eq!(data["bytes"].as_str(), notice.is_none().then_some("YWJj"), "{status}");
        assert_eq!(data["sha256"].is_string(), notice.is_none(), "{status}");
    }
    // The bot lost its right, the whole server fails, or this file does for the first times: the file is sent later.
    for (status, server_fails) in [(403, false), (429, false), (500, true), (503, true), (500, false)] {
        let setup = Setup::new().await;
        setup.helpdesk.fail("attachment", status);
        if server_fails {
            setup.helpdesk.fail("me", 500);
        }
        let (_, sent, held) = build(&setup, vec![file(1, 3)]).await;
        assert_eq!((sent.len(), codes(&held)), (0, vec!["file-not-read"]), "{status}");
    }
}

#[tokio::test]
async fn messages_that_do_not_fit_wait_for_the_next_exchange() {
    let setup = Setup::new().await;
    for id in [1, 2] {
        setup.helpdesk.contents().files.insert(id, vec![0; 2_000_000]);
    }
    let (_, sent, held) = build(&setup, vec![file(1, 1), file(2, 2), gone(3, 8)]).await;
    assert_eq!(codes(&held), ["next-exchange"]);
    assert_eq!(sent, [file(1, 1).id, gone(3, 8).id]);
}

/// Zammad has no file with the second id: reading it would make a placeholder of it.
#[tokio::test]
async fn a_file_that_does_not_fit_is_not_read() {
    let setup = Setup::new().await;
    setup.helpdesk.contents().files.insert(1_999_999, vec![0; 1_999_999]);
    let (_, sent, held) = build(&setup, vec![file(1, 1_999_999), file(2, 2_000_000)]).await;
    assert_eq!((sent, codes(&held)), (vec![file(1, 1_999_999).id], vec!["next-exchange"]));
}

#[tokio::test]
async fn a_message_with_a_secret_is_stopped_in_every_mode() {
    for privacy in ["off", "on"] {
        let setup = Setup::with(&[("PRIVACY_MODE", privacy)]).await;
        setup.helpdesk.add_ticket(ticket(7));
        let leak = row(1, 7, "ticket.gone", &json!({ "reason": setup.config.zammad_token.expose() }));
        let (_, sent, held) = build(&setup, vec![leak]).await;
        assert_eq!((sent.len(), codes(&held)), (0, vec!["content-stopped-at-the-boundary"]), "{privacy}");
        assert!(!setup.health.report(NOW, false).ready);
    }
}

#[tokio::test]
async fn in_privacy_mode_the_bytes_are_searched_for_the_tickets_content() {
    let setup = Setup::with(&[("PRIVACY_MODE", "on")]).await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.helpdesk.add_article(article(10, 7, "The secret recipe of grandmother"));
    let leak = row(1, 7, "ticket.gone", &json!({ "reason": "The secret recipe of grandmother" }));
    let (_, sent, held) = build(&setup, vec![leak, gone(2, 7)]).await;
    assert_eq!((sent.len(), codes(&held)), (1, vec!["content-stopped-at-the-boundary"]));
    let other = Setup::with(&[("PRIVACY_MODE", "on")]).await;
    other.helpdesk.fail("ticket", 503);
    let (_, sent, held) = build(&other, vec![gone(1, 7)]).await;
    assert_eq!((sent.len(), codes(&held)), (0, vec!["egress-check-unavailable"]), "nothing leaves unchecked");
}

#[tokio::test]
async fn acknowledgements_with_an_invalid_id_are_left_out() {
    let setup = Setup::new().await;
    let ack = |id: &str| AckRow { command_id: id.into(), status: schema::AckStatus::Done, code: None };
    let acks = [ack("no ulid"), ack("01M3250V000000000000000001")];
    let draft = builder(&setup).build(&Batch::default(), &acks, None, vec![], None).await;
    let body: Value = serde_json::from_str(&draft.body).unwrap();
    assert_eq!(body["acks"].as_array().unwrap().len(), 1);
}

/// In privacy mode a message is searched for the content of its ticket. A deleted ticket has none.
#[tokio::test]
async fn the_end_of_a_deleted_ticket_is_sent_in_privacy_mode() {
    let setup = Setup::with(&[("PRIVACY_MODE", "on")]).await;
    let removed = |number| row(number, 7, "link.removed", &json!({ "issueId": "1007", "reason": "asked" }));
    let (_, sent, held) = build(&setup, vec![gone(1, 7), removed(2)]).await;
    assert_eq!((sent, held), (vec![gone(1, 7).id, removed(2).id], vec![]));
    let panel =
        |attempts| OutboxRow { attempts, ..row(3, 7, "article.removed", &json!({ "articleId": 1, "comments": [] })) };
    let (_, sent, held) = build(&setup, vec![panel(0), gone(4, 7)]).await;
    assert_eq!((sent, codes(&held)), (vec![], vec!["egress-check-unavailable", "behind-another"]));
    let (_, sent, held) = build(&setup, vec![panel(GONE_ATTEMPTS), gone(4, 7)]).await;
    assert_eq!((sent, codes(&held)), (vec![gone(4, 7).id], vec!["zammad-gone"]));
    // Anything but Zammad's own "does not exist" says nothing about the ticket.
    setup.helpdesk.fail("ticket", 502);
    let (_, sent, held) = build(&setup, vec![gone(1, 7)]).await;
    assert_eq!((sent, codes(&held)), (vec![], vec!["egress-check-unavailable"]));
}
