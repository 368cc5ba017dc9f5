//! Doorbells and the leases on their tickets.

use store::{Completion, Intake, StoreError};

use crate::Backend;
use crate::fixtures::{MINUTE, NOW, ROOMY, base, bell, ids, message, saying};

pub(crate) async fn stores_a_delivery_once(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.ring(bell("d1", 7)).await, Ok(Intake::Stored));
    assert_eq!(store.ring(bell("d1", 7)).await, Ok(Intake::Duplicate));
    assert_eq!(store.ring(bell("d2", 7)).await, Ok(Intake::Stored));
    assert_eq!(store.counts().await.unwrap().inbox, 2);
}

pub(crate) async fn remembers_a_worked_off_delivery_until_forgotten(backend: &dyn Backend) {
    let store = backend.open().await;
    store.ring(bell("d1", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, Completion::default(), NOW).await.unwrap();
    assert_eq!(store.ring(bell("d1", 7)).await, Ok(Intake::Duplicate));
    assert_eq!(store.lease_ticket(NOW, MINUTE).await, Ok(None));
    assert_eq!(store.forget_deliveries(NOW.plus(1)).await, Ok(1));
    assert_eq!(store.ring(bell("d1", 7)).await, Ok(Intake::Stored));
}

pub(crate) async fn leases_the_longest_waiting_first(backend: &dyn Backend) {
    let store = backend.open().await;
    for (delivery, ticket) in [("a", 9), ("b", 3), ("c", 5), ("d", 9)] {
        store.ring(bell(delivery, ticket)).await.unwrap();
    }
    let mut order = Vec::new();
    while let Some(lease) = store.lease_ticket(NOW, MINUTE).await.unwrap() {
        assert_eq!(lease.expires_at, NOW.plus(MINUTE));
        order.push(lease.ticket_id);
    }
    assert_eq!(order, [9, 3, 5]);
}

pub(crate) async fn one_reading_answers_all_doorbells_so_far(backend: &dyn Backend) {
    let store = backend.open().await;
    for delivery in ["a", "b", "c"] {
        store.ring(bell(delivery, 7)).await.unwrap();
    }
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, saying(vec![message("m1", 7), message("m2", 7)]), NOW).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.outbox), (0, 2));
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["m1", "m2"]);
}

pub(crate) async fn a_doorbell_during_the_work_keeps_the_ticket_waiting(backend: &dyn Backend) {
    let store = backend.open().await;
    store.ring(bell("a", 7)).await.unwrap();
    let first = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.ring(bell("b", 7)).await.unwrap();
    assert_eq!(store.lease_ticket(NOW, MINUTE).await, Ok(None), "the ticket is leased");
    store.complete(&first, Completion::default(), NOW).await.unwrap();
    let second = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    assert!(second.through > first.through && second.token != first.token);
    assert_eq!(second.attempts, 0);
}

pub(crate) async fn a_late_worker_is_fenced_and_writes_nothing(backend: &dyn Backend) {
    let store = backend.open().await;
    store.ring(bell("a", 7)).await.unwrap();
    let late = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    let after = NOW.plus(MINUTE);
    let completion = Completion { messages: vec![message("m1", 7)], effects: base("10001", "title", Some("\"x\"")) };

    let fenced = Err(StoreError::Fenced { what: "the ticket" });
    assert_eq!(store.complete(&late, completion.clone(), after).await, fenced, "expired, nobody else has it yet");
    let new = store.lease_ticket(after, MINUTE).await.unwrap().unwrap();
    assert_eq!(new.attempts, 1);
    assert_eq!(store.complete(&late, completion.clone(), NOW).await, fenced, "taken over");
    assert_eq!(store.bury(&late, NOW, "x").await, fenced);
    assert_eq!(store.put_back(&late, NOW, "x").await, fenced);
    assert_eq!(store.counts().await.unwrap().outbox, 0);
    assert!(store.bases(7, "10001").await.unwrap().is_empty());

    store.complete(&new, completion, after).await.unwrap();
    assert_eq!(store.counts().await.unwrap().outbox, 1);
    assert_eq!(store.complete(&new, Completion::default(), after).await, fenced, "completed already");
}

pub(crate) async fn put_back_waits_and_counts(backend: &dyn Backend) {
    let store = backend.open().await;
    store.ring(bell("a", 7)).await.unwrap();
    store.ring(bell("b", 8)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.put_back(&lease, NOW.plus(500), "zammad-down").await.unwrap();
    assert!(store.complete(&lease, Completion::default(), NOW).await.is_err(), "given back");
    assert_eq!(store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap().ticket_id, 8);
    assert_eq!(store.lease_ticket(NOW.plus(499), MINUTE).await, Ok(None));
    let again = store.lease_ticket(NOW.plus(500), MINUTE).await.unwrap().unwrap();
    assert_eq!((again.ticket_id, again.attempts), (7, 1));
}

pub(crate) async fn bury_lets_others_go_on(backend: &dyn Backend) {
    let store = backend.open().await;
    store.ring(bell("a", 7)).await.unwrap();
    store.ring(bell("b", 8)).await.unwrap();
    let poison = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.ring(bell("c", 7)).await.unwrap();
    store.bury(&poison, NOW, "ticket-unreadable").await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.dead), (2, 1));
    assert_eq!(store.ring(bell("a", 7)).await, Ok(Intake::Duplicate));
    assert_eq!(store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap().ticket_id, 8);
    assert_eq!(store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap().ticket_id, 7, "what rang after the burial");
    assert_eq!(store.forget_deliveries(NOW.plus(MINUTE)).await, Ok(0), "the dead stay visible");
}

