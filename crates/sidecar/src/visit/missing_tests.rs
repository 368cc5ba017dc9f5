use serde_json::json;
use store::{Completion, Effects, Origin, Provenance, RecheckCause};
use zammad::Said;

use super::super::context::VisitError;
use super::*;
use crate::support::{Setup, article, link, ticket};

async fn linked() -> Setup {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    setup
}

/// Visits ticket 7 and stores what the visit changes.
async fn visit(setup: &Setup) -> Completion {
    let completion = setup.visitor().visit(7).await.unwrap();
    let Effects { links, facts, .. } = completion.effects.clone();
    setup.store.record(Effects { links, facts, ..Effects::default() }).await.unwrap();
    completion
}

async fn state(setup: &Setup) -> LinkState {
    setup.store.links_of_ticket(7).await.unwrap()[0].state
}

fn kinds(completion: &Completion) -> Vec<&str> {
    completion.messages.iter().map(|message| message.kind.as_str()).collect()
}

#[tokio::test]
async fn a_link_ends_only_after_a_second_look_some_minutes_later() {
    let setup = linked().await;
    let first = visit(&setup).await;
    let asked = setup.env.now();
    assert!(first.messages.is_empty());
    assert_eq!(first.effects.rechecks[0].cause, RecheckCause::Missing(asked));
    assert_eq!(first.effects.rechecks[0].not_before, Some(asked.plus(120_000)));
    setup.pass(119_999);
    assert!(visit(&setup).await.messages.is_empty(), "another webhook meanwhile is no second look");
    assert_eq!(state(&setup).await, LinkState::Active);
    setup.pass(1);
    assert_eq!(kinds(&visit(&setup).await), ["ticket.gone"]);
    assert_eq!(state(&setup).await, LinkState::Ended);
}

/// A proxy's 404, a login page, maintenance, a lost right: none says that the ticket does not exist.
#[tokio::test]
async fn only_zammads_own_words_say_that_a_ticket_does_not_exist() {
    for (status, said) in [
        (404, Said::NotZammad),
        (410, Said::NotZammad),
        (200, Said::NotZammad),
        (301, Said::NotZammad),
        (401, Said::Other),
        (403, Said::Other),
        (403, Said::Maintenance),
        (403, Said::TokenAccessDisabled),
        (422, Said::Other),
        (429, Said::NotZammad),
        (500, Said::Other),
        (503, Said::NotZammad),
    ] {
        let setup = linked().await;
        for _ in 0..2 {
            setup.helpdesk.fail_saying("ticket", status, said);
            assert!(matches!(setup.visitor().visit(7).await, Err(VisitError::Zammad(_))), "{status} {said:?}");
            setup.pass(3_600_000);
        }
        assert_eq!(state(&setup).await, LinkState::Active, "{status} {said:?}");
    }
}

/// An empty database behind the same address says "does not exist" of every ticket, but does not know the bot.
#[tokio::test]
async fn a_server_that_does_not_know_the_bot_is_not_believed() {
    for error in [
        ClientError::Connect { operation: "me" },
        ClientError::Unreadable { operation: "me", is_json: true },
        ClientError::Status { operation: "me", status: 401, text: String::new(), said: Said::Other, retry_after: None },
    ] {
        let setup = linked().await;
        visit(&setup).await;
        setup.pass(120_000);
        setup.helpdesk.fail_with("me", error);
        assert!(matches!(setup.visitor().visit(7).await, Err(VisitError::Zammad(_))));
        assert_eq!(state(&setup).await, LinkState::Active);
    }
}

/// A user or file that does not exist is not the ticket.
#[tokio::test]
async fn another_missing_object_does_not_end_the_link() {
    let setup = linked().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.helpdesk.fail("ticket_states", 404);
    assert!(matches!(setup.visitor().visit(7).await, Err(VisitError::Zammad(_))));
}

#[tokio::test]
async fn a_ticket_that_is_there_again_in_time_keeps_its_link() {
    let setup = linked().await;
    visit(&setup).await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.pass(120_000);
    visit(&setup).await;
    assert_eq!(state(&setup).await, LinkState::Active);
    setup.helpdesk.contents().tickets.clear();
    assert!(visit(&setup).await.messages.is_empty(), "a later loss is counted anew");
}

