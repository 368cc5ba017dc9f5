use store::{FactKind, Provenance};

use super::*;
use crate::support::{Setup, article, link, ticket};
use crate::ticket::facts::{EarlierArticles, LinkKey};

const ROUND: Duration = Duration::from_secs(100);

fn task(setup: &Setup) -> Existence {
    let (store, helpdesk) = (Arc::clone(&setup.store), setup.shared_helpdesk());
    Existence::new(
        store,
        helpdesk,
        setup.env.clone(),
        Arc::clone(&setup.health),
        Default::default(),
        Privacy::Off,
        "a".into(),
        ROUND,
    )
}

/// The tickets that are due, each leased once.
async fn due(setup: &Setup) -> Vec<u64> {
    let mut tickets = Vec::new();
    while let Some(lease) = setup.store.lease_ticket(setup.env.now(), 90_000).await.unwrap() {
        tickets.push(lease.ticket_id);
    }
    tickets
}

#[tokio::test]
async fn missing_tickets_are_visited_and_others_are_not() {
    let setup = Setup::new().await;
    setup.link(vec![link(7), link(8), link(9)]).await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.helpdesk.add_ticket(ticket(9));
    let mut task = task(&setup);
    task.ask_next().await.unwrap();
    assert_eq!(task.interval, ROUND);
    assert_eq!(due(&setup).await, [8]);
}

#[tokio::test]
async fn a_round_covers_all_links_in_questions_of_200() {
    let setup = Setup::new().await;
    setup.link((1..=450).map(link).collect()).await;
    for id in (1..=450).filter(|id| id % 100 != 0) {
        setup.helpdesk.add_ticket(ticket(id));
    }
    let mut task = task(&setup);
    for _ in 0..3 {
        task.ask_next().await.unwrap();
        assert_eq!(task.interval, ROUND / 3);
    }
    assert_eq!(due(&setup).await, [100, 200, 300, 400]);
    assert_eq!(task.after, None, "the next question starts a new round");
}

#[tokio::test]
async fn a_ticket_that_was_missing_is_visited_when_it_is_there_again() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    setup.visitor().visit(7).await.map(|done| done.effects.facts).map_err(|_| ()).unwrap();
    let done = setup.visitor().visit(7).await.unwrap();
    setup.store.record(Effects { facts: done.effects.facts, ..Effects::default() }).await.unwrap();
    setup.helpdesk.add_ticket(ticket(7));
    task(&setup).ask_next().await.unwrap();
    assert_eq!(due(&setup).await, [7]);
}

/// Zammad sends no webhook when an article is deleted, and the sweep finds no change of the ticket.
#[tokio::test]
async fn a_ticket_that_lacks_a_sent_article_is_visited() {
    for (fingerprint, is_deleted, expected) in [
        ("p0123", true, vec![7]),
        ("p0123", false, vec![]),
        ("missing:1000:p0123", true, vec![]),
        ("gone:1", true, vec![]),
        ("erased", true, vec![]),
    ] {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        setup.helpdesk.add_ticket(ticket(7));
        if !is_deleted {
            setup.helpdesk.add_article(article(10, 7, "text"));
        }
        let sent = Provenance {
            side: Side::Zammad,
            object: ObjectKind::Article,
            id: "10".into(),
            origin: Origin::Theirs,
            mirror: None,
            fingerprint: Some(fingerprint.into()),
            ticket_id: 7,
            carried_by: "m".into(),
            at: setup.env.now(),
        };
        setup.store.record(Effects { provenance: vec![sent], ..Effects::default() }).await.unwrap();
        task(&setup).ask_next().await.unwrap();
        assert_eq!(due(&setup).await, expected, "{fingerprint}, deleted: {is_deleted}");
    }
}

