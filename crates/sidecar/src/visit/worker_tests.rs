use std::sync::Arc;

use schema::UnixMs;
use store::{Notification, TicketLease};
use tokio::sync::Notify;

use super::*;
use crate::support::{Setup, link, ticket};

pub(in crate::visit) async fn worker(setup: &Setup) -> Worker {
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    let [inbox_ready, outbox_ready, trouble_found] = std::array::from_fn(|_| Arc::new(Notify::new()));
    let health = Arc::clone(&setup.health);
    Worker { visitor: Arc::new(setup.visitor()), health, inbox_ready, outbox_ready, trouble_found }
}

/// Notifies ticket 7 and leases it.
pub(in crate::visit) async fn lease(setup: &Setup, delivery: &str) -> TicketLease {
    let notification =
        Notification { delivery: delivery.into(), ticket_id: 7, article_id: None, received_at: setup.env.now() };
    setup.store.receive(notification).await.unwrap();
    setup.store.lease_ticket(setup.env.now(), LEASE_MS).await.unwrap().unwrap()
}

/// The state of the ticket after a visit.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::visit) enum Fate {
    Done,
    Retried,
    Abandoned(String),
}

pub(in crate::visit) async fn fate(setup: &Setup) -> Fate {
    match setup.store.abandoned_tickets(9).await.unwrap().pop() {
        Some(row) => Fate::Abandoned(row.code),
        None if setup.store.counts().await.unwrap().inbox == 0 => Fate::Done,
        None => Fate::Retried,
    }
}

/// A ticket on which Zammad fails, or on whose changes only: nobody knows when it works again.
#[tokio::test]
async fn a_ticket_that_is_answered_500_is_tried_without_end() {
    let setup = Setup::new().await;
    let worker = worker(&setup).await;
    let mut next = lease(&setup, "d").await;
    for attempt in 0..20 {
        assert_eq!(next.attempts, attempt);
        setup.helpdesk.fail("ticket", 500);
        worker.work(&next).await;
        assert_eq!(fate(&setup).await, Fate::Retried, "attempt {attempt}");
        let waiting = setup.store.waiting_tickets(9).await.unwrap();
        assert!(waiting[0].not_before.since(setup.env.now()) <= 300_000);
        setup.pass(300_000);
        next = setup.store.lease_ticket(setup.env.now(), LEASE_MS).await.unwrap().unwrap();
    }
    worker.work(&next).await;
    assert_eq!(fate(&setup).await, Fate::Done);
}

/// A missing right or a maintenance of days: the ticket waits, and an operator can list it.
#[tokio::test]
async fn a_ticket_that_the_bot_may_not_see_waits_without_end() {
    let setup = Setup::new().await;
    let worker = worker(&setup).await;
    let mut next = lease(&setup, "d").await;
    for _ in 0..50 {
        setup.helpdesk.fail("ticket", 403);
        worker.work(&next).await;
        let waiting = setup.store.waiting_tickets(9).await.unwrap();
        assert_eq!((waiting[0].ticket_id, waiting[0].code.as_str()), (7, "zammad-no-access"));
        setup.pass(3_600_000);
        next = setup.store.lease_ticket(setup.env.now(), LEASE_MS).await.unwrap().unwrap();
    }
    worker.work(&next).await;
    assert_eq!(fate(&setup).await, Fate::Done);
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
