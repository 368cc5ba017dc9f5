use serde_json::{Value, json};
use store::{BatchLimits, Completion, Subject};

use super::*;
use crate::support::{NOW, Setup, link};
use crate::ticket::facts::LinkKey;

async fn begin(setup: &Setup, restart: bool) -> Backfill {
    let (store, env) = (Arc::clone(&setup.store), setup.env.clone());
    Backfill::begin(store, env, Privacy::On, false, restart).await.unwrap()
}

async fn store_pass(setup: &Setup, pass: &str) {
    let watermarks = vec![(NAME.to_owned(), pass.to_owned())];
    setup.store.record(Effects { watermarks, ..Effects::default() }).await.unwrap();
}

/// The links of a pass from here on.
async fn rest(backfill: &mut Backfill) -> Vec<u64> {
    let mut tickets = Vec::new();
    while let Some(item) = backfill.next().await.unwrap() {
        tickets.push(item.link.ticket_id);
    }
    tickets
}

/// An interrupted pass continues; a complete one, and one that cannot be read, begins anew.
#[tokio::test]
async fn a_pass_continues_where_it_stopped() {
    let stored = json!({ "started": NOW.plus(-1_000).0, "done": 1, "after": [7, "1007"] }).to_string();
    for (name, pass, restart, done, links) in [
        ("none", None, false, 0, &[7, 8][..]),
        ("interrupted", Some(stored.as_str()), false, 1, &[8]),
        ("interrupted, to restart", Some(stored.as_str()), true, 0, &[7, 8]),
        ("complete", Some(""), false, 0, &[7, 8]),
        ("of another form", Some("{\"begun\":1}"), false, 0, &[7, 8]),
    ] {
        let setup = Setup::new().await;
        setup.link(vec![link(7), link(8)]).await;
        if let Some(pass) = pass {
            store_pass(&setup, pass).await;
        }
        let mut backfill = begin(&setup, restart).await;
        assert_eq!(backfill.progress().await.unwrap(), Progress { done, total: 2 }, "{name}");
        assert_eq!(rest(&mut backfill).await, links, "{name}");
        assert_eq!(setup.store.watermark(NAME).await.unwrap().as_deref(), Some(""), "{name}: complete");
    }
}

/// Links may end while the pass runs.
#[tokio::test]
async fn a_pass_has_never_done_more_than_all() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    store_pass(&setup, "{\"started\":1,\"done\":5}").await;
    assert_eq!(begin(&setup, false).await.progress().await.unwrap(), Progress { done: 5, total: 5 });
}

/// The requests of each link, by its state. Two links of one ticket are two items.
#[tokio::test]
async fn every_link_is_requested_as_its_state_allows() {
    for (state, item, question) in
        [(LinkState::Active, true, true), (LinkState::Paused, true, false), (LinkState::Ended, false, false)]
    {
        let setup = Setup::new().await;
        let second = Link { issue_id: "2007".into(), ..link(7) };
        setup.link(vec![Link { state, ..link(7) }, Link { state, ..second }]).await;
        let mut backfill = begin(&setup, false).await;
        assert_eq!(rest(&mut backfill).await.len(), if item { 2 } else { 0 }, "{state:?}");
        let counts = setup.store.counts().await.unwrap();
        assert_eq!(counts.inbox, if item { 2 } else { 0 }, "{state:?}");
        assert_eq!(counts.outbox, if question { 2 } else { 0 }, "{state:?}");
    }
}

#[tokio::test]
async fn a_request_is_stored_with_the_progress() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    let mut backfill = begin(&setup, false).await;
    setup.pass(5);
    let item = backfill.next().await.unwrap().unwrap();
    assert_eq!((item.link, item.since), (link(7), NOW.plus(5)));
    let stored: Value = serde_json::from_str(&setup.store.watermark(NAME).await.unwrap().unwrap()).unwrap();
    assert_eq!(stored, json!({ "started": NOW.0, "done": 1, "after": [7, "1007"] }));
    let limits = BatchLimits { messages: 9, bytes: 9_999, per_ticket: 9 };
    let row = setup.store.claim(NOW.plus(5), 60_000, limits).await.unwrap().rows.remove(0);
    assert_eq!(Some(row.id), item.question, "its result is the item's");
}

/// The events of a ticket after its link was requested.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Visited,
    Abandoned,
    Answered,
    Rejected,
}

