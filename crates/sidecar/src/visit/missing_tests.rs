use serde_json::json;
use store::{Completion, Effects, RecheckCause};
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
    assert_eq!(kinds(&found), ["link.requested"]);
    let body: serde_json::Value = serde_json::from_str(&found.messages[0].body).unwrap();
    assert_eq!((&body["data"]["issue"], &body["data"]["afterArticle"]), (&json!("1007"), &json!(9)));
    assert!(visit(&setup).await.messages.is_empty(), "it is requested once");
}

/// A link that an engineer ended stays ended.
#[tokio::test]
async fn a_link_that_ended_for_another_reason_does_not_come_back() {
    let setup = linked().await;
    setup.link(vec![Link { state: LinkState::Ended, ..link(7) }]).await;
    setup.helpdesk.add_ticket(ticket(7));
    assert!(visit(&setup).await.messages.is_empty());
}
