//! The clock is set forward by a day, something is stored, and the clock is set back: nothing waits for that day.

use store::{BatchLimits, Claim, Effects, Settlement};

use crate::Backend;
use crate::support::{MINUTE, NOW, message, notification};

const DAY: i64 = 86_400_000;
const LIMITS: BatchLimits = BatchLimits { messages: 9, bytes: 99_999, per_ticket: 9 };

pub(crate) async fn nothing_waits_for_a_day_that_the_clock_took_back(backend: &dyn Backend) {
    let store = backend.open().await;
    let later = NOW.plus(DAY);
    // A named lease.
    let old = store.acquire_lease("poller", "a", later, MINUTE).await.unwrap().unwrap();
    let new = store.acquire_lease("poller", "b", NOW, MINUTE).await.unwrap().unwrap();
    assert!(new > old);
    // A ticket under lease, and one that waits for its next attempt.
    for (delivery, ticket) in [("d1", 7), ("d2", 8)] {
        store.receive(notification(delivery, ticket)).await.unwrap();
    }
    let leases = [
        store.lease_ticket(later, MINUTE).await.unwrap().unwrap(),
        store.lease_ticket(later, MINUTE).await.unwrap().unwrap(),
    ];
    store.retry_ticket(&leases[1], later.plus(MINUTE), "zammad-error").await.unwrap();
    let mut free = Vec::new();
    while let Some(lease) = store.lease_ticket(NOW, MINUTE).await.unwrap() {
        free.push(lease.ticket_id);
    }
    free.sort_unstable();
    assert_eq!(free, [7, 8]);
    // A message that was claimed, one that waits for its next attempt, and the one behind it.
    let rows = [("m1", 7), ("m2", 8), ("m3", 8)].map(|(id, ticket)| message(id, ticket));
    store.append(rows.into()).await.unwrap();
    let batch = store.claim(later, MINUTE, LIMITS).await.unwrap();
    let wait = |id: &str| (id.to_owned(), Settlement::Retry { at: later.plus(MINUTE), code: "status".to_owned() });
    store.settle(&batch, vec![wait("m2"), wait("m3")], Effects::default(), later).await.unwrap();
    let batch = store.claim(NOW, MINUTE, LIMITS).await.unwrap();
    let mut sent: Vec<&str> = batch.rows.iter().map(|row| row.id.as_str()).collect();
    sent.sort_unstable();
    assert_eq!(sent, ["m1", "m2", "m3"]);
    // A command.
    assert_eq!(store.claim_command("c1", later, MINUTE).await.unwrap(), Claim::Fresh);
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await.unwrap(), Claim::Interrupted);
}

/// The longest waits that anybody asks for are no sign of a clock that was set back: an hour for a message, until Jira's rate limit
/// begins anew, and 15 minutes for a ticket.
pub(crate) async fn the_longest_waits_are_kept(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7)]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, LIMITS).await.unwrap();
    let wait = Settlement::Retry { at: NOW.plus(60 * MINUTE), code: "jira-quota".to_owned() };
    store.settle(&batch, vec![("m1".to_owned(), wait)], Effects::default(), NOW).await.unwrap();
    store.receive(notification("d1", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.retry_ticket(&lease, NOW.plus(15 * MINUTE), "zammad-error").await.unwrap();
    assert!(store.claim(NOW, MINUTE, LIMITS).await.unwrap().rows.is_empty());
    assert!(store.claim(NOW.plus(60 * MINUTE - 1), MINUTE, LIMITS).await.unwrap().rows.is_empty());
    assert_eq!(store.claim(NOW.plus(60 * MINUTE), MINUTE, LIMITS).await.unwrap().rows.len(), 1);
    assert_eq!(store.lease_ticket(NOW.plus(15 * MINUTE - 1), MINUTE).await.unwrap(), None);
    assert!(store.lease_ticket(NOW.plus(15 * MINUTE), MINUTE).await.unwrap().is_some());
}
