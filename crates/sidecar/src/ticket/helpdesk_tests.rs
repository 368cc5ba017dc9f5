//! The in-memory helpdesk keeps the promises of the trait, since the other tests rely on them.

use serde_json::json;
use zammad::{Reason, Said, Verdict};

use super::*;
use crate::support::{MemoryHelpdesk, article, ticket};

fn verdict<T>(answer: Result<T, ClientError>) -> Verdict {
    answer.err().expect("an error").verdict()
}

const GONE: Verdict = Verdict::GiveUp(Reason::Gone);

#[tokio::test]
async fn a_ticket_is_found_by_id_and_by_number() {
    let helpdesk = MemoryHelpdesk::default();
    helpdesk.add_ticket(ticket(7));
    assert_eq!(helpdesk.ticket(7).await.unwrap().number, "5007");
    assert_eq!(verdict(helpdesk.ticket(8).await), GONE);
    let by_number = async |number: &str| helpdesk.tickets_by_number(number).await.unwrap().len();
    assert_eq!((by_number("5007").await, by_number("7").await), (1, 0));
}

#[tokio::test]
async fn changed_tickets_come_in_order_of_time_and_id_page_by_page() {
    let helpdesk = MemoryHelpdesk::default();
    for (id, updated_at) in [(5, "10"), (9, "11"), (7, "11"), (6, "13"), (8, "12")] {
        let mut changed = ticket(id);
        changed["updated_at"] = updated_at.into();
        helpdesk.add_ticket(changed);
    }
    for (since, page, expected) in [("10", 1, &[7, 9][..]), ("10", 2, &[8, 6]), ("10", 3, &[]), ("13", 1, &[])] {
        let found = helpdesk.tickets_changed_since(since, page, 2).await.unwrap();
        let ids: Vec<u64> = found.iter().map(|ticket| ticket.id).collect();
        assert_eq!(ids, expected, "since {since}, page {page}");
    }
    assert_eq!(helpdesk.latest_change().await.unwrap().as_deref(), Some("13"));
    assert_eq!(MemoryHelpdesk::default().latest_change().await.unwrap(), None);
}

#[tokio::test]
async fn existing_tickets_are_named_with_their_articles() {
    let helpdesk = MemoryHelpdesk::default();
    helpdesk.add_ticket(ticket(7));
    helpdesk.add_ticket(ticket(8));
    helpdesk.add_article(article(10, 7, "text"));
    let found = helpdesk.existing_tickets(&[7, 9]).await.unwrap();
    assert_eq!(found, BTreeMap::from([(7, BTreeSet::from([10]))]), "8 was not asked for, 9 does not exist");
}

#[tokio::test]
async fn a_tag_is_added_and_removed_however_often() {
    let helpdesk = MemoryHelpdesk::default();
    let tag = Sensitive::new("jira".to_owned());
    for expected in [1, 1] {
        helpdesk.add_tag(7, &tag).await.unwrap();
        assert_eq!(helpdesk.tags(7).await.unwrap().len(), expected);
    }
    for _ in 0..2 {
        helpdesk.remove_tag(7, &tag).await.unwrap();
        assert!(helpdesk.tags(7).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_written_article_is_returned_as_stored_and_listed_last() {
    let helpdesk = MemoryHelpdesk::default();
    helpdesk.add_article(article(10, 7, "first"));
    let new = NewArticle {
        ticket_id: 7,
        subject: None,
        html: Sensitive::new("<p>second</p>".to_owned()),
        internal: true,
        attachments: Vec::new(),
        mark: json!({ "command": "c" }),
    };
    let written = helpdesk.create_article(&new).await.unwrap();
    assert_eq!((written.mark(), written.internal), (Some(&json!({ "command": "c" })), true));
    for (ticket, expected) in [(7, vec![10, written.id]), (8, vec![])] {
        let mut ids = Vec::new();
        helpdesk.each_article(ticket, &mut |article| ids.push(article.id)).await.unwrap();
        assert_eq!(ids, expected, "of ticket {ticket}");
    }
    assert_eq!(helpdesk.article(10).await.unwrap().id, 10);
    assert!(helpdesk.article(99).await.is_err());
}

#[tokio::test]
async fn an_attachment_that_is_too_large_is_an_error_and_not_cut() {
    let helpdesk = MemoryHelpdesk::default();
    helpdesk.contents().files.insert(5, b"abc".to_vec());
    assert_eq!(helpdesk.attachment(7, 10, 5, 3).await.unwrap(), b"abc");
    assert_eq!(verdict(helpdesk.attachment(7, 10, 5, 2).await), Verdict::GiveUp(Reason::TooLarge));
    assert_eq!(verdict(helpdesk.attachment(7, 10, 6, 3).await), GONE);
}

#[tokio::test]
async fn a_refused_change_leaves_the_ticket_as_it_is() {
    let helpdesk = MemoryHelpdesk::default();
    helpdesk.add_ticket(ticket(7));
    helpdesk.contents().demanded.insert("category".into());
    let change = TicketChange::default().priority_id(3);
    assert_eq!(verdict(helpdesk.update_ticket(7, &change).await), Verdict::GiveUp(Reason::Refused));
    assert_eq!(helpdesk.ticket(7).await.unwrap().priority_id, 2);
    helpdesk.contents().demanded.clear();
    assert_eq!(helpdesk.update_ticket(7, &change).await.unwrap().priority_id, 3);
    assert_eq!(verdict(helpdesk.update_ticket(8, &change).await), GONE);
}

#[tokio::test]
async fn a_call_fails_as_often_as_a_test_asks_for() {
    let helpdesk = MemoryHelpdesk::default();
    helpdesk.fail("me", 404);
    helpdesk.fail_with_text("me", 403, Said::Maintenance);
    assert_eq!(verdict(helpdesk.me().await), GONE);
    assert_eq!(verdict(helpdesk.me().await), Verdict::Wait(zammad::Obstacle::Maintenance));
    assert_eq!(helpdesk.me().await.unwrap().id, 3);
}
