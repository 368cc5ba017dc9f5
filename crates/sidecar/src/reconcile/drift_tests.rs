use futures_util::FutureExt as _;
use serde_json::{Value, json};
use store::{BatchLimits, Completion, StoredSettings};

use super::*;
use crate::support::{NOW, Setup, link};

const MINUTE: Duration = Duration::from_secs(60);

fn drift(setup: &Setup) -> Drift {
    Drift {
        store: Arc::clone(&setup.store),
        env: setup.env.clone(),
        health: Arc::clone(&setup.health),
        inbox_ready: Arc::default(),
        outbox_ready: Arc::default(),
        settings_changed: Arc::default(),
        privacy: Privacy::On,
        instance: "a".into(),
        pace: DriftPace::default(),
    }
}

/// The tickets to visit; each of them is visited.
async fn visits(setup: &Setup) -> Vec<u64> {
    let (mut tickets, now) = (Vec::new(), setup.env.now());
    while let Some(lease) = setup.store.lease_ticket(now, 60_000).await.unwrap() {
        setup.store.complete(&lease, Completion::default(), now).await.unwrap();
        tickets.push(lease.ticket_id);
    }
    tickets
}

/// The waiting messages: ticket, kind.
async fn messages(setup: &Setup) -> Vec<(u64, String)> {
    let limits = BatchLimits { messages: 50, bytes: 1_000_000, per_ticket: 50 };
    let rows = setup.store.claim(setup.env.now(), 60_000, limits).await.unwrap().rows;
    rows.into_iter().map(|row| (row.ticket_id, row.kind)).collect()
}

async fn store_round(setup: &Setup, round: &Value) {
    let watermarks = vec![(NAME.to_owned(), round.to_string())];
    setup.store.record(Effects { watermarks, ..Effects::default() }).await.unwrap();
}

/// A pause is at most a minute, so that the lease is renewed, and never 0.
#[test]
fn the_rest_of_a_pause_is_between_a_millisecond_and_a_minute() {
    for (whole, passed, left) in [
        (10_000, 4_000, 6_000),
        (600_000, 1, 60_000),
        (600_000, 599_999, 1),
        (600_000, 600_000, 1),
        (600_000, i64::MAX, 1),
        // The clock was set back.
        (10_000, -1_000_000, 60_000),
    ] {
        let found = remaining(Duration::from_millis(whole), passed);
        assert_eq!(found, Duration::from_millis(left), "{passed} of {whole}");
    }
}

/// A round that another version stored continues if it can be read.
#[tokio::test]
async fn a_stored_round_continues_and_one_of_another_form_begins_anew() {
    let started = NOW.plus(-1_000).0;
    for (name, stored, compared) in [
        ("none", None, 7),
        ("no JSON", Some(json!("damaged")), 7),
        ("of another form", Some(json!({ "begun": started })), 7),
        ("of the first version", Some(json!({ "started": started, "checked": 1, "after": [7, "1007"] })), 8),
        (
            "under other settings",
            Some(json!({ "started": started, "checked": 1, "after": [7, "1007"], "settings": "0" })),
            7,
        ),
        ("reported a day ago", Some(json!({ "started": NOW.plus(-86_400_000).0, "checked": 1, "reported": true })), 7),
    ] {
        let setup = Setup::new().await;
        setup.link(vec![link(7), link(8)]).await;
        if let Some(stored) = stored {
            store_round(&setup, &stored).await;
        }
        assert_eq!(drift(&setup).compare_next().await.unwrap(), Duration::from_secs(1), "{name}");
        assert_eq!(visits(&setup).await, [compared], "{name}");
    }
}

#[tokio::test]
async fn a_round_is_stored_with_its_settings() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    let settings = Some(StoredSettings { etag: "2".into(), json: "{}".into() });
    setup.store.record(Effects { settings, ..Effects::default() }).await.unwrap();
    drift(&setup).compare_next().await.unwrap();
    let stored: Value = serde_json::from_str(&setup.store.watermark(NAME).await.unwrap().unwrap()).unwrap();
    let expected = json!({
        "started": NOW.0, "checked": 1, "after": [7, "1007"], "reported": false, "settings": fingerprint("{}"),
    });
    assert_eq!(stored, expected);
}

