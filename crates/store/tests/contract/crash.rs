//! A process that ends without a word, and the next one.

use schema::AckStatus;
use store::{AckRow, Claim, Completion, Effects, Intake, Settlement, StoredSettings};

use crate::Backend;
use crate::support::{
    MINUTE, NOW, ROOMY, change, completion_with, fact, ids, message, named, notification, recheck, trouble,
};

pub(crate) async fn everything_acknowledged_is_there(backend: &dyn Backend) {
    let store = backend.open().await;
    for ticket in 0..20 {
        store.receive(notification(&format!("d{ticket}"), ticket)).await.unwrap();
    }
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, completion_with(vec![message("m1", 0), message("m2", 0)]), NOW).await.unwrap();
    let batch = store.claim(NOW, MINUTE, store::BatchLimits { messages: 1, ..ROOMY }).await.unwrap();
    let word = Settlement::Done { result: Some("1".to_owned()) };
    store.settle(&batch, vec![("m1".to_owned(), word.clone())], Effects::default(), NOW).await.unwrap();
    store.claim_command("c1", NOW, MINUTE).await.unwrap();
    drop(store);

    let store = backend.open().await;
    assert_eq!(store.receive(notification("d0", 0)).await, Ok(Intake::Duplicate));
    assert_eq!(store.receive(notification("d19", 19)).await, Ok(Intake::Duplicate));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.outbox), (19, 1));
    assert_eq!(store.settled("m1").await.unwrap(), Some(word));
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["m2"]);
    assert_eq!(store.claim_command("c1", NOW.plus(MINUTE), MINUTE).await, Ok(Claim::Interrupted));
}

/// Each way of storing effects stores all of them, and what is fenced stores none.
pub(crate) async fn effects_are_stored_whole_or_not_at_all(backend: &dyn Backend) {
    let all = |name: &str| {
        let number = name.len() as u64;
        let mark = (name.to_owned(), "1".to_owned());
        let rechecks = vec![recheck(name, 90 + number, Some(NOW.plus(MINUTE * 9)))];
        Effects {
            troubles: vec![trouble(7, name, Some("x"), NOW)],
            changes: vec![change(7, name, NOW)],
            settings: Some(StoredSettings { etag: name.to_owned(), json: "{}".to_owned() }),
            watermarks: vec![mark],
            ..Effects { rechecks, ..fact("10001", name, Some("1")) }
        }
    };
    let store = backend.open().await;
    store.receive(notification("d1", 7)).await.unwrap();
    store.append(vec![message("m1", 8), message("m2", 8)]).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    let done = |id: &str| vec![(id.to_owned(), Settlement::Done { result: None })];
    store.settle(&batch, done("m1"), all("settled"), NOW).await.unwrap();
    store.complete(&lease, Completion { effects: all("completed"), ..Completion::default() }, NOW).await.unwrap();
    store.record(all("recorded")).await.unwrap();
    let ack = AckRow { command_id: "c1".to_owned(), status: AckStatus::Done, code: None };
    store.finish_command(ack, all("on a command"), NOW).await.unwrap();
    let late = Completion { effects: all("late"), ..Completion::default() };
    assert!(store.complete(&lease, late, NOW).await.is_err(), "completed already");
    assert!(store.settle(&batch, done("m1"), all("fenced"), NOW).await.is_err(), "settled already");
    drop(store);

    let store = backend.open().await;
    let names = ["completed", "on a command", "recorded", "settled"];
    assert_eq!(
        store.link_facts(7, "10001").await,
        Ok(names.map(|name| (named(name), "1".to_owned())).into_iter().collect())
    );
    let troubles = store.troubles_of(7, "10001").await.unwrap();
    assert_eq!(troubles.iter().map(|row| row.subject.to_string()).collect::<Vec<_>>(), names);
    let mut changes: Vec<_> = store.changes(7, 9).await.unwrap().into_iter().map(|one| one.field).collect();
    changes.sort();
    assert_eq!(changes, names);
    for name in names {
        assert_eq!(store.watermark(name).await, Ok(Some("1".to_owned())));
    }
    assert_eq!((store.watermark("late").await, store.watermark("fenced").await), (Ok(None), Ok(None)));
    assert_eq!(store.settings().await.unwrap().unwrap().etag, "on a command", "the last of them");
    assert_eq!(store.counts().await.unwrap().inbox, 4, "and four tickets wait for their time");
}

pub(crate) async fn leases_of_a_dead_process_expire(backend: &dyn Backend) {
    let store = backend.open().await;
    store.receive(notification("d1", 7)).await.unwrap();
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
