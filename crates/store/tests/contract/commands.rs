//! The log of applied commands from Jira.

use schema::AckStatus;
use store::{AckRow, Claim, Effects, LinkFacts};

use crate::Backend;
use crate::support::{MINUTE, NOW, fact};

fn ack(id: &str, status: AckStatus) -> AckRow {
    AckRow { command_id: id.to_owned(), status, code: Some(format!("{status:?}-code")) }
}

pub(crate) async fn is_claimed_once(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Fresh));
    assert_eq!(store.claim_command("c1", NOW.plus(MINUTE - 1), MINUTE).await, Ok(Claim::Busy));
    store.finish_command(ack("c1", AckStatus::Done), fact("i", "f", Some("1")), NOW).await.unwrap();
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Applied));
    assert_ne!(store.link_facts(7, "i").await, Ok(LinkFacts::default()));
}

pub(crate) async fn an_interrupted_command_is_reported(backend: &dyn Backend) {
    let store = backend.open().await;
    store.claim_command("c1", NOW, MINUTE).await.unwrap();
    drop(store);
    let store = backend.open().await;
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Busy), "another instance may be at it");
    assert_eq!(store.claim_command("c1", NOW.plus(MINUTE), MINUTE).await, Ok(Claim::Interrupted));
    assert_eq!(store.claim_command("c1", NOW.plus(MINUTE), MINUTE).await, Ok(Claim::Busy));
}

pub(crate) async fn a_released_command_is_interrupted(backend: &dyn Backend) {
    let store = backend.open().await;
    store.claim_command("c1", NOW, MINUTE).await.unwrap();
    store.release_command("c1").await.unwrap();
    assert!(store.pending_acks(10).await.unwrap().is_empty());
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Interrupted));
    store.finish_command(ack("c1", AckStatus::Done), Effects::default(), NOW).await.unwrap();
    store.release_command("c1").await.unwrap();
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Applied), "too late to release_command");
}

pub(crate) async fn an_acknowledgement_is_pending_until_delivered(backend: &dyn Backend) {
    let store = backend.open().await;
    for (later, id) in ["c2", "c1", "c3"].into_iter().enumerate() {
        store.finish_command(ack(id, AckStatus::Done), Effects::default(), NOW.plus(later as i64)).await.unwrap();
    }
    let expected = [ack("c2", AckStatus::Done), ack("c1", AckStatus::Done), ack("c3", AckStatus::Done)];
    assert_eq!(store.pending_acks(10).await.unwrap(), expected);
    assert_eq!(store.pending_acks(2).await.unwrap(), expected[..2]);
    store.acks_delivered(&["c2".to_owned(), "c3".to_owned(), "unknown".to_owned()]).await.unwrap();
    assert_eq!(store.pending_acks(10).await.unwrap(), [ack("c1", AckStatus::Done)]);
}

pub(crate) async fn a_command_that_comes_again_is_acknowledged_again(backend: &dyn Backend) {
    let store = backend.open().await;
    store.finish_command(ack("c1", AckStatus::Done), Effects::default(), NOW).await.unwrap();
    store.acks_delivered(&["c1".to_owned()]).await.unwrap();
    assert!(store.pending_acks(10).await.unwrap().is_empty());
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Applied));
    assert_eq!(store.pending_acks(10).await.unwrap(), [ack("c1", AckStatus::Done)]);
}

pub(crate) async fn only_a_failure_is_replaced(backend: &dyn Backend) {
    let store = backend.open().await;
    for status in [AckStatus::Failed, AckStatus::Done, AckStatus::Failed] {
        store.finish_command(ack("c1", status), Effects::default(), NOW).await.unwrap();
    }
    store.finish_command(ack("c2", AckStatus::Skipped), Effects::default(), NOW).await.unwrap();
    store.finish_command(ack("c2", AckStatus::Done), Effects::default(), NOW).await.unwrap();
    assert_eq!(store.pending_acks(10).await.unwrap(), [ack("c1", AckStatus::Done), ack("c2", AckStatus::Skipped)]);
}

pub(crate) async fn prunes_only_delivered_acknowledgements(backend: &dyn Backend) {
    let store = backend.open().await;
    for id in ["heard", "unheard"] {
        store.finish_command(ack(id, AckStatus::Done), Effects::default(), NOW).await.unwrap();
    }
    store.claim_command("begun", NOW, MINUTE).await.unwrap();
    store.acks_delivered(&["heard".to_owned()]).await.unwrap();
    assert_eq!(store.prune_commands(NOW).await, Ok(0));
    assert_eq!(store.prune_commands(NOW.plus(1)).await, Ok(1));
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
