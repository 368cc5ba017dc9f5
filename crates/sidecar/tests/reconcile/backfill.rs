//! The walk that an operator starts.

use std::sync::Arc;

use redaction::Privacy;
use sidecar::cli::backfill::drive;
use sidecar::env::Env;
use sidecar::reconcile::Backfill;
use store::{BatchLimits, Completion, Effects, LinkState, Settlement, Store, Trouble};
use tokio::task::JoinSet;

use crate::{NOW, Place, link, linking};

const ONE: BatchLimits = BatchLimits { messages: 1, bytes: 1_000_000, per_ticket: 1 };

/// A sidecar of the simplest kind: ticket 2 has a field in trouble, ticket 3's issue is unknown, ticket 4 cannot be read.
async fn sidecar(store: Arc<dyn Store>, env: Env) {
    loop {
        let now = env.now();
        while let Some(lease) = store.lease_ticket(now, 60_000).await.unwrap() {
            if lease.ticket_id == 4 {
                store.abandon_ticket(&lease, now, "zammad-forbidden").await.unwrap();
                continue;
            }
            let trouble = Trouble {
                ticket_id: lease.ticket_id,
                issue_id: link(lease.ticket_id, LinkState::Active).issue_id,
                field: "status".to_owned(),
                code: (lease.ticket_id == 2).then(|| "no-transition".to_owned()),
                detail: None,
                at: now,
            };
            let effects = Effects { troubles: vec![trouble], ..Effects::default() };
            store.complete(&lease, Completion { effects, ..Completion::default() }, now).await.unwrap();
        }
        let batch = store.claim(now, 60_000, ONE).await.unwrap();
        for row in &batch.rows {
            let word = match row.ticket_id {
                3 => Settlement::Dead { code: "unknown-issue".to_owned() },
                _ => Settlement::Done { result: None },
            };
            store.settle(&batch, vec![(row.id.clone(), word)], Effects::default(), now).await.unwrap();
        }
        // Lets the other side have its turn; nothing waits for this.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn begin(place: &Place, history: bool, restart: bool) -> Backfill {
    let store = place.store().await;
    Backfill::begin(store, place.env.clone(), Privacy::Off, history, restart).await.unwrap()
}

async fn lines(place: &Place, restart: bool) -> Vec<String> {
    let mut out = Vec::new();
    let backfill = begin(place, false, restart).await;
    drive(backfill, &place.env, 60_000, &mut out, std::future::pending()).await.unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_link_is_told_as_it_ended() {
    let place = Place::new();
    let store = place.store().await;
    let mut effects = linking([1, 2, 3, 4]);
    effects.links.extend([link(5, LinkState::Paused), link(6, LinkState::Ended)]);
    store.record(effects).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(sidecar(Arc::clone(&store), place.env.clone()));
    let mut told = lines(&place, false).await;
    assert_eq!(told.remove(0), "0 of 5 links are through");
    assert_eq!(told.pop().unwrap(), "all 5 links are through");
    told.sort();
    assert_eq!(
        told,
        [
            "25001 SUP-1: settled",
            "25002 SUP-2: trouble: status no-transition",
            "25003 SUP-3: Jira's half does not answer: unknown-issue",
            "25004 SUP-4: Zammad's ticket cannot be read: zammad-forbidden",
            "25005 SUP-5: out of scope",
        ]
    );
    place.hands.pass(1);
    assert_eq!(lines(&place, false).await.len(), 7, "a pass that is through begins anew");
}

#[tokio::test]
async fn a_pass_is_paused_and_goes_on_where_it_was() {
    let place = Place::new();
    let store = place.store().await;
    store.record(linking(1..=5)).await.unwrap();
    let mut backfill = begin(&place, false, false).await;
    for ticket in [1, 2] {
        let item = backfill.next().await.unwrap().unwrap();
        assert_eq!((item.link.ticket_id, item.since), (ticket, NOW));
        assert_eq!(backfill.outcome(&item).await.unwrap(), None, "nobody works");
    }
    let mut out = Vec::new();
    drive(backfill, &place.env, 60_000, &mut out, std::future::ready(())).await.unwrap();
    let told = String::from_utf8(out).unwrap();
    assert!(told.ends_with("links; the same command goes on from there\n"), "{told}");

    let mut again = begin(&place, false, false).await;
    let done = again.progress().await.unwrap().done;
    assert!(done >= 2);
    let mut rest = Vec::new();
    while let Some(item) = again.next().await.unwrap() {
        rest.push(item.link.ticket_id);
    }
    assert_eq!(rest, (done + 1..=5).collect::<Vec<_>>());
    let (inbox, outbox) = (store.counts().await.unwrap().inbox, store.counts().await.unwrap().outbox);
    assert_eq!((inbox, outbox), (5, 5), "each once");
    let mut anew = begin(&place, false, false).await;
    anew.next().await.unwrap();
    assert_eq!(begin(&place, false, true).await.progress().await.unwrap().done, 0, "--restart");
}

#[tokio::test]
async fn an_item_that_nobody_works_on_is_told_as_waiting() {
    let place = Place::new();
    place.store().await.record(linking([1])).await.unwrap();
    let backfill = begin(&place, false, false).await;
    let hands = place.hands.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            hands.pass(10_000);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    let mut out = Vec::new();
    drive(backfill, &place.env, 60_000, &mut out, std::future::pending()).await.unwrap();
    assert!(String::from_utf8(out).unwrap().contains("25001 SUP-1: waiting\n"));
}

#[tokio::test]
async fn history_lets_old_articles_through() {
    for history in [false, true] {
        let place = Place::new();
        let store = place.store().await;
        store.record(linking([1])).await.unwrap();
        begin(&place, history, false).await.next().await.unwrap();
        assert_eq!(store.links_of_ticket(1).await.unwrap()[0].after_article, if history { 0 } else { 9 });
    }
}
