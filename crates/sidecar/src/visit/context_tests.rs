use schema::{IssueSearch, LinkEnded, TicketMerged};
use serde_json::{Value, json};
use zammad::{Obstacle, Verdict};

use super::*;
use crate::support::{NOW, Setup, article, ticket};
use crate::ticket::bodies::Bodies;

/// A visit of a ticket that was just read.
pub(in crate::visit) async fn begun<'v>(visitor: &'v Visitor, settings: &'v Settings, ticket_id: u64) -> Visit<'v> {
    let view = visitor.reader.read(ticket_id, settings, Bodies::beginnings()).await.unwrap();
    let states = visitor.reader.states_with(view.ticket.state_id).await.unwrap();
    Visit::new(visitor, (settings, "etag"), view, states)
}

/// The data of the messages that a visit has made so far.
pub(in crate::visit) fn sent(visit: &Visit<'_>) -> Vec<(String, Value)> {
    let data = |body: &str| serde_json::from_str::<Value>(body).unwrap()["data"].clone();
    visit.completion.messages.iter().map(|row| (row.kind.clone(), data(&row.body))).collect()
}

async fn setup(privacy: &str) -> Setup {
    let setup = Setup::with(&[("PRIVACY_MODE", privacy)]).await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.helpdesk.add_article(article(10, 7, "<p>It smells of burning</p>"));
    setup
}

fn removed() -> MessageBody {
    MessageBody::LinkRemoved(LinkEnded { issue_id: "1007".into(), reason: "asked".into() })
}

/// A message with a text of the ticket where the privacy table expects a number.
fn leaking() -> MessageBody {
    MessageBody::TicketMerged(TicketMerged {
        into_ticket_id: 8,
        into_number: "It smells of burning".into(),
        into_url: "https://help.example/#ticket/zoom/8".into(),
    })
}

#[tokio::test]
async fn a_sent_message_is_part_of_the_completion() {
    let (setup, settings) = (setup("off").await, Settings::default());
    let visitor = setup.visitor();
    let mut visit = begun(&visitor, &settings, 7).await;
    let first = visit.send(removed(), Some("key".into())).await.unwrap();
    let second = visit.send(removed(), None).await.unwrap();
    assert_ne!(first, second);
    let rows = &visit.completion.messages;
    assert_eq!([&rows[0].id, &rows[1].id], [&first.to_string(), &second.to_string()], "in the order of sending");
    assert_eq!((rows[0].ticket_id, rows[0].created_at), (7, NOW));
    assert_eq!((rows[0].dedup_key.as_deref(), rows[1].dedup_key.as_deref()), (Some("key"), None));
    assert_eq!(sent(&visit)[0], ("link.removed".to_owned(), json!({ "issueId": "1007", "reason": "asked" })));
    assert_eq!(setup.store.counts().await.unwrap().outbox, 0, "stored with the completion only");
}

/// The table of privacy knows no texts; the search for them does.
#[tokio::test]
async fn content_stops_a_message_in_privacy_mode() {
    for (privacy, body, stopped) in
        [("off", leaking(), false), ("on", leaking(), true), ("on", removed(), false), ("off", removed(), false)]
    {
        let (setup, settings) = (setup(privacy).await, Settings::default());
        let visitor = setup.visitor();
        let mut visit = begun(&visitor, &settings, 7).await;
        visit.send(body, None).await.unwrap();
        let answer = visit.check_messages().await;
        assert_eq!(matches!(answer, Err(VisitError::Leak)), stopped, "{privacy}: {answer:?}");
    }
}

/// Whatever prevents a message leaves the completion as it was.
#[tokio::test]
async fn a_message_that_cannot_be_made_is_not_sent() {
    let settings = Settings::default();
    let on = setup("on").await;
    let visitor = on.visitor();
    let mut visit = begun(&visitor, &settings, 7).await;
    let search = MessageBody::IssueSearch(IssueSearch { query: "burning".into(), limit: 5 });
    assert!(matches!(visit.send(search, None).await, Err(VisitError::Boundary(_))));
    on.helpdesk.fail("ticket", 403);
    visit.send(removed(), None).await.unwrap();
    let error = visit.check_messages().await.unwrap_err();
    let is_unchecked =
        matches!(&error, VisitError::Zammad(error) if error.verdict() == Verdict::Wait(Obstacle::NoAccess));
    assert!(is_unchecked, "nothing leaves unchecked: {error:?}");

    let without_bytes = on.env_without_bytes();
    let visitor = Visitor { env: without_bytes, ..on.visitor() };
    let mut visit = begun(&visitor, &settings, 7).await;
    assert!(matches!(visit.send(removed(), None).await, Err(VisitError::NoEntropy)));
    assert_eq!(sent(&visit), []);
}

#[tokio::test]
async fn the_policy_of_the_merge_has_the_settings_and_the_modes() {
    for (mode, privacy) in [("off", false), ("on", true)] {
        let (setup, settings) = (setup(mode).await, Settings::default());
        let visitor = setup.visitor();
        let mut visit = begun(&visitor, &settings, 7).await;
        visit.resting = vec![FieldName::Title];
        setup.pass(5);
        let policy = visit.policy(Role::Follower);
        assert_eq!((policy.privacy, policy.role, policy.etag), (privacy, Role::Follower, "etag"));
        assert_eq!((policy.resting, policy.now), (&[FieldName::Title][..], NOW.plus(5)));
        assert!(std::ptr::eq(policy.settings, &settings) && policy.states.len() == 6);
    }
}

#[tokio::test]
async fn a_state_has_the_type_of_its_list() {
    let (setup, settings) = (setup("off").await, Settings::default());
    let visitor = setup.visitor();
    let visit = begun(&visitor, &settings, 7).await;
    assert_eq!((visit.state_type(4), visit.state_type(99)), (Some(5), None));
    assert_eq!(visit.ticket_id(), 7);
}
