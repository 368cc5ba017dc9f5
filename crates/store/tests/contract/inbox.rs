//! Notifications and the leases on their tickets.

use store::{AbandonedTicket, Completion, Intake, LinkFacts, StoreError};

use crate::Backend;
use crate::support::{MINUTE, NOW, ROOMY, completion_with, fact, ids, message, notification, recheck, rechecking};

pub(crate) async fn stores_a_delivery_once(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.receive(notification("d1", 7)).await, Ok(Intake::Stored));
    assert_eq!(store.receive(notification("d1", 7)).await, Ok(Intake::Duplicate));
    assert_eq!(store.receive(notification("d2", 7)).await, Ok(Intake::Stored));
    assert_eq!(store.counts().await.unwrap().inbox, 2);
}

pub(crate) async fn remembers_a_processed_delivery_until_pruned(backend: &dyn Backend) {
    let store = backend.open().await;
    store.receive(notification("d1", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, Completion::default(), NOW).await.unwrap();
    assert_eq!(store.receive(notification("d1", 7)).await, Ok(Intake::Duplicate));
    assert_eq!(store.lease_ticket(NOW, MINUTE).await, Ok(None));
    assert_eq!(store.prune_notifications(NOW.plus(1)).await, Ok(1));
    assert_eq!(store.receive(notification("d1", 7)).await, Ok(Intake::Stored));
}

pub(crate) async fn leases_the_longest_waiting_first(backend: &dyn Backend) {
    let store = backend.open().await;
    for (delivery, ticket) in [("a", 9), ("b", 3), ("c", 5), ("d", 9)] {
        store.receive(notification(delivery, ticket)).await.unwrap();
    }
    let mut order = Vec::new();
    while let Some(lease) = store.lease_ticket(NOW, MINUTE).await.unwrap() {
        assert_eq!(lease.expires_at, NOW.plus(MINUTE));
        order.push(lease.ticket_id);
    }
    assert_eq!(order, [9, 3, 5]);
}

pub(crate) async fn one_reading_answers_all_earlier_notifications(backend: &dyn Backend) {
    let store = backend.open().await;
    for delivery in ["a", "b", "c"] {
        store.receive(notification(delivery, 7)).await.unwrap();
    }
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, completion_with(vec![message("m1", 7), message("m2", 7)]), NOW).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.outbox), (0, 2));
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["m1", "m2"]);
}

pub(crate) async fn a_notification_during_the_work_keeps_the_ticket_queued(backend: &dyn Backend) {
    let store = backend.open().await;
    store.receive(notification("a", 7)).await.unwrap();
    let first = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.receive(notification("b", 7)).await.unwrap();
    assert_eq!(store.lease_ticket(NOW, MINUTE).await, Ok(None), "the ticket is leased");
    store.complete(&first, Completion::default(), NOW).await.unwrap();
    let second = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    assert!(second.through > first.through && second.token != first.token);
    assert_eq!(second.attempts, 0);
}

pub(crate) async fn a_late_worker_is_fenced_and_writes_nothing(backend: &dyn Backend) {
    let store = backend.open().await;
    store.receive(notification("a", 7)).await.unwrap();
    let late = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    let after = NOW.plus(MINUTE);
    let completion = Completion { messages: vec![message("m1", 7)], effects: fact("10001", "title", Some("\"x\"")) };

    let fenced = Err(StoreError::Fenced { what: "the ticket" });
    assert_eq!(store.complete(&late, completion.clone(), after).await, fenced, "expired, nobody else has it yet");
    let new = store.lease_ticket(after, MINUTE).await.unwrap().unwrap();
    assert_eq!(new.attempts, 1);
    assert_eq!(store.complete(&late, completion.clone(), NOW).await, fenced, "taken over");
    assert_eq!(store.abandon_ticket(&late, NOW, "x").await, fenced);
    assert_eq!(store.retry_ticket(&late, NOW, "x").await, fenced);
    assert_eq!(store.counts().await.unwrap().outbox, 0);
    assert_eq!(store.link_facts(7, "10001").await, Ok(LinkFacts::default()));

    store.complete(&new, completion, after).await.unwrap();
    assert_eq!(store.counts().await.unwrap().outbox, 1);
    assert_eq!(store.complete(&new, Completion::default(), after).await, fenced, "completed already");
}

pub(crate) async fn a_retried_ticket_waits_and_counts_attempts(backend: &dyn Backend) {
    let store = backend.open().await;
    store.receive(notification("a", 7)).await.unwrap();
    store.receive(notification("b", 8)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.retry_ticket(&lease, NOW.plus(500), "zammad-down").await.unwrap();
    assert!(store.complete(&lease, Completion::default(), NOW).await.is_err(), "given back");
    assert_eq!(store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap().ticket_id, 8);
    assert_eq!(store.lease_ticket(NOW.plus(499), MINUTE).await, Ok(None));
    let again = store.lease_ticket(NOW.plus(500), MINUTE).await.unwrap().unwrap();
    assert_eq!((again.ticket_id, again.attempts), (7, 1));
}

pub(crate) async fn an_abandoned_ticket_blocks_no_other(backend: &dyn Backend) {
    let store = backend.open().await;
    store.receive(notification("a", 7)).await.unwrap();
    store.receive(notification("b", 8)).await.unwrap();
    let poison = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.receive(notification("c", 7)).await.unwrap();
    store.abandon_ticket(&poison, NOW, "ticket-unreadable").await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.dead), (2, 1));
    assert_eq!(store.receive(notification("a", 7)).await, Ok(Intake::Duplicate));
    assert_eq!(store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap().ticket_id, 8);
    assert_eq!(store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap().ticket_id, 7, "notified after it was abandoned");
    assert_eq!(store.prune_notifications(NOW.plus(MINUTE)).await, Ok(0), "the dead stay visible");
}