#[tokio::test]
async fn an_ended_link_comes_back_with_its_ticket_and_what_was_written_meanwhile() {
    let setup = linked().await;
    visit(&setup).await;
    setup.pass(120_000);
    visit(&setup).await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.helpdesk.add_article(article(12, 7, "Written meanwhile"));
    let found = visit(&setup).await;
    assert_eq!(kinds(&found), ["link.restore", "issue.get"]);
    let body: serde_json::Value = serde_json::from_str(&found.messages[0].body).unwrap();
    assert_eq!((&body["data"]["issueId"], body["data"]["linkedAt"].is_string()), (&json!("1007"), true));
    assert!(visit(&setup).await.messages.is_empty(), "it is requested once");
}

/// Comments and files in Jira follow the admin's policy, in messages of at most 100.
#[tokio::test]
async fn what_was_mirrored_is_erased_by_policy() {
    for (policy, lengths) in [
        (Erasure::Delete, vec![(100, 0, true), (50, 0, true), (0, 1, false)]),
        (Erasure::Tombstone, vec![(100, 0, true), (50, 0, true), (0, 1, false)]),
        (Erasure::Keep, vec![(0, 0, false)]),
    ] {
        let setup = linked().await;
        setup.settings(|settings| settings.comments.ticket_deleted = policy).await;
        let record = |object, id: String, mirror: serde_json::Value| Provenance {
            side: Side::Zammad,
            object,
            id,
            origin: Origin::Theirs,
            mirror: Some(mirror.to_string()),
            fingerprint: None,
            ticket_id: 7,
            carried_by: "m".into(),
            at: setup.env.now(),
        };
        let comment = |id: u32| json!([{ "issueId": "1007", "commentId": id.to_string() }]);
        let mut provenance: Vec<Provenance> =
            (0..150).map(|id| record(ObjectKind::ArticlePart, format!("{id}:1"), comment(id))).collect();
        let file = json!([{ "issueId": "1007", "attachmentId": "9" }]);
        provenance.push(record(ObjectKind::File, "5".into(), file));
        setup.store.record(Effects { provenance, ..Effects::default() }).await.unwrap();
        visit(&setup).await;
        setup.pass(120_000);
        let gone = visit(&setup).await;
        let parts: Vec<(usize, usize, bool)> = gone
            .messages
            .iter()
            .map(|message| {
                let body: serde_json::Value = serde_json::from_str(&message.body).unwrap();
                let length = |name: &str| body["data"][name].as_array().map_or(0, Vec::len);
                assert_eq!(body["data"]["erase"], json!(policy));
                (length("comments"), length("files"), body["data"]["more"] == true)
            })
            .collect();
        assert_eq!(parts, lengths, "{policy:?}");
    }
}

/// A link that an engineer ended stays ended.
#[tokio::test]
async fn a_link_that_ended_for_another_reason_does_not_come_back() {
    let setup = linked().await;
    setup.link(vec![Link { state: LinkState::Ended, ..link(7) }]).await;
    setup.helpdesk.add_ticket(ticket(7));
    assert!(visit(&setup).await.messages.is_empty());
}

/// A person ended the link before the ticket was deleted: what was made of it in Jira is erased, and no link comes back.
#[tokio::test]
async fn content_of_an_unlinked_ticket_is_erased_after_a_second_look() {
    for (policy, messages) in [(Erasure::Delete, vec!["ticket.gone"]), (Erasure::Keep, vec![])] {
        let setup = Setup::new().await;
        let ended = Link { state: LinkState::Ended, ..link(7) };
        setup.link(vec![ended.clone()]).await;
        setup.settings(|settings| settings.comments.ticket_deleted = policy).await;
        let part = Provenance {
            side: Side::Zammad,
            object: ObjectKind::ArticlePart,
            id: "10:1".into(),
            origin: Origin::Theirs,
            mirror: Some(r#"[{"issueId":"1007","commentId":"9"}]"#.into()),
            fingerprint: None,
            ticket_id: 7,
            carried_by: "m".into(),
            at: setup.env.now(),
        };
        let facts = vec![missing_fact(&ended, setup.env.now(), false)];
        setup.store.record(Effects { provenance: vec![part], facts, ..Effects::default() }).await.unwrap();
        assert!(visit(&setup).await.messages.is_empty());
        setup.pass(120_000);
        let done = visit(&setup).await;
        assert_eq!(kinds(&done), messages);
        let left = done.effects.provenance.iter().filter(|record| record.mirror.as_deref() != Some("[]")).count();
        assert_eq!((done.effects.provenance.len(), left), (1, 0), "nothing is asked for again");
        setup.helpdesk.add_ticket(ticket(7));
        assert!(visit(&setup).await.messages.is_empty());
        assert_eq!(state(&setup).await, LinkState::Ended);
    }
}
