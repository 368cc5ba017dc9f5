//! A disk that fails and recovers (docs/testing.md Q3).

use std::sync::Arc;

use sqlx::Executor;
use store::{Commands, Counts, Inbox, Intake, Outbox, Store, StoreError};

use crate::{MINUTE, NOW, Place, message, notification};

fn unavailable(operation: &'static str, code: &str) -> StoreError {
    StoreError::Unavailable { operation, code: code.to_owned() }
}

/// Stores notifications until the disk is full; returns how many were stored.
async fn fill(store: &Arc<store::sqlite::SqliteStore>) -> u64 {
    let mut stored = 0;
    for round in 0..100 {
        let mut calls = tokio::task::JoinSet::new();
        for call in 0..200 {
            let store = Arc::clone(store);
            let notification = notification(&format!("fill-{round}-{call}-{}", "x".repeat(500)), call);
            calls.spawn(async move { store.receive(notification).await });
        }
        let answers = calls.join_all().await;
        let failed = answers.iter().filter(|answer| answer.is_err()).count();
        for answer in &answers {
            let full = Err(unavailable("receive", "SQLITE_FULL"));
            assert!(*answer == Ok(Intake::Stored) || *answer == full, "{answer:?}");
        }
        stored += (answers.len() - failed) as u64;
        if failed > 0 {
            return stored;
        }
    }
    stored
}

#[tokio::test]
async fn q3_a_full_disk_heals_without_a_restart() {
    let place = Place::new();
    let store = Arc::new(place.store().await);
    store.limit_pages(200).await.unwrap();
    let stored = fill(&store).await;
    // More than a group of rechecks, which may have left just less than its own room.
    let large = "x".repeat(500_000);
    let full = store.append(vec![message("m1", 7, &large)]).await;
    assert_eq!(full, Err(unavailable("append", "SQLITE_FULL")));
    // Rows answered with an error are not stored; rows answered with Ok are, and can still be read.
    let waiting = Counts { inbox: stored, oldest: Some(NOW), ..Counts::default() };
    assert_eq!(store.counts().await.unwrap(), waiting);
    let doubled = store.receive(notification(&format!("fill-0-0-{}", "x".repeat(500)), 0)).await;
    assert_eq!(doubled, Ok(Intake::Duplicate), "what is there needs no room");

    store.limit_pages(100_000).await.unwrap();
    store.append(vec![message("m1", 7, &large)]).await.unwrap();
    assert_eq!(store.receive(notification("after", 7)).await, Ok(Intake::Stored));
    assert_eq!(store.counts().await.unwrap().inbox, stored + 1);
}

#[tokio::test]
async fn q3_a_locked_database_is_unavailable_and_heals() {
    let place = Place::new();
    let store = place.store().await;
    let mut other = place.foreign().await;
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    assert_eq!(store.probe(NOW).await, Err(unavailable("probe", "SQLITE_BUSY")));
    other.execute("ROLLBACK").await.unwrap();
    store.probe(NOW).await.unwrap();
}

#[tokio::test]
async fn q3_damage_is_not_something_to_retry() {
    let place = Place::new();
    let store = place.store().await;
    place.foreign().await.execute("DROP TABLE command").await.unwrap();
    let damaged = store.claim_command("c1", NOW, MINUTE).await;
    assert_eq!(damaged, Err(StoreError::Corrupt("claim_command: SQLITE_ERROR".to_owned())));
    assert_eq!(store.receive(notification("d1", 7)).await, Ok(Intake::Stored), "the rest works on");
}

#[tokio::test]
async fn q7_two_processes_on_one_file_share_it() {
    let place = Place::new();
    let (one, two) = (place.store().await, place.store().await);
    for call in 0..50 {
        let store = if call % 2 == 0 { &one } else { &two };
        store.receive(notification(&format!("d{call}"), call)).await.unwrap();
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    loop {
        let (left, right) = tokio::join!(one.lease_ticket(NOW, MINUTE), two.lease_ticket(NOW, MINUTE));
        let (left, right) = (left.unwrap(), right.unwrap());
        if left.is_none() && right.is_none() {
            break;
        }
        first.extend(left.map(|lease| lease.ticket_id));
        second.extend(right.map(|lease| lease.ticket_id));
    }
    let mut all = [first, second].concat();
    all.sort_unstable();
    assert_eq!(all, (0..50).collect::<Vec<_>>(), "each ticket to one of them");
}

/// Health pages read this instead of being told by every caller.
#[tokio::test]
async fn is_failing_follows_the_last_write() {
    let place = Place::new();
    let store = place.store().await;
    assert!(!store.is_failing());
    store.limit_pages(1).await.unwrap();
    assert!(store.probe(NOW).await.is_err() && store.is_failing());
    store.limit_pages(100_000).await.unwrap();
    assert!(store.probe(NOW).await.is_ok() && !store.is_failing());
    store.receive(notification("d1", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, 1).await.unwrap().unwrap();
    let fenced = store.complete(&lease, store::Completion::default(), NOW.plus(MINUTE)).await;
    assert!(matches!(fenced, Err(StoreError::Fenced { .. })) && !store.is_failing(), "fencing is no fault");
}
