//! The walk over all links.

use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use serde_json::{Value, json};
use sidecar::health::Health;
use sidecar::reconcile::{Drift, DriftPace};
use store::{Batch, BatchLimits, Change, Completion, Effects, LinkState, Settlement, Side, Store};
use tokio::sync::Notify;

use crate::{NOW, Place, link, linking};

const DAY: i64 = 86_400_000;
const ROOMY: BatchLimits = BatchLimits { messages: 50, bytes: 1_000_000, per_ticket: 50 };

async fn drift(place: &Place) -> Drift {
    Drift {
        store: place.store().await,
        env: place.env.clone(),
        health: Arc::new(Health::default()),
        wake: Arc::new(Notify::new()),
        outbox: Arc::new(Notify::new()),
        again: Arc::new(Notify::new()),
        privacy: Privacy::On,
        instance: "a".to_owned(),
        pace: DriftPace::default(),
    }
}

/// Works off the next notification as a visit that writes this title, if any.
async fn visit(store: &Arc<dyn Store>, place: &Place, title: Option<&str>) -> u64 {
    let now = place.env.now();
    let lease = store.lease_ticket(now, 60_000).await.unwrap().unwrap();
    let changes = title.map(|_| Change {
        ticket_id: lease.ticket_id,
        issue_id: link(lease.ticket_id, LinkState::Active).issue_id,
        field: "title".to_owned(),
        side: Side::Zammad,
        actor: None,
        message_id: "m".to_owned(),
        at: now,
        conflict: false,
        kept: None,
        lost: None,
    });
    let effects = Effects { changes: changes.into_iter().collect(), ..Effects::default() };
    store.complete(&lease, Completion { effects, ..Completion::default() }, now).await.unwrap();
    lease.ticket_id
}

/// Everything that waits for Forge, settled.
async fn sent(store: &Arc<dyn Store>, place: &Place) -> Vec<Value> {
    let now = place.env.now();
    let batch: Batch = store.claim(now, 60_000, ROOMY).await.unwrap();
    let words = batch.rows.iter().map(|row| (row.id.clone(), Settlement::Done { result: None })).collect();
    store.settle(&batch, words, Effects::default(), now).await.unwrap();
    batch.rows.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect()
}

/// Kept with the round itself: a reset from outside could be lost in a step that goes on.
#[tokio::test]
async fn other_settings_begin_a_round() {
    let place = Place::new();
    let walk = drift(&place).await;
    walk.store.record(linking([7])).await.unwrap();
    walk.step().await.unwrap();
    assert_eq!(visit(&walk.store, &place, None).await, 7);
    let rung = async || {
        walk.step().await.unwrap();
        walk.store.counts().await.unwrap().inbox
    };
    assert_eq!(rung().await, 0, "the round is walked");
    let settings = Some(("2".to_owned(), "{}".to_owned()));
    walk.store.record(Effects { settings, ..Effects::default() }).await.unwrap();
    place.hands.pass(1_000);
    assert_eq!(rung().await, 1);
}

#[tokio::test]
async fn every_link_is_looked_at_once_a_round_also_over_restarts() {
    let place = Place::new();
    let mut walk = drift(&place).await;
    let mut effects = linking([7, 9]);
    effects.links.extend([link(8, LinkState::Paused), link(6, LinkState::Ended)]);
    walk.store.record(effects).await.unwrap();
    for ticket in [7, 8, 9] {
        assert_eq!(walk.step().await.unwrap(), Duration::from_secs(1));
        assert_eq!(visit(&walk.store, &place, None).await, ticket);
        let questions = sent(&walk.store, &place).await;
        let asked: Vec<_> = questions.iter().map(|one| (one["kind"].clone(), one["data"]["issue"].clone())).collect();
        // A paused link's ticket is read, and nothing is sent.
        let expected = if ticket == 8 { vec![] } else { vec![(json!("issue.get"), json!(format!("100{ticket:02}")))] };
        assert_eq!(asked, expected);
        assert!(questions.iter().all(|one| one["ticketId"] == ticket), "in the ticket's line");
        drop(walk);
        place.hands.pass(1_000);
        walk = drift(&place).await;
    }
    walk.step().await.unwrap();
    assert_eq!(walk.store.counts().await.unwrap(), store::Counts::default(), "the end of the round");
}