/// Saving settings that decide nothing about linked values begins no round.
#[test]
fn only_settings_of_the_merge_begin_a_round() {
    let of = |json: Value| fingerprint(&json.to_string());
    let before = of(json!({}));
    for same in [
        json!({ "rules": [{ "id": "vip", "enabled": true, "when": [{ "tag": "vip" }],
            "then": { "createIssue": { "project": "SUP", "issueType": "10001" } } }] }),
        json!({ "doneNotes": { "at": "released" } }),
        json!({ "followUps": { "answers": "off", "related": "off" } }),
        json!({ "comments": {} }),
    ] {
        serde_json::from_value::<Settings>(same.clone()).unwrap();
        assert_eq!(of(same.clone()), before, "{same}");
    }
    for other in [
        json!({ "comments": { "toJira": "none" } }),
        json!({ "people": [{ "zammad": 3, "accountId": "a" }] }),
        json!({ "scope": { "projects": ["SUP"] } }),
        json!({ "fields": { "title": { "direction": "off" } } }),
    ] {
        serde_json::from_value::<Settings>(other.clone()).unwrap();
        assert_ne!(of(other.clone()), before, "{other}");
    }
}

/// The lease expires while the other instance is stopped.
#[tokio::test]
async fn an_instance_without_the_lease_compares_nothing() {
    let setup = Setup::new().await;
    setup.link(vec![link(7), link(8)]).await;
    drift(&setup).compare_next().await.unwrap();
    assert_eq!(visits(&setup).await, [7]);
    let other = Drift { instance: "b".into(), ..drift(&setup) };
    assert_eq!(other.compare_next().await.unwrap(), MINUTE);
    assert_eq!(visits(&setup).await, Vec::<u64>::new());
    setup.pass(150_000);
    other.compare_next().await.unwrap();
    assert_eq!(visits(&setup).await, [8], "it continues the round");
}

/// The ticket of a paused link is read too, because it may be in scope again. Jira is not asked.
#[tokio::test]
async fn workers_are_woken_and_the_exchange_is_not() {
    for state in [store::LinkState::Active, store::LinkState::Paused] {
        let setup = Setup::new().await;
        setup.link(vec![Link { state, ..link(7) }]).await;
        let task = drift(&setup);
        task.compare_next().await.unwrap();
        let woken = |notify: &Notify| notify.notified().now_or_never().is_some();
        assert_eq!((woken(&task.inbox_ready), woken(&task.outbox_ready)), (true, false));
        assert_eq!((visits(&setup).await, messages(&setup).await), (vec![7], vec![]));
    }
}

#[tokio::test]
async fn new_settings_end_the_pause() {
    let task = drift(&Setup::new().await);
    assert!(task.woken().now_or_never().is_none());
    task.settings_changed.notify_one();
    assert!(task.woken().now_or_never().is_some());
}

/// As many links per step as a round needs to end in time, at least one.
#[tokio::test]
async fn a_step_has_as_many_links_as_the_round_needs() {
    for (links, gap, round, stride) in
        [(0, 1, 10, 1), (10, 1, 10, 1), (11, 1, 10, 2), (100, 1, 10, 10), (3, 20, 10, 3), (4, 0, 1, 1)]
    {
        let setup = Setup::new().await;
        setup.link((1..=links).map(link).collect()).await;
        let (gap, round) = (Duration::from_secs(gap), Duration::from_secs(round));
        let task = Drift { pace: DriftPace { gap, round, settle: Duration::ZERO }, ..drift(&setup) };
        assert_eq!(task.stride().await.unwrap(), stride, "{links} links, {gap:?} of {round:?}");
    }
}

/// Without links there is nothing to report, and the next round begins a day later all the same.
#[tokio::test]
async fn a_round_without_links_is_not_reported() {
    let setup = Setup::new().await;
    let task = drift(&setup);
    task.compare_next().await.unwrap();
    setup.pass(600_000);
    assert_eq!(task.compare_next().await.unwrap(), MINUTE);
    assert_eq!(messages(&setup).await, []);
    setup.link(vec![link(7)]).await;
    task.compare_next().await.unwrap();
    assert_eq!(visits(&setup).await, Vec::<u64>::new(), "not before the next round");
    setup.pass(86_400_000);
    task.compare_next().await.unwrap();
    assert_eq!(visits(&setup).await, [7]);
}
