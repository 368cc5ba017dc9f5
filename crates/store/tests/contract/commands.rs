//! The applied-log of commands from Jira.

use store::{AckRow, Claim, Effects};

use crate::Backend;
use crate::fixtures::{MINUTE, NOW, base};

fn ack(id: &str, status: &str) -> AckRow {
    AckRow { command_id: id.to_owned(), status: status.to_owned(), code: Some(format!("{status}-code")) }
}

pub(crate) async fn is_claimed_once(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Fresh));
    assert_eq!(store.claim_command("c1", NOW.plus(MINUTE - 1), MINUTE).await, Ok(Claim::Busy));
    store.applied(ack("c1", "done"), base("i", "f", Some("1")), NOW).await.unwrap();
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Applied));
    assert_eq!(store.bases(7, "i").await.unwrap().len(), 1);
}

pub(crate) async fn an_interrupted_command_says_so(backend: &dyn Backend) {
    let store = backend.open().await;
    store.claim_command("c1", NOW, MINUTE).await.unwrap();
    drop(store);
    let store = backend.open().await;
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Busy), "another instance may be at it");
    assert_eq!(store.claim_command("c1", NOW.plus(MINUTE), MINUTE).await, Ok(Claim::Interrupted));
    assert_eq!(store.claim_command("c1", NOW.plus(MINUTE), MINUTE).await, Ok(Claim::Busy));
}

pub(crate) async fn an_unclaimed_command_is_interrupted(backend: &dyn Backend) {
    let store = backend.open().await;
    store.claim_command("c1", NOW, MINUTE).await.unwrap();
    store.unclaim("c1").await.unwrap();
    assert!(store.pending_acks(10).await.unwrap().is_empty());
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Interrupted));
    store.applied(ack("c1", "done"), Effects::default(), NOW).await.unwrap();
    store.unclaim("c1").await.unwrap();
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Applied), "too late to unclaim");
}

pub(crate) async fn an_acknowledgement_is_pending_until_heard(backend: &dyn Backend) {
    let store = backend.open().await;
    for (later, id) in ["c2", "c1", "c3"].into_iter().enumerate() {
        store.applied(ack(id, "done"), Effects::default(), NOW.plus(later as i64)).await.unwrap();
    }
    let expected = [ack("c2", "done"), ack("c1", "done"), ack("c3", "done")];
    assert_eq!(store.pending_acks(10).await.unwrap(), expected);
    assert_eq!(store.pending_acks(2).await.unwrap(), expected[..2]);
    store.acks_heard(&["c2".to_owned(), "c3".to_owned(), "unknown".to_owned()]).await.unwrap();
    assert_eq!(store.pending_acks(10).await.unwrap(), [ack("c1", "done")]);
}

pub(crate) async fn a_command_that_comes_again_is_acknowledged_again(backend: &dyn Backend) {
    let store = backend.open().await;
    store.applied(ack("c1", "done"), Effects::default(), NOW).await.unwrap();
    store.acks_heard(&["c1".to_owned()]).await.unwrap();
    assert!(store.pending_acks(10).await.unwrap().is_empty());
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Applied));
    assert_eq!(store.pending_acks(10).await.unwrap(), [ack("c1", "done")]);
}

pub(crate) async fn only_a_failure_is_replaced(backend: &dyn Backend) {
    let store = backend.open().await;
    for status in ["failed", "done", "failed"] {
        store.applied(ack("c1", status), Effects::default(), NOW).await.unwrap();
    }
    store.applied(ack("c2", "skipped"), Effects::default(), NOW).await.unwrap();
    store.applied(ack("c2", "done"), Effects::default(), NOW).await.unwrap();
    assert_eq!(store.pending_acks(10).await.unwrap(), [ack("c1", "done"), ack("c2", "skipped")]);
}

pub(crate) async fn forgets_only_what_was_heard(backend: &dyn Backend) {
    let store = backend.open().await;
    for id in ["heard", "unheard"] {
        store.applied(ack(id, "done"), Effects::default(), NOW).await.unwrap();
    }
    store.claim_command("begun", NOW, MINUTE).await.unwrap();
    store.acks_heard(&["heard".to_owned()]).await.unwrap();
    assert_eq!(store.forget_commands(NOW).await, Ok(0));
    assert_eq!(store.forget_commands(NOW.plus(1)).await, Ok(1));
    assert_eq!(store.claim_command("heard", NOW, MINUTE).await, Ok(Claim::Fresh));
    assert_eq!(store.claim_command("unheard", NOW, MINUTE).await, Ok(Claim::Applied), "or it would be applied twice");
    assert_eq!(store.claim_command("begun", NOW, MINUTE).await, Ok(Claim::Busy));
}

pub(crate) async fn claims_race_to_one(backend: &dyn Backend) {
    let store = backend.open().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let store = store.clone();
        calls.spawn(async move { store.claim_command("c1", NOW, MINUTE).await.unwrap() });
    }
    let claims = calls.join_all().await;
    assert_eq!(claims.iter().filter(|&claim| *claim == Claim::Fresh).count(), 1);
    assert_eq!(claims.iter().filter(|&claim| *claim == Claim::Busy).count(), 49);
}
