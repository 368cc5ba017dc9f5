//! Many tickets, and many with the same time.

use std::collections::BTreeSet;

use sidecar::reconcile::Swept;

use crate::support::{BEGIN, TestEnv, links, queued_tickets, with_a_rule};

/// Fills the helpdesk with tickets that changed at these times, and returns their ids.
fn fill(env: &TestEnv, times: impl IntoIterator<Item = i64>) -> Vec<u64> {
    let mut state = env.sim.state();
    let model = state.tickets[&env.tickets()[0]].clone();
    let first = state.tickets.keys().next_back().unwrap() + 1;
    let mut ids = Vec::new();
    for (id, time) in (first..).zip(times) {
        let mut ticket = model.clone();
        (ticket.id, ticket.number, ticket.stamps.updated_at) = (id, format!("9{id:07}"), time);
        state.tickets.insert(id, ticket);
        ids.push(id);
    }
    ids
}

#[tokio::test]
async fn ten_thousand_tickets_page_through() {
    let env = TestEnv::start().await;
    // Five a millisecond, most of them before and behind others of the same one on another page.
    let ids = fill(&env, (0..10_000).map(|at| BEGIN + 1_000 + at / 5));
    let mut sweep = env.sweep(10, 200).await;
    sweep.store.record(with_a_rule()).await.unwrap();
    let mut runs = 0;
    while !sweep.once().await.unwrap().finished {
        runs += 1;
        assert!(runs < 20, "it comes to an end");
    }
    assert!(runs >= 5, "ten pages a run");
    let seen: BTreeSet<u64> = queued_tickets(&*sweep.store).await.into_iter().collect();
    let missing: Vec<_> = ids.iter().filter(|id| !seen.contains(id)).collect();
    assert_eq!(missing, Vec::<&u64>::new());
    // Once nothing newer has come for as long as the overlap, it is not read again and again.
    env.sidecar_clock.set(BEGIN + 120_000);
    assert_eq!(sweep.once().await.unwrap(), Swept { requested: 10, finished: true }, "two milliseconds of them");
}

#[tokio::test]
async fn equal_times_over_a_page_border_lose_nothing() {
    for (per_page, same) in [(3, 7), (3, 3), (2, 1), (4, 9), (5, 5)] {
        let env = TestEnv::start().await;
        let times = [vec![BEGIN + 999; 2], vec![BEGIN + 1_000; same], vec![BEGIN + 1_001; same], vec![BEGIN + 5_000]];
        let ids = fill(&env, times.concat());
        let mut sweep = env.sweep(50, per_page).await;
        sweep.store.record(links(&ids)).await.unwrap();
        assert!(sweep.once().await.unwrap().finished);
        let seen: BTreeSet<u64> = queued_tickets(&*sweep.store).await.into_iter().collect();
        assert_eq!(seen, ids.iter().copied().collect(), "{per_page} a page, {same} of a time");
    }
}

#[tokio::test]
async fn the_overlap_is_read_again_for_its_own_length() {
    let env = TestEnv::start().await;
    let ids = fill(&env, (0..5).map(|at| BEGIN + 100_000 + 10_000 * at));
    let mut sweep = env.sweep(10, 200).await;
    sweep.store.record(links(&ids)).await.unwrap();
    for (later, found) in [(0, 5), (60_000, 5), (119_999, 5), (120_000, 1), (60_000, 5)] {
        env.sidecar_clock.set(BEGIN + later);
        assert_eq!(sweep.once().await.unwrap(), Swept { requested: found, finished: true }, "after {later} ms");
    }
    // A ticket that commits late, with a time from before the newest.
    let late = fill(&env, [BEGIN + 105_000]);
    sweep.store.record(links(&late)).await.unwrap();
    queued_tickets(&*sweep.store).await;
    sweep.once().await.unwrap();
    assert_eq!(queued_tickets(&*sweep.store).await, late);
    // A process that starts does not know how long it was quiet.
    let mut sweep = env.sweep(10, 200).await;
    env.sidecar_clock.set(BEGIN + 999_000);
    assert_eq!(sweep.once().await.unwrap().requested, 6);
}

#[tokio::test]
async fn a_crash_between_pages_resumes_where_it_was() {
    let env = TestEnv::start().await;
    let ids = fill(&env, (0..20).map(|at| BEGIN + 1_000 + 10 * at));
    let mut sweep = env.sweep(2, 6).await;
    sweep.store.record(links(&ids)).await.unwrap();
    env.sim.state().tickets.retain(|id, _| ids.contains(id));
    assert_eq!(sweep.once().await.unwrap(), Swept { requested: 12, finished: false });
    assert_eq!(sweep.store.watermark("sweep").await.unwrap(), None, "not before the end");
    drop(sweep);

    let mut sweep = env.sweep(2, 6).await;
    assert!(sweep.once().await.unwrap().finished);
    assert_eq!(queued_tickets(&*sweep.store).await, ids, "each once");
    let mark = sweep.store.watermark("sweep").await.unwrap().unwrap();
    assert_eq!(schema::time::parse_rfc3339(&mark).unwrap().0, BEGIN + 1_190, "the newest that was seen");
}

#[tokio::test]
async fn tickets_that_change_between_pages_hide_no_other() {
    let env = TestEnv::start().await;
    let ids = fill(&env, (0..20).map(|at| BEGIN + 1_000 + at));
    env.pass(60_000);
    let mut sweep = env.sweep(1, 5).await;
    sweep.store.record(links(&ids)).await.unwrap();
    let mut seen = Vec::new();
    for ticket in &ids[..8] {
        // The first ticket of the page that was just read moves to the end of the list.
        env.change(*ticket, "changed between two pages").await;
        env.pass(1);
        sweep.once().await.unwrap();
        seen.extend(queued_tickets(&*sweep.store).await);
    }
    let mut finished = false;
    for _ in 0..40 {
        finished = finished || sweep.once().await.unwrap().finished;
    }
    seen.extend(queued_tickets(&*sweep.store).await);
    assert!(finished);
    assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>(), ids.iter().copied().collect());
}