pub(crate) async fn a_later_reading_clears_abandoned_notifications(backend: &dyn Backend) {
    let store = backend.open().await;
    store.receive(notification("a", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.abandon_ticket(&lease, NOW, "ticket-unreadable").await.unwrap();
    store.receive(notification("b", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, Completion::default(), NOW).await.unwrap();
    assert_eq!(store.counts().await.unwrap(), store::Counts::default());
}

pub(crate) async fn abandoned_tickets_are_listed(backend: &dyn Backend) {
    let store = backend.open().await;
    assert!(store.abandoned_tickets(9).await.unwrap().is_empty());
    for (delivery, ticket) in [("a", 9), ("b", 7), ("c", 7)] {
        store.receive(notification(delivery, ticket)).await.unwrap();
    }
    for later in [0, 5] {
        let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
        store.abandon_ticket(&lease, NOW.plus(later), &format!("code-{later}")).await.unwrap();
    }
    let row = |ticket_id, at, code: &str| AbandonedTicket { ticket_id, at, code: code.to_owned() };
    let expected = [row(9, NOW, "code-0"), row(7, NOW.plus(5), "code-5")];
    assert_eq!(store.abandoned_tickets(9).await.unwrap(), expected);
    assert_eq!(store.abandoned_tickets(1).await.unwrap().len(), 1);
}

pub(crate) async fn lists_tickets_with_recent_notifications(backend: &dyn Backend) {
    let store = backend.open().await;
    for (delivery, ticket, later) in [("a", 9, 0), ("b", 7, 10), ("c", 7, 20), ("d", 3, -1)] {
        let received_at = NOW.plus(later);
        store.receive(store::Notification { received_at, ..notification(delivery, ticket) }).await.unwrap();
    }
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, Completion::default(), NOW).await.unwrap();
    assert_eq!(store.notified_since(NOW, 9).await.unwrap(), [7, 9], "processed or not");
    assert_eq!(store.notified_since(NOW.plus(20), 9).await.unwrap(), [7]);
    assert_eq!(store.notified_since(NOW.plus(-1), 2).await.unwrap(), [3, 7]);
    assert!(store.notified_since(NOW.plus(21), 9).await.unwrap().is_empty());
}

pub(crate) async fn two_hundred_callers_store_each_delivery_once(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut calls = tokio::task::JoinSet::new();
    for call in 0..200_u64 {
        let store = store.clone();
        calls.spawn(async move { store.receive(notification(&format!("d{}", call % 100), call % 100)).await });
    }
    let answers = calls.join_all().await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(answers.iter().filter(|&&intake| intake == Intake::Stored).count(), 100);
    assert_eq!(store.counts().await.unwrap().inbox, 100);
}

pub(crate) async fn a_cancelled_call_is_stored_once(backend: &dyn Backend) {
    let store = backend.open().await;
    {
        let mut call = std::pin::pin!(store.receive(notification("a", 7)));
        // One poll hands the row over; then the connection, and with it the future, is gone.
        std::future::poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    assert_eq!(store.receive(notification("a", 7)).await, Ok(Intake::Duplicate), "Zammad's next attempt finds it");
    assert_eq!(store.counts().await.unwrap().inbox, 1);
}

pub(crate) async fn prunes_only_the_old(backend: &dyn Backend) {
    let store = backend.open().await;
    for (position, delivery) in ["a", "b", "c"].into_iter().enumerate() {
        store.receive(notification(delivery, position as u64)).await.unwrap();
    }
    for later in [0, 10] {
        let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
        store.complete(&lease, Completion::default(), NOW.plus(later)).await.unwrap();
    }
    assert_eq!(store.prune_notifications(NOW.plus(10)).await, Ok(1), "one is newer, one still waits");
    assert_eq!(store.receive(notification("a", 0)).await, Ok(Intake::Stored));
    assert_eq!(store.receive(notification("b", 1)).await, Ok(Intake::Duplicate));
    assert_eq!(store.receive(notification("c", 2)).await, Ok(Intake::Duplicate));
}

pub(crate) async fn an_id_that_cannot_be_stored_is_refused(backend: &dyn Backend) {
    let store = backend.open().await;
    let largest = store::Notification { ticket_id: i64::MAX as u64, ..notification("a", 1) };
    assert_eq!(store.receive(largest).await, Ok(Intake::Stored));
    assert_eq!(store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap().ticket_id, i64::MAX as u64);
    let beyond = store::Notification { ticket_id: u64::MAX, ..notification("b", 1) };
    assert!(matches!(store.receive(beyond).await, Err(StoreError::Corrupt(_))));
    assert_eq!(store.counts().await.unwrap().inbox, 1);
}

/// A ticket takes one place, however many notifications and requests of it wait, and whether or not it fails.
pub(crate) async fn a_ticket_with_many_notifications_takes_one_place(backend: &dyn Backend) {
    let store = backend.open().await;
    for number in 0..60 {
        store.receive(notification(&format!("d{number}"), 7)).await.unwrap();
        store.record(rechecking(vec![recheck(&format!("c{number}"), 7, None)])).await.unwrap();
    }
    store.receive(notification("other", 8)).await.unwrap();
    store.record(rechecking(vec![recheck("other", 9, None)])).await.unwrap();
    let poisoned = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    assert_eq!(poisoned.ticket_id, 7);
    let next = async || store.lease_ticket(NOW, MINUTE).await.unwrap().map(|lease| lease.ticket_id);
    assert_eq!(next().await, Some(8), "while it is being read");
    store.retry_ticket(&poisoned, NOW.plus(10 * MINUTE), "zammad-error").await.unwrap();
    assert_eq!(next().await, Some(9), "while it waits");
    assert_eq!(next().await, None);
}
