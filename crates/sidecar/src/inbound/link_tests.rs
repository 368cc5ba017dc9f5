use schema::{Command, Settings};
use serde_json::{Value, json};
use store::BatchLimits;

use super::*;
use crate::support::{NOW, Setup, article, ticket};

const ID: &str = "01M3250V000000000000000001";

/// Ticket 7 in group 2, with an article.
async fn setup() -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.helpdesk.add_article(article(10, 7, "text"));
    setup
}

/// An engineer typed this on issue 1007. The command is about no ticket yet.
fn command(typed: &str, issue_id: Option<&str>) -> Command {
    let data = json!({ "ticketNumber": typed, "requestedBy": { "accountId": "acc" } });
    let json = json!({ "id": ID, "kind": "link.requested", "issueId": issue_id, "data": data });
    serde_json::from_value(json).unwrap()
}

async fn request(setup: &Setup, settings: &Settings, command: &Command) -> Result<Applied, ApplyError> {
    let handler = setup.commands();
    Application { handler: &handler, settings, command, interrupted: false }.apply().await
}

/// The waiting messages: ticket and JSON.
async fn waiting(setup: &Setup) -> Vec<(u64, Value)> {
    let limits = BatchLimits { messages: 9, bytes: 99_999, per_ticket: 9 };
    let rows = setup.store.claim(NOW, 60_000, limits).await.unwrap().rows;
    rows.into_iter().map(|row| (row.ticket_id, serde_json::from_str(&row.body).unwrap())).collect()
}

/// The texts that engineers type or paste, with the answer that they see in Jira.
#[tokio::test]
async fn the_text_decides_which_ticket_is_linked() {
    for (typed, answer) in [
        ("5007", None),
        ("Ticket#5007", None),
        ("https://help.example/#ticket/zoom/7", None),
        ("", Some("no-number")),
        ("printer on fire", Some("not-a-ticket")),
        ("https://other.example/#ticket/zoom/7", Some("not-this-zammad")),
        ("5008", Some("ticket-not-found")),
        ("https://help.example/#ticket/zoom/8", Some("ticket-not-found")),
    ] {
        let setup = setup().await;
        let answered = match request(&setup, &Settings::default(), &command(typed, Some("1007"))).await {
            Ok(Applied { skipped: None, .. }) => None,
            Err(ApplyError::Rejected(code)) => Some(code),
            other => panic!("{typed}: {other:?}"),
        };
        assert_eq!(answered, answer, "{typed}");
        assert_eq!(waiting(&setup).await.len(), usize::from(answer.is_none()), "{typed}");
    }
}

/// The message is the one that an agent's request sends; a repeated command sends nothing more, since the id is the same.
#[tokio::test]
async fn the_request_has_the_ticket_the_issue_and_the_id_of_the_command() {
    let setup = setup().await;
    for _ in 0..2 {
        request(&setup, &Settings::default(), &command("5007", Some("1007"))).await.unwrap();
    }
    let messages = waiting(&setup).await;
    assert_eq!(messages.len(), 1);
    let (ticket, message) = &messages[0];
    assert_eq!((*ticket, &message["id"], &message["kind"]), (7, &json!(ID), &json!("link.requested")));
    assert_eq!(
        message["data"],
        json!({
            "issue": "1007", "ticketNumber": "5007", "ticketUrl": "https://help.example/#ticket/zoom/7",
            "title": "Printer on fire", "afterArticle": 10,
        })
    );
}

/// Zammad's search finds nothing in a group that the bot may not read, so the engineer's request waits for the right.
#[tokio::test]
async fn a_ticket_that_may_be_hidden_from_the_bot_is_waited_for() {
    let setup = setup().await;
    setup.health.warn_of("bot-lacks-rights", vec!["group 2".into()]);
    for typed in ["5008", "https://help.example/#ticket/zoom/8"] {
        let answer = request(&setup, &Settings::default(), &command(typed, Some("1007"))).await;
        assert!(matches!(answer, Err(ApplyError::Waits("ticket-not-found"))), "{typed}: {answer:?}");
    }
    assert!(request(&setup, &Settings::default(), &command("5007", Some("1007"))).await.is_ok());
    setup.health.warn_of("bot-lacks-rights", Vec::new());
    let answer = request(&setup, &Settings::default(), &command("5008", Some("1007"))).await;
    assert!(matches!(answer, Err(ApplyError::Rejected("ticket-not-found"))), "{answer:?}");
}

#[tokio::test]
async fn a_ticket_out_of_scope_is_not_linked() {
    for (groups, rejected) in [(vec![], false), (vec![2], false), (vec![9], true)] {
        let (setup, mut settings) = (setup().await, Settings::default());
        settings.scope.groups = groups;
        let answer = request(&setup, &settings, &command("5007", Some("1007"))).await;
        assert_eq!(matches!(answer, Err(ApplyError::Rejected("group-out-of-scope"))), rejected, "{answer:?}");
        assert_eq!(waiting(&setup).await.len(), usize::from(!rejected));
    }
}

#[tokio::test]
async fn a_request_without_an_issue_is_skipped() {
    let setup = setup().await;
    let applied = request(&setup, &Settings::default(), &command("5007", None)).await.unwrap();
    assert_eq!((applied.skipped, waiting(&setup).await.len()), (Some("unsupported"), 0));
}