#[tokio::test]
async fn a_round_ends_with_what_it_found_and_the_next_begins_a_day_later() {
    let place = Place::new();
    let walk = drift(&place).await;
    walk.store.record(linking([7, 8, 9])).await.unwrap();
    for title in [Some("differed"), None, Some("differed")] {
        walk.step().await.unwrap();
        visit(&walk.store, &place, title).await;
    }
    let trouble = store::Trouble {
        ticket_id: 9,
        issue_id: "10009".to_owned(),
        field: "state".to_owned(),
        code: Some("no-path".to_owned()),
        detail: None,
        at: NOW,
    };
    walk.store.record(Effects { troubles: vec![trouble], ..Effects::default() }).await.unwrap();
    assert_eq!(sent(&walk.store, &place).await.len(), 3);
    walk.step().await.unwrap();
    assert_eq!(walk.step().await.unwrap(), Duration::from_secs(60), "what was asked may still be under way");
    place.hands.pass(599_999);
    assert_eq!(walk.step().await.unwrap(), Duration::from_millis(1));
    assert!(sent(&walk.store, &place).await.is_empty());
    place.hands.pass(1);
    walk.step().await.unwrap();
    walk.step().await.unwrap();
    let report = sent(&walk.store, &place).await;
    assert_eq!(report.len(), 1, "once");
    assert_eq!(report[0]["kind"], "drift.report");
    assert_eq!(report[0]["data"], json!({ "checked": 3, "differed": 2, "repaired": 1 }));

    place.hands.pass(DAY - 600_001);
    assert_eq!(walk.step().await.unwrap(), Duration::from_millis(1));
    assert_eq!(walk.store.counts().await.unwrap().inbox, 0);
    place.hands.pass(1);
    walk.step().await.unwrap();
    assert_eq!(visit(&walk.store, &place, None).await, 7, "the same link, by another key");
    assert_eq!(sent(&walk.store, &place).await.len(), 1);
}

#[tokio::test]
async fn more_links_than_a_day_has_seconds_go_several_at_a_time() {
    let place = Place::new();
    let mut walk = drift(&place).await;
    walk.pace = DriftPace { gap: Duration::from_secs(1), round: Duration::from_secs(3), settle: Duration::ZERO };
    walk.store.record(linking(1..=10)).await.unwrap();
    for _ in 0..3 {
        walk.step().await.unwrap();
    }
    assert_eq!(walk.store.counts().await.unwrap().inbox, 10, "four, four and two");
}

#[tokio::test]
async fn a_round_never_adds_to_a_backlog() {
    let place = Place::new();
    let walk = drift(&place).await;
    walk.store.record(linking([7])).await.unwrap();
    let ring = |ticket: u64| store::Recheck { ticket_id: ticket, key: format!("{ticket}"), not_before: None, at: NOW };
    let rechecks = (100..1_100).map(ring).collect();
    walk.store.record(Effects { rechecks, ..Effects::default() }).await.unwrap();
    assert_eq!(walk.step().await.unwrap(), Duration::from_secs(60));
    assert_eq!(walk.store.counts().await.unwrap().inbox, 1_000);
    visit(&walk.store, &place, None).await;
    walk.step().await.unwrap();
    assert_eq!(walk.store.counts().await.unwrap().inbox, 1_000, "one left, one came");
}

#[tokio::test]
async fn one_instance_walks_and_a_clock_set_back_stops_no_round() {
    let place = Place::new();
    let walk = drift(&place).await;
    let other = Drift { instance: "b".to_owned(), ..drift(&place).await };
    walk.store.record(linking([7])).await.unwrap();
    walk.step().await.unwrap();
    other.step().await.unwrap();
    assert_eq!(walk.store.counts().await.unwrap().inbox, 1);
    walk.step().await.unwrap();
    place.hands.pass(600_000);
    walk.step().await.unwrap();
    place.hands.pass(-10 * DAY);
    assert_eq!(visit(&walk.store, &place, None).await, 7);
    walk.step().await.unwrap();
    assert_eq!(visit(&walk.store, &place, None).await, 7, "a new round");
}