/// Ended by a person, with a comment in Jira that was made of the ticket.
#[tokio::test]
async fn an_unlinked_ticket_that_was_deleted_is_visited_if_something_of_it_is_in_jira() {
    for (mirror, is_deleted, expected) in [
        (r#"[{"issueId":"1007","commentId":"9"}]"#, true, vec![7]),
        (r#"[{"issueId":"1007","commentId":"9"}]"#, false, vec![]),
        ("[]", true, vec![]),
    ] {
        let setup = Setup::new().await;
        setup.link(vec![Link { state: LinkState::Ended, ..link(7) }]).await;
        if !is_deleted {
            setup.helpdesk.add_ticket(ticket(7));
        }
        let sent = Provenance {
            side: Side::Zammad,
            object: ObjectKind::ArticlePart,
            id: "10:1".into(),
            origin: Origin::Theirs,
            mirror: Some(mirror.into()),
            fingerprint: None,
            ticket_id: 7,
            carried_by: "m".into(),
            at: setup.env.now(),
        };
        setup.store.record(Effects { provenance: vec![sent], ..Effects::default() }).await.unwrap();
        task(&setup).ask_next().await.unwrap();
        assert_eq!(due(&setup).await, expected, "{mirror}, deleted: {is_deleted}");
    }
}

/// A proxy that drops the body of the question gets all tickets as answer.
#[tokio::test]
async fn an_answer_to_another_question_is_not_believed() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    setup.helpdesk.add_ticket(ticket(8));
    setup.helpdesk.contents().finds_everything = true;
    assert!(task(&setup).ask_next().await.is_err());
    assert_eq!(due(&setup).await, Vec::<u64>::new());
}

#[tokio::test]
async fn a_ticket_that_waits_for_access_is_not_requested_again_and_again() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    let mut task = task(&setup);
    task.ask_next().await.unwrap();
    let lease = setup.store.lease_ticket(setup.env.now(), 90_000).await.unwrap().unwrap();
    setup.store.retry_ticket(&lease, setup.env.now().plus(300_000), "zammad-no-access").await.unwrap();
    let before = setup.store.counts().await.unwrap();
    setup.pass(100_000);
    task.ask_next().await.unwrap();
    assert_eq!(setup.store.counts().await.unwrap(), before);
}

/// An article of the text from before the link. Once it is missing, the visit has its own time for the second look.
#[tokio::test]
async fn a_ticket_that_lacks_an_earlier_article_is_visited() {
    let at = |missing: bool| EarlierArticles {
        contained: [5].into(),
        missing: missing.then_some((5, UnixMs(1))).into_iter().collect(),
    };
    for (missing, is_deleted, expected) in [(false, true, vec![7]), (false, false, vec![]), (true, true, vec![])] {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        setup.helpdesk.add_ticket(ticket(7));
        if !is_deleted {
            setup.helpdesk.add_article(article(5, 7, "text"));
        }
        let facts = vec![LinkKey::from(&link(7)).set(FactKind::EarlierArticles, &at(missing))];
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
        task(&setup).ask_next().await.unwrap();
        assert_eq!(due(&setup).await, expected, "missing: {missing}, deleted: {is_deleted}");
    }
}

/// An answer of Zammad 6.4 with ids took 240 ms. One that takes longer must not keep a web process busy.
#[test]
fn a_round_over_100_000_links_takes_less_than_five_minutes() {
    let answer = Duration::from_millis(240);
    let question = answer + pause_after(answer, interval(ROUND, 100_000));
    assert!(question * 500 < Duration::from_secs(300), "{question:?}");
    assert_eq!(interval(ROUND, 0), ROUND);
    assert_eq!(interval(ROUND, 450), ROUND / 3);
    let slow = Duration::from_secs(2);
    assert_eq!(pause_after(slow, interval(ROUND, 100_000)), slow);
}

#[tokio::test]
async fn nothing_is_asked_without_links() {
    let setup = Setup::new().await;
    setup.helpdesk.fail("existing_tickets", 500);
    task(&setup).ask_next().await.unwrap();
}
