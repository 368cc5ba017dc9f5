//! Rechecks.

use store::{Completion, Counts, Effects, STOPS_THE_PROCESS, Store};

use crate::Backend;
use crate::support::{MINUTE, NOW, notification, recheck, rechecking};

/// The ticket that is leased now, if any.
async fn next(store: &dyn Store, later: i64) -> Option<u64> {
    store.lease_ticket(NOW.plus(later), MINUTE).await.unwrap().map(|lease| lease.ticket_id)
}

pub(crate) async fn a_known_cause_is_ignored(backend: &dyn Backend) {
    let store = backend.open().await;
    store.record(rechecking(vec![recheck("k", 7, None), recheck("k", 8, None), recheck("l", 7, None)])).await.unwrap();
    store.record(rechecking(vec![recheck("k", 9, None)])).await.unwrap();
    assert_eq!(store.counts().await.unwrap().inbox, 2);
    assert_eq!(store.receive(notification("k", 5)).await, Ok(store::Intake::Stored), "a webhook's name is another");
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    assert_eq!(lease.ticket_id, 7);
    store.complete(&lease, Completion::default(), NOW).await.unwrap();
    store.record(rechecking(vec![recheck("k", 9, None)])).await.unwrap();
    assert_eq!(store.counts().await.unwrap().inbox, 1, "also after it was answered");
    assert_eq!(store.prune_notifications(NOW.plus(1)).await, Ok(2));
    store.record(rechecking(vec![recheck("k", 9, None)])).await.unwrap();
    assert_eq!(store.counts().await.unwrap().inbox, 2, "until it is forgotten");
}

pub(crate) async fn waits_until_it_is_due(backend: &dyn Backend) {
    let store = backend.open().await;
    store.record(rechecking(vec![recheck("a", 7, Some(NOW.plus(100)))])).await.unwrap();
    assert_eq!(
        store.counts().await.unwrap(),
        Counts { inbox: 1, ..Counts::default() },
        "waits, and nobody waits for it"
    );
    drop(store);
    let store = backend.open().await;
    store.release_claims(NOW).await.unwrap();
    assert_eq!(next(&*store, 99).await, None);
    assert_eq!(next(&*store, 100).await, Some(7));
    assert_eq!(next(&*store, 101).await, None, "leased");
}

/// The process ends, again and again, while it works on ticket 7. The others are done meanwhile.
pub(crate) async fn a_ticket_that_ends_the_process_is_set_aside(backend: &dyn Backend) {
    let store = backend.open().await;
    store.record(rechecking(vec![recheck("a", 7, None), recheck("b", 8, None)])).await.unwrap();
    for round in 1..=3 {
        let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
        assert_eq!(lease.ticket_id, 7, "round {round}");
        store.release_claims(NOW).await.unwrap();
    }
    let other = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    assert_eq!(other.ticket_id, 8, "others go on");
    store.complete(&other, Completion::default(), NOW).await.unwrap();
    let waiting = store.waiting_tickets(9).await.unwrap();
    let aside = waiting.iter().find(|row| row.ticket_id == 7).unwrap();
    assert_eq!((aside.code.as_str(), aside.not_before), (STOPS_THE_PROCESS, NOW.plus(MINUTE)));
    // It is tried again, and one more end is enough to set it aside for twice as long, up to 15 minutes.
    let mut at = 0;
    for minutes in [1, 2, 4, 8, 15, 15] {
        at += minutes * MINUTE;
        let lease = store.lease_ticket(NOW.plus(at), MINUTE).await.unwrap().unwrap();
        assert_eq!(lease.ticket_id, 7, "after {minutes} minutes");
        store.release_claims(NOW.plus(at)).await.unwrap();
        assert_eq!(next(&*store, at + 1).await, None, "after {minutes} minutes");
    }
    let now = NOW.plus(at + 15 * MINUTE);
    let lease = store.lease_ticket(now, MINUTE).await.unwrap().unwrap();
    assert_eq!(lease.ticket_id, 7);
    store.retry_ticket(&lease, now, "zammad-busy").await.unwrap();
    store.lease_ticket(now, MINUTE).await.unwrap().unwrap();
    store.release_claims(now).await.unwrap();
    assert_eq!(
        store.lease_ticket(now, MINUTE).await.unwrap().unwrap().ticket_id,
        7,
        "an error was an answer: it counts anew"
    );
}