pub(crate) async fn a_later_reading_clears_the_dead(backend: &dyn Backend) {
    let store = backend.open().await;
    store.ring(bell("a", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.bury(&lease, NOW, "ticket-unreadable").await.unwrap();
    store.ring(bell("b", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, Completion::default(), NOW).await.unwrap();
    assert_eq!(store.counts().await.unwrap(), store::Counts::default());
}

pub(crate) async fn the_buried_are_listed(backend: &dyn Backend) {
    let store = backend.open().await;
    assert!(store.buried(9).await.unwrap().is_empty());
    for (delivery, ticket) in [("a", 9), ("b", 7), ("c", 7)] {
        store.ring(bell(delivery, ticket)).await.unwrap();
    }
    for later in [0, 5] {
        let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
        store.bury(&lease, NOW.plus(later), &format!("code-{later}")).await.unwrap();
    }
    let expected = [(9, NOW, "code-0".to_owned()), (7, NOW.plus(5), "code-5".to_owned())];
    assert_eq!(store.buried(9).await.unwrap(), expected);
    assert_eq!(store.buried(1).await.unwrap().len(), 1);
}

pub(crate) async fn tells_who_was_rung_for(backend: &dyn Backend) {
    let store = backend.open().await;
    for (delivery, ticket, later) in [("a", 9, 0), ("b", 7, 10), ("c", 7, 20), ("d", 3, -1)] {
        let received_at = NOW.plus(later);
        store.ring(store::Doorbell { received_at, ..bell(delivery, ticket) }).await.unwrap();
    }
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, Completion::default(), NOW).await.unwrap();
    assert_eq!(store.rung_since(NOW, 9).await.unwrap(), [7, 9], "worked off or not");
    assert_eq!(store.rung_since(NOW.plus(20), 9).await.unwrap(), [7]);
    assert_eq!(store.rung_since(NOW.plus(-1), 2).await.unwrap(), [3, 7]);
    assert!(store.rung_since(NOW.plus(21), 9).await.unwrap().is_empty());
}

pub(crate) async fn two_hundred_callers_store_each_delivery_once(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut calls = tokio::task::JoinSet::new();
    for call in 0..200_u64 {
        let store = store.clone();
        calls.spawn(async move { store.ring(bell(&format!("d{}", call % 100), call % 100)).await });
    }
    let answers = calls.join_all().await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(answers.iter().filter(|&&intake| intake == Intake::Stored).count(), 100);
    assert_eq!(store.counts().await.unwrap().inbox, 100);
}

pub(crate) async fn a_caller_that_hangs_up_is_stored_once(backend: &dyn Backend) {
    let store = backend.open().await;
    {
        let mut call = std::pin::pin!(store.ring(bell("a", 7)));
        // One poll hands the row over; then the connection, and with it the future, is gone.
        std::future::poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    assert_eq!(store.ring(bell("a", 7)).await, Ok(Intake::Duplicate), "Zammad's next attempt finds it");
    assert_eq!(store.counts().await.unwrap().inbox, 1);
}

pub(crate) async fn forgets_only_the_old(backend: &dyn Backend) {
    let store = backend.open().await;
    for (position, delivery) in ["a", "b", "c"].into_iter().enumerate() {
        store.ring(bell(delivery, position as u64)).await.unwrap();
    }
    for later in [0, 10] {
        let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
        store.complete(&lease, Completion::default(), NOW.plus(later)).await.unwrap();
    }
    assert_eq!(store.forget_deliveries(NOW.plus(10)).await, Ok(1), "one is newer, one still waits");
    assert_eq!(store.ring(bell("a", 0)).await, Ok(Intake::Stored));
    assert_eq!(store.ring(bell("b", 1)).await, Ok(Intake::Duplicate));
    assert_eq!(store.ring(bell("c", 2)).await, Ok(Intake::Duplicate));
}

pub(crate) async fn an_id_that_cannot_be_stored_is_refused(backend: &dyn Backend) {
    let store = backend.open().await;
    let largest = store::Doorbell { ticket_id: i64::MAX as u64, ..bell("a", 1) };
    assert_eq!(store.ring(largest).await, Ok(Intake::Stored));
    assert_eq!(store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap().ticket_id, i64::MAX as u64);
    let beyond = store::Doorbell { ticket_id: u64::MAX, ..bell("b", 1) };
    assert!(matches!(store.ring(beyond).await, Err(StoreError::Corrupt(_))));
    assert_eq!(store.counts().await.unwrap().inbox, 1);
}
