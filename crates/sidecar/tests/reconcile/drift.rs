//! The daily comparison.

use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::Side;
use serde_json::{Value, json};
use sidecar::health::Health;
use sidecar::reconcile::{Drift, DriftPace};
use store::{Batch, BatchLimits, Change, Completion, Effects, LinkState, Settlement, Store};
use tokio::sync::Notify;

use crate::support::{NOW, Setup, link, linking};

const DAY: i64 = 86_400_000;
const ROOMY: BatchLimits = BatchLimits { messages: 50, bytes: 1_000_000, per_ticket: 50 };

async fn drift(setup: &Setup) -> Drift {
    Drift {
        store: setup.store().await,
        env: setup.env.clone(),
        health: Arc::new(Health::default()),
        inbox_ready: Arc::new(Notify::new()),
        outbox_ready: Arc::new(Notify::new()),
        settings_changed: Arc::new(Notify::new()),
        privacy: Privacy::On,
        instance: "a".to_owned(),
        pace: DriftPace::default(),
    }
}

/// Processes the next ticket like a visit that writes this title, if any.
async fn visit(store: &Arc<dyn Store>, setup: &Setup, title: Option<&str>) -> u64 {
    let now = setup.env.now();
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

/// Settles all waiting messages and returns them.
async fn sent(store: &Arc<dyn Store>, setup: &Setup) -> Vec<Value> {
    let now = setup.env.now();
    let batch: Batch = store.claim(now, 60_000, ROOMY).await.unwrap();
    let words = batch.rows.iter().map(|row| (row.id.clone(), Settlement::Done { result: None })).collect();
    store.settle(&batch, words, Effects::default(), now).await.unwrap();
    batch.rows.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect()
}

#[tokio::test]
async fn new_settings_start_a_round() {
    let setup = Setup::new();
    let task = drift(&setup).await;
    task.store.record(linking([7])).await.unwrap();
    task.compare_next().await.unwrap();
    assert_eq!(visit(&task.store, &setup, None).await, 7);
    let queued = async || {
        task.compare_next().await.unwrap();
        task.store.counts().await.unwrap().inbox
    };
    assert_eq!(queued().await, 0, "the round is complete");
    let settings =
        Some(store::StoredSettings { etag: "2".to_owned(), json: r#"{"comments":{"toJira":"none"}}"#.to_owned() });
    task.store.record(Effects { settings, ..Effects::default() }).await.unwrap();
    setup.clock.pass(1_000);
    assert_eq!(queued().await, 1);
}

#[tokio::test]
async fn every_link_is_compared_once_per_round_across_restarts() {
    let setup = Setup::new();
    let mut task = drift(&setup).await;
    let mut effects = linking([7, 9]);
    effects.links.extend([link(8, LinkState::Paused), link(6, LinkState::Ended)]);
    task.store.record(effects).await.unwrap();
    for ticket in [7, 8, 9] {
        assert_eq!(task.compare_next().await.unwrap(), Duration::from_secs(1));
        assert_eq!(visit(&task.store, &setup, None).await, ticket);
        assert!(sent(&task.store, &setup).await.is_empty(), "Jira is not asked");
        drop(task);
        setup.clock.pass(1_000);
        task = drift(&setup).await;
    }
    task.compare_next().await.unwrap();
    assert_eq!(task.store.counts().await.unwrap(), store::Counts::default(), "the end of the round");
}

#[tokio::test]
async fn a_round_ends_with_a_report_and_the_next_starts_a_day_later() {
    let setup = Setup::new();
    let task = drift(&setup).await;
    task.store.record(linking([7, 8, 9])).await.unwrap();
    for title in [Some("differed"), None, Some("differed")] {
        task.compare_next().await.unwrap();
        visit(&task.store, &setup, title).await;
    }
    let trouble = store::Trouble {
        ticket_id: 9,
        issue_id: "10009".to_owned(),
        subject: "state".into(),
        code: Some("no-path".to_owned()),
        detail: None,
        at: NOW,
    };
    task.store.record(Effects { troubles: vec![trouble], ..Effects::default() }).await.unwrap();
    task.compare_next().await.unwrap();
    assert_eq!(task.compare_next().await.unwrap(), Duration::from_secs(60), "visits may still be running");
    setup.clock.pass(599_999);
    assert_eq!(task.compare_next().await.unwrap(), Duration::from_millis(1));
    assert!(sent(&task.store, &setup).await.is_empty());
    setup.clock.pass(1);
    task.compare_next().await.unwrap();
    task.compare_next().await.unwrap();
    let report = sent(&task.store, &setup).await;
    assert_eq!(report.len(), 1, "once");
    assert_eq!(report[0]["kind"], "drift.report");
    assert_eq!(report[0]["data"], json!({ "checked": 3, "differed": 2, "repaired": 1 }));

    setup.clock.pass(DAY - 600_001);
    assert_eq!(task.compare_next().await.unwrap(), Duration::from_millis(1));
    assert_eq!(task.store.counts().await.unwrap().inbox, 0);
    setup.clock.pass(1);
    task.compare_next().await.unwrap();
    assert_eq!(visit(&task.store, &setup, None).await, 7, "the same link in a new round");
}

#[tokio::test]
async fn several_links_per_step_if_a_round_would_take_too_long() {
    let setup = Setup::new();
    let mut task = drift(&setup).await;
    task.pace = DriftPace { gap: Duration::from_secs(1), round: Duration::from_secs(3), settle: Duration::ZERO };
    task.store.record(linking(1..=10)).await.unwrap();
    for _ in 0..3 {
        task.compare_next().await.unwrap();
    }
    assert_eq!(task.store.counts().await.unwrap().inbox, 10, "four, four and two");
}

#[tokio::test]
async fn the_comparison_pauses_while_the_queues_are_long() {
    let setup = Setup::new();
    let task = drift(&setup).await;
    task.store.record(linking([7])).await.unwrap();
    let recheck = |ticket_id: u64| store::Recheck {
        ticket_id,
        cause: store::RecheckCause::Command(ticket_id.to_string()),
        not_before: None,
        at: NOW,
    };
    let rechecks = (100..1_100).map(recheck).collect();
    task.store.record(Effects { rechecks, ..Effects::default() }).await.unwrap();
    assert_eq!(task.compare_next().await.unwrap(), Duration::from_secs(60));
    assert_eq!(task.store.counts().await.unwrap().inbox, 1_000);
    visit(&task.store, &setup, None).await;
    task.compare_next().await.unwrap();
    assert_eq!(task.store.counts().await.unwrap().inbox, 1_000, "one processed, one added");
}

#[tokio::test]
async fn one_instance_compares_and_a_clock_set_back_starts_a_round() {
    let setup = Setup::new();
    let task = drift(&setup).await;
    let other = Drift { instance: "b".to_owned(), ..drift(&setup).await };
    task.store.record(linking([7])).await.unwrap();
    task.compare_next().await.unwrap();
    other.compare_next().await.unwrap();
    assert_eq!(task.store.counts().await.unwrap().inbox, 1);
    task.compare_next().await.unwrap();
    setup.clock.pass(600_000);
    task.compare_next().await.unwrap();
    setup.clock.pass(-10 * DAY);
    assert_eq!(visit(&task.store, &setup, None).await, 7);
    task.compare_next().await.unwrap();
    assert_eq!(visit(&task.store, &setup, None).await, 7, "a new round");
}