pub(crate) async fn an_earlier_request_ends_the_deferral(backend: &dyn Backend) {
    let store = backend.open().await;
    let later = |key: &str, ticket, ms| recheck(key, ticket, Some(NOW.plus(ms)));
    store.record(rechecking(vec![later("a", 7, 500), later("b", 8, 500), later("c", 9, 500)])).await.unwrap();
    store.receive(notification("webhook", 7)).await.unwrap();
    assert_eq!(next(&*store, 0).await, Some(7));
    store.record(rechecking(vec![recheck("d", 8, None), later("e", 9, 100), later("f", 9, 300)])).await.unwrap();
    assert_eq!(next(&*store, 0).await, Some(8));
    assert_eq!(next(&*store, 99).await, None);
    assert_eq!(next(&*store, 100).await, Some(9));
    // A ticket that is due is not deferred by a later request.
    store.receive(notification("webhook-2", 10)).await.unwrap();
    store.record(rechecking(vec![later("g", 10, 500)])).await.unwrap();
    assert_eq!(next(&*store, 101).await, Some(10));
}

pub(crate) async fn a_request_does_not_end_a_lease(backend: &dyn Backend) {
    let store = backend.open().await;
    store.record(rechecking(vec![recheck("a", 7, Some(NOW.plus(1)))])).await.unwrap();
    let lease = store.lease_ticket(NOW.plus(1), MINUTE).await.unwrap().unwrap();
    store.receive(notification("webhook", 7)).await.unwrap();
    store.record(rechecking(vec![recheck("b", 7, None)])).await.unwrap();
    assert_eq!(next(&*store, 1).await, None, "one holder at a time");
    // Nor is a ticket that was put back: whatever failed would fail again.
    store.retry_ticket(&lease, NOW.plus(500), "zammad-down").await.unwrap();
    store.receive(notification("webhook-2", 7)).await.unwrap();
    store.record(rechecking(vec![recheck("c", 7, None)])).await.unwrap();
    assert_eq!(next(&*store, 499).await, None);
    assert_eq!(next(&*store, 500).await, Some(7));
}

pub(crate) async fn a_visit_may_request_the_next(backend: &dyn Backend) {
    let store = backend.open().await;
    store.receive(notification("webhook", 7)).await.unwrap();
    for (round, key) in ["a", "b"].into_iter().enumerate() {
        let now = NOW.plus(500 * round as i64);
        let lease = store.lease_ticket(now, MINUTE).await.unwrap().unwrap();
        let effects = rechecking(vec![recheck(key, 7, Some(now.plus(500)))]);
        store.complete(&lease, Completion { effects, ..Completion::default() }, now).await.unwrap();
        assert_eq!(store.lease_ticket(now.plus(499), MINUTE).await, Ok(None));
    }
    // A notification during the work is not deferred by the request.
    let lease = store.lease_ticket(NOW.plus(1_000), MINUTE).await.unwrap().unwrap();
    store.receive(notification("webhook-2", 7)).await.unwrap();
    let effects = rechecking(vec![recheck("c", 7, Some(NOW.plus(5_000)))]);
    store.complete(&lease, Completion { effects, ..Completion::default() }, NOW.plus(1_000)).await.unwrap();
    let lease = store.lease_ticket(NOW.plus(1_000), MINUTE).await.unwrap().unwrap();
    store.complete(&lease, Completion::default(), NOW.plus(1_000)).await.unwrap();
    assert_eq!(store.counts().await.unwrap().inbox, 0, "one reading answers all earlier requests");
    assert_eq!(next(&*store, 5_000).await, None);
}

pub(crate) async fn an_id_that_cannot_be_stored_rolls_everything_back(backend: &dyn Backend) {
    let store = backend.open().await;
    let effects = Effects {
        watermarks: vec![("w".to_owned(), "1".to_owned())],
        ..rechecking(vec![recheck("a", u64::MAX, None)])
    };
    assert!(matches!(store.record(effects).await, Err(store::StoreError::Corrupt(_))));
    assert_eq!(store.watermark("w").await, Ok(None));
}