use Event::{Abandoned, Answered, Rejected, Visited};

async fn happen(setup: &Setup, event: Event) {
    let (store, now) = (&setup.store, setup.env.now());
    if matches!(event, Visited | Abandoned) {
        let lease = store.lease_ticket(now, 60_000).await.unwrap().unwrap();
        match event {
            Visited => store.complete(&lease, Completion::default(), now).await.unwrap(),
            _ => store.abandon_ticket(&lease, now, "zammad-refused").await.unwrap(),
        }
        return;
    }
    let limits = BatchLimits { messages: 9, bytes: 9_999, per_ticket: 9 };
    let batch = store.claim(now, 60_000, limits).await.unwrap();
    let settlement = match event {
        Rejected => Settlement::Dead { code: "not-linked".into() },
        _ => Settlement::Done { result: None },
    };
    store.settle(&batch, vec![(batch.rows[0].id.clone(), settlement)], Effects::default(), now).await.unwrap();
}

/// The result of a link, by what has become of its visit, of its question, and of the list of troubles.
#[tokio::test]
async fn an_item_has_its_result_when_nothing_of_its_ticket_waits() {
    let trouble = |subject: Subject, code: &str| {
        LinkKey { ticket_id: 7, issue_id: "1007" }.trouble(subject, Some(code), None, NOW)
    };
    let listed = vec![trouble(Subject::Field("state".into()), "no-path"), trouble(Subject::Issue, "issue-no-access")];
    let of_another = LinkKey { ticket_id: 7, issue_id: "2007" }.trouble(Subject::Issue, Some("x"), None, NOW);
    let pairs = vec![("issue".into(), "issue-no-access".into()), ("state".into(), "no-path".into())];
    let (active, paused) = (LinkState::Active, LinkState::Paused);
    for (name, state, events, troubles, outcome) in [
        ("nothing happened", active, &[][..], vec![], None),
        ("the question waits", active, &[Visited], vec![], None),
        ("the visit waits", active, &[Answered], vec![], None),
        ("both are done", active, &[Visited, Answered], vec![], Some(Outcome::Settled)),
        ("listed", active, &[Visited, Answered], listed.clone(), Some(Outcome::Trouble(pairs))),
        ("another link", active, &[Visited, Answered], vec![of_another], Some(Outcome::Settled)),
        ("rejected", active, &[Visited, Rejected], listed, Some(Outcome::Refused("not-linked".into()))),
        ("unread", active, &[Abandoned, Rejected], vec![], Some(Outcome::Unread("zammad-refused".into()))),
        ("paused", paused, &[Visited], vec![], Some(Outcome::Paused)),
        ("paused and unread", paused, &[Abandoned], vec![], Some(Outcome::Unread("zammad-refused".into()))),
    ] {
        let setup = Setup::new().await;
        setup.link(vec![Link { state, ..link(7) }]).await;
        let mut backfill = begin(&setup, false).await;
        let item = backfill.next().await.unwrap().unwrap();
        for event in events {
            happen(&setup, *event).await;
        }
        setup.store.record(Effects { troubles, ..Effects::default() }).await.unwrap();
        assert_eq!(backfill.outcome(&item).await.unwrap(), outcome, "{name}");
    }
}

#[tokio::test]
async fn another_tickets_end_is_not_the_items() {
    let setup = Setup::new().await;
    setup.link(vec![link(7), link(8)]).await;
    let mut backfill = begin(&setup, false).await;
    let first = backfill.next().await.unwrap().unwrap();
    happen(&setup, Abandoned).await;
    happen(&setup, Answered).await;
    let second = backfill.next().await.unwrap().unwrap();
    happen(&setup, Visited).await;
    happen(&setup, Answered).await;
    assert_eq!(backfill.outcome(&first).await.unwrap(), Some(Outcome::Unread("zammad-refused".into())));
    assert_eq!(backfill.outcome(&second).await.unwrap(), Some(Outcome::Settled));
}

#[tokio::test]
async fn a_link_that_could_not_be_requested_is_requested_again() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    let mut backfill = begin(&setup, false).await;
    backfill.env = setup.env_without_bytes();
    assert!(matches!(backfill.next().await, Err(ReconcileError::NoEntropy(_))));
    assert_eq!(setup.store.watermark(NAME).await.unwrap(), None);
    backfill.env = setup.env.clone();
    assert_eq!(rest(&mut backfill).await, [7]);
}
