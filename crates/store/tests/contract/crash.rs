//! A process that ends without a word, and the next one.

use store::{Claim, Effects, Intake, Settlement};

use crate::Backend;
use crate::fixtures::{MINUTE, NOW, ROOMY, bell, ids, message, saying};

pub(crate) async fn everything_acknowledged_is_there(backend: &dyn Backend) {
    let store = backend.open().await;
    for ticket in 0..20 {
        store.ring(bell(&format!("d{ticket}"), ticket)).await.unwrap();
    }
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, saying(vec![message("m1", 0), message("m2", 0)]), NOW).await.unwrap();
    let batch = store.claim(NOW, MINUTE, store::BatchLimits { messages: 1, ..ROOMY }).await.unwrap();
    let word = Settlement::Done { result: Some("1".to_owned()) };
    store.settle(&batch, vec![("m1".to_owned(), word.clone())], Effects::default(), NOW).await.unwrap();
    store.claim_command("c1", NOW, MINUTE).await.unwrap();
    drop(store);

    let store = backend.open().await;
    assert_eq!(store.ring(bell("d0", 0)).await, Ok(Intake::Duplicate));
    assert_eq!(store.ring(bell("d19", 19)).await, Ok(Intake::Duplicate));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.outbox), (19, 1));
    assert_eq!(store.settled("m1").await.unwrap(), Some(word));
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["m2"]);
    assert_eq!(store.claim_command("c1", NOW.plus(MINUTE), MINUTE).await, Ok(Claim::Interrupted));
}

pub(crate) async fn leases_outlive_their_holder_only_so_long(backend: &dyn Backend) {
    let store = backend.open().await;
    store.ring(bell("d1", 7)).await.unwrap();
    store.append(vec![message("m1", 8)]).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    drop(store);

    let store = backend.open().await;
    assert_eq!(store.lease_ticket(NOW.plus(MINUTE - 1), MINUTE).await, Ok(None));
    assert!(store.claim(NOW.plus(MINUTE - 1), MINUTE, ROOMY).await.unwrap().rows.is_empty());
    let next = store.lease_ticket(NOW.plus(MINUTE), MINUTE).await.unwrap().unwrap();
    assert_eq!((next.ticket_id, next.attempts), (7, 1));
    assert_ne!(next.token, lease.token);
    let again = store.claim(NOW.plus(MINUTE), MINUTE, ROOMY).await.unwrap();
    assert_eq!((ids(&again), again.rows[0].attempts), (vec!["m1"], 1));
    assert_ne!(again.token, batch.token);
}

pub(crate) async fn probe_writes(backend: &dyn Backend) {
    let store = backend.open().await;
    store.probe(NOW).await.unwrap();
    store.probe(NOW.plus(1)).await.unwrap();
    assert_eq!(
        store.counts().await.unwrap(),
        store::Counts::default(),
        "and leaves no row that somebody must work off"
    );
}
