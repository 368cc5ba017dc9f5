use std::sync::Arc;

use schema::UnixMs;
use store::{Notification, TicketLease};
use tokio::sync::Notify;
use zammad::ClientError;

use super::*;
use crate::support::{NOW, Setup, link, ticket};

async fn worker(setup: &Setup) -> Worker {
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    let [inbox_ready, outbox_ready, trouble_found] = std::array::from_fn(|_| Arc::new(Notify::new()));
    let health = Arc::clone(&setup.health);
    Worker { visitor: Arc::new(setup.visitor()), health, inbox_ready, outbox_ready, trouble_found }
}

/// Notifies ticket 7 and leases it.
async fn lease(setup: &Setup, delivery: &str) -> TicketLease {
    let notification =
        Notification { delivery: delivery.into(), ticket_id: 7, article_id: None, received_at: setup.env.now() };
    setup.store.receive(notification).await.unwrap();
    setup.store.lease_ticket(setup.env.now(), LEASE_MS).await.unwrap().unwrap()
}

/// The state of the ticket after a visit.
#[derive(Debug, PartialEq)]
enum Fate {
    Done,
    Retried,
    Abandoned(String),
}

async fn fate(setup: &Setup) -> Fate {
    match setup.store.abandoned_tickets(9).await.unwrap().pop() {
        Some(row) => Fate::Abandoned(row.code),
        None if setup.store.counts().await.unwrap().inbox == 0 => Fate::Done,
        None => Fate::Retried,
    }
}

/// Every verdict of Zammad has a row.
#[tokio::test]
async fn every_verdict_decides_between_done_retry_and_abandon() {
    let abandoned = |code: &str| Fate::Abandoned(code.to_owned());
    for (status, expected, ready) in [
        (200, Fate::Done, true),
        (404, Fate::Done, true),
        (401, Fate::Retried, false),
        (403, abandoned("zammad-forbidden"), true),
        (422, abandoned("zammad-refused"), true),
        (408, Fate::Retried, true),
        (429, Fate::Retried, true),
        (500, Fate::Retried, true),
        (502, Fate::Retried, true),
        (503, Fate::Retried, true),
    ] {
        let setup = Setup::new().await;
        let worker = worker(&setup).await;
        if status != 200 {
            setup.helpdesk.fail("ticket", status);
        }
        worker.work(&lease(&setup, "d").await).await;
        assert_eq!(fate(&setup).await, expected, "{status}");
        assert_eq!(setup.health.report(NOW, false).ready, ready, "{status}");
    }
    for error in [ClientError::Connect { operation: "ticket" }, ClientError::Interrupted { operation: "ticket" }] {
        let setup = Setup::new().await;
        let worker = worker(&setup).await;
        setup.helpdesk.fail_with("ticket", error);
        worker.work(&lease(&setup, "d").await).await;
        assert_eq!(fate(&setup).await, Fate::Retried);
    }
    let setup = Setup::new().await;
    let worker = worker(&setup).await;
    setup.helpdesk.fail_with("ticket", ClientError::Unreadable { operation: "ticket", what: "not-json" });
    worker.work(&lease(&setup, "d").await).await;
    assert_eq!(fate(&setup).await, abandoned("zammad-unreadable"));
}

#[tokio::test]
async fn a_ticket_that_is_answered_500_is_abandoned_after_some_attempts() {
    let setup = Setup::new().await;
    let worker = worker(&setup).await;
    let mut next = lease(&setup, "d").await;
    for attempt in 0..ATTEMPTS_ON_500 {
        assert_eq!(next.attempts, attempt);
        setup.helpdesk.fail("ticket", 500);
        worker.work(&next).await;
        assert_eq!(fate(&setup).await, Fate::Retried, "attempt {attempt}");
        setup.pass(3_600_000);
        next = setup.store.lease_ticket(setup.env.now(), LEASE_MS).await.unwrap().unwrap();
    }
    setup.helpdesk.fail("ticket", 500);
    worker.work(&next).await;
    assert_eq!(fate(&setup).await, Fate::Abandoned("zammad-error".into()));
    worker.work(&lease(&setup, "again").await).await;
    assert_eq!(fate(&setup).await, Fate::Done, "a later reading clears it");
}

#[tokio::test]
async fn an_expired_lease_records_nothing() {
    let setup = Setup::new().await;
    let worker = worker(&setup).await;
    let late = lease(&setup, "d").await;
    setup.pass(LEASE_MS);
    worker.work(&late).await;
    assert_eq!(setup.store.counts().await.unwrap().outbox, 0);
    assert!(setup.store.lease_ticket(UnixMs(i64::MAX / 2), LEASE_MS).await.unwrap().is_some());
}

#[tokio::test]
async fn a_visit_that_made_messages_wakes_the_exchange() {
    let setup = Setup::new().await;
    let worker = worker(&setup).await;
    let woken = Arc::clone(&worker.outbox_ready);
    worker.work(&lease(&setup, "d").await).await;
    assert!(setup.store.counts().await.unwrap().outbox > 0);
    tokio::time::timeout(Duration::from_secs(5), woken.notified()).await.expect("the exchange is woken");
}
