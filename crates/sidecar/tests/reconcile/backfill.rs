//! `connector backfill`.

use std::sync::Arc;

use redaction::Privacy;
use sidecar::cli::backfill::drive;
use sidecar::env::Env;
use sidecar::reconcile::Backfill;
use store::{BatchLimits, Completion, Effects, LinkState, Settlement, Store, Trouble};
use tokio::task::JoinSet;

use crate::support::{NOW, Setup, link, linking};

const ONE: BatchLimits = BatchLimits { messages: 1, bytes: 1_000_000, per_ticket: 1 };

/// Stands in for a running sidecar: ticket 2 has a field out of sync, ticket 3's issue is unknown, ticket 4 cannot be read.
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
                subject: "status".into(),
                code: (lease.ticket_id == 2).then(|| "no-transition".to_owned()),
                detail: None,
                at: now,
            };
            let effects = Effects { troubles: vec![trouble], ..Effects::default() };
            store.complete(&lease, Completion { effects, ..Completion::default() }, now).await.unwrap();
        }
        let batch = store.claim(now, 60_000, ONE).await.unwrap();
        for row in &batch.rows {
            let settlement = match row.ticket_id {
                3 => Settlement::Dead { code: "unknown-issue".to_owned() },
                _ => Settlement::Done { result: None },
            };
            store.settle(&batch, vec![(row.id.clone(), settlement)], Effects::default(), now).await.unwrap();
        }
        // Yields to the other task; nothing depends on the duration.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn begin(setup: &Setup, history: bool, restart: bool) -> Backfill {
    let store = setup.store().await;
    Backfill::begin(store, setup.env.clone(), Privacy::Off, history, restart).await.unwrap()
}

async fn lines(setup: &Setup, restart: bool) -> Vec<String> {
    let mut out = Vec::new();
    let backfill = begin(setup, false, restart).await;
    drive(backfill, &setup.env, 60_000, &mut out, std::future::pending()).await.unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_link_is_reported_with_its_result() {
    let setup = Setup::new();
    let store = setup.store().await;
    let mut effects = linking([1, 2, 3, 4]);
    effects.links.extend([link(5, LinkState::Paused), link(6, LinkState::Ended)]);
    store.record(effects).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(sidecar(Arc::clone(&store), setup.env.clone()));
    let mut lines_of_output = lines(&setup, false).await;
    assert_eq!(lines_of_output.remove(0), "0 of 5 links processed");
    assert_eq!(lines_of_output.pop().unwrap(), "all 5 links processed");
    lines_of_output.sort();
    assert_eq!(
        lines_of_output,
        [
            "25001 SUP-1: settled",
            "25002 SUP-2: trouble: status no-transition",
            "25003 SUP-3: rejected by the Forge app: unknown-issue",
            "25004 SUP-4: ticket cannot be read from Zammad: zammad-forbidden",
            "25005 SUP-5: out of scope",
        ]
    );
    setup.clock.pass(1);
    assert_eq!(lines(&setup, false).await.len(), 7, "a complete pass starts again");
}

#[tokio::test]
async fn a_paused_pass_continues() {
    let setup = Setup::new();
    let store = setup.store().await;
    store.record(linking(1..=5)).await.unwrap();
    let mut backfill = begin(&setup, false, false).await;
    for ticket in [1, 2] {
        let item = backfill.next().await.unwrap().unwrap();
        assert_eq!((item.link.ticket_id, item.since), (ticket, NOW));
        assert_eq!(backfill.outcome(&item).await.unwrap(), None, "nothing is processed");
    }
    let mut out = Vec::new();
    drive(backfill, &setup.env, 60_000, &mut out, std::future::ready(())).await.unwrap();
    let lines_of_output = String::from_utf8(out).unwrap();
    assert!(lines_of_output.ends_with("links; run the same command to continue\n"), "{lines_of_output}");

    let mut again = begin(&setup, false, false).await;
    let done = again.progress().await.unwrap().done;
    assert!(done >= 2);
    let mut rest = Vec::new();
    while let Some(item) = again.next().await.unwrap() {
        rest.push(item.link.ticket_id);
    }
    assert_eq!(rest, (done + 1..=5).collect::<Vec<_>>());
    let (inbox, outbox) = (store.counts().await.unwrap().inbox, store.counts().await.unwrap().outbox);
    assert_eq!((inbox, outbox), (5, 5), "each once");
    let mut anew = begin(&setup, false, false).await;
    anew.next().await.unwrap();
    assert_eq!(begin(&setup, false, true).await.progress().await.unwrap().done, 0, "--restart");
}

#[tokio::test]
async fn an_unprocessed_item_is_reported_as_waiting() {
    let setup = Setup::new();
    setup.store().await.record(linking([1])).await.unwrap();
    let backfill = begin(&setup, false, false).await;
    let clock = setup.clock.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            clock.pass(10_000);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    let mut out = Vec::new();
    drive(backfill, &setup.env, 60_000, &mut out, std::future::pending()).await.unwrap();
    assert!(String::from_utf8(out).unwrap().contains("25001 SUP-1: waiting\n"));
}

#[tokio::test]
async fn history_includes_old_articles() {
    for history in [false, true] {
        let setup = Setup::new();
        let store = setup.store().await;
        store.record(linking([1])).await.unwrap();
        begin(&setup, history, false).await.next().await.unwrap();
        assert_eq!(store.links_of_ticket(1).await.unwrap()[0].after_article, if history { 0 } else { 9 });
    }
}
