//! Changes that no webhook reported are found, also under faults.

use devkit::faults::{ConditionKind, Fault, FaultKind};
use devkit::zammad_sim::Incoming;
use sidecar::reconcile::{ReconcileError, Sweep, Swept};
use zammad::{ClientError, Text};

use crate::support::{BEGIN, TestEnv, client, links, queued_tickets, with_a_rule, with_settings};

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn repairs_a_change_whose_webhook_was_lost() {
    let env = TestEnv::start().await;
    let linked = [env.tickets()[3], env.tickets()[8]];
    let mut sweep = env.sweep(10, 200).await;
    sweep.store.record(links(&linked)).await.unwrap();
    sweep.once().await.unwrap();
    queued_tickets(&*sweep.store).await;
    // Zammad stops retrying a webhook after 108 s.
    env.pass(1_000);
    env.change(linked[1], "changed").await;
    env.change(env.tickets()[5], "not linked").await;
    env.pass(200_000);
    assert!(sweep.once().await.unwrap().finished);
    assert_eq!(queued_tickets(&*sweep.store).await, [linked[1]]);
    // The overlap reads it again, but it is queued only for its next change.
    sweep.once().await.unwrap();
    assert_eq!(queued_tickets(&*sweep.store).await, Vec::<u64>::new());
    env.change(linked[1], "changed again").await;
    sweep.once().await.unwrap();
    assert_eq!(queued_tickets(&*sweep.store).await, [linked[1]]);
}

#[tokio::test]
async fn with_a_rule_every_ticket_is_checked() {
    let env = TestEnv::start().await;
    let mut sweep = env.sweep(10, 200).await;
    sweep.store.record(with_a_rule()).await.unwrap();
    sweep.once().await.unwrap();
    let mut seen = queued_tickets(&*sweep.store).await;
    seen.sort_unstable();
    let mut all = env.client.changed_since(&Text::new("1970-01-01T00:00:00Z").unwrap(), 1, 200).await.unwrap();
    all.sort_by_key(|ticket| ticket.id);
    assert_eq!(seen, all.iter().map(|ticket| ticket.id).collect::<Vec<_>>());
    assert!(seen.len() >= 20);
}

/// A new ticket may continue a linked one, and the webhook of its creation may be lost.
#[tokio::test]
async fn a_new_ticket_without_a_link_is_checked() {
    let env = TestEnv::start().await;
    env.store().await.record(with_settings(&serde_json::json!({}))).await.unwrap();
    let mut sweep = env.sweep(10, 200).await;
    sweep.once().await.unwrap();
    // Longer than the overlap, which would find the tickets of the sample data as new ones.
    env.pass(600_000);
    env.change(env.tickets()[5], "not linked").await;
    sweep.once().await.unwrap();
    queued_tickets(&*sweep.store).await;
    env.change(env.tickets()[6], "not linked").await;
    let (group, customer) = {
        let state = env.sim.state();
        let known = &state.tickets[&env.tickets()[5]];
        (known.group_id, known.customer_id)
    };
    let (new, _) = env.sim.receive(Incoming::new_ticket(group, customer, "Again", "It is wet again.")).unwrap();
    sweep.once().await.unwrap();
    assert_eq!(queued_tickets(&*sweep.store).await, [new]);
}

#[tokio::test]
async fn uses_only_zammads_clock() {
    for skew in [-400 * DAY, -3_600_000, 3_600_000, 400 * DAY] {
        let env = TestEnv::start().await;
        let ticket = env.tickets()[0];
        env.sidecar_clock.set(BEGIN + skew);
        let mut sweep = env.sweep(10, 200).await;
        sweep.store.record(links(&[ticket])).await.unwrap();
        sweep.once().await.unwrap();
        assert_eq!(queued_tickets(&*sweep.store).await, [ticket], "first run, {skew}");
        env.pass(1);
        env.change(ticket, "changed").await;
        sweep.once().await.unwrap();
        assert_eq!(queued_tickets(&*sweep.store).await, [ticket], "{skew}");
    }
    // And a helpdesk whose own clock is wrong is as good.
    let env = TestEnv::start().await;
    let ticket = env.tickets()[0];
    env.sim.faults().set(ConditionKind::ClockSkew { ms: 7 * DAY });
    let mut sweep = env.sweep(10, 200).await;
    sweep.store.record(links(&[ticket])).await.unwrap();
    env.change(ticket, "before the first run").await;
    for title in ["changed", "again"] {
        sweep.once().await.unwrap();
        assert_eq!(queued_tickets(&*sweep.store).await, [ticket]);
        env.pass(1);
        env.change(ticket, title).await;
    }
}

#[tokio::test]
async fn after_a_week_down_it_continues_from_the_old_watermark() {
    let env = TestEnv::start().await;
    let all = env.tickets().to_vec();
    let mut sweep = env.sweep(10, 3).await;
    sweep.store.record(links(&all)).await.unwrap();
    sweep.once().await.unwrap();
    queued_tickets(&*sweep.store).await;
    drop(sweep);
    for ticket in &all {
        env.pass(8 * 3_600_000);
        env.change(*ticket, "while nobody was there").await;
    }
    env.pass(DAY as u64);
    env.sidecar_clock.set(BEGIN + 8 * DAY);
    let mut sweep = env.sweep(10, 3).await;
    assert!(sweep.once().await.unwrap().finished);
    assert_eq!(queued_tickets(&*sweep.store).await, all, "longest ago first");
}

#[tokio::test]
async fn a_run_that_fails_keeps_the_watermark() {
    let env = TestEnv::start().await;
    let ticket = env.tickets()[0];
    let mut sweep = env.sweep(10, 200).await;
    sweep.store.record(links(&[ticket])).await.unwrap();
    sweep.once().await.unwrap();
    queued_tickets(&*sweep.store).await;
    let mark = sweep.store.watermark("sweep").await.unwrap();
    assert!(mark.is_some());
    env.pass(1);
    env.change(ticket, "changed").await;
    for fault in [FaultKind::Reset, FaultKind::Status { status: 503, retry_after: None }] {
        env.sim.faults().add(Fault::once(fault).on("POST", "/tickets/search"));
        assert!(matches!(sweep.once().await, Err(ReconcileError::Zammad(_))));
        assert_eq!(sweep.store.watermark("sweep").await.unwrap(), mark);
    }
    // A token that is not taken any more: nothing is skipped either.
    let mut refused =
        Sweep { helpdesk: std::sync::Arc::new(client(&env.sim.url, "wrong")), ..env.sweep(10, 200).await };
    let failure = refused.once().await.unwrap_err();
    assert!(matches!(failure, ReconcileError::Zammad(ClientError::Status { status: 401, .. })));
    sweep.once().await.unwrap();
    assert_eq!(queued_tickets(&*sweep.store).await, [ticket]);
    assert_ne!(sweep.store.watermark("sweep").await.unwrap(), mark);
}

#[tokio::test]
async fn only_one_instance_sweeps_and_no_tickets_is_no_error() {
    let env = TestEnv::start().await;
    let mut sweep = env.sweep(10, 200).await;
    sweep.store.record(links(env.tickets())).await.unwrap();
    let mut standby = Sweep { instance: "b".to_owned(), ..env.sweep(10, 200).await };
    assert!(sweep.once().await.unwrap().requested > 0);
    assert_eq!(standby.once().await.unwrap(), Swept { requested: 0, finished: true });
    env.sim.state().tickets.clear();
    let empty = TestEnv::start().await;
    empty.sim.state().tickets.clear();
    let mut sweep = empty.sweep(10, 200).await;
    assert_eq!(sweep.once().await.unwrap(), Swept { requested: 0, finished: true });
    assert_eq!(sweep.store.watermark("sweep").await.unwrap(), None, "nothing is known of Zammad's time yet");
}

/// The task itself: it starts at once, survives an outage, and ends when it is cancelled.
#[tokio::test]
async fn the_task_recovers_after_an_outage() {
    let env = TestEnv::start().await;
    let ticket = env.tickets()[0];
    let mut sweep = env.sweep(10, 200).await;
    sweep.pace.unfinished = std::time::Duration::from_millis(1);
    let (store, wake, health) = (sweep.store.clone(), sweep.inbox_ready.clone(), sweep.health.clone());
    store.record(links(&[ticket])).await.unwrap();
    env.sim
        .faults()
        .add(Fault::once(FaultKind::Status { status: 401, retry_after: None }).on("POST", "/tickets/search"));
    let stop = tokio_util::sync::CancellationToken::new();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(sidecar::reconcile::run(sweep, stop.clone()));
    tokio::time::timeout(std::time::Duration::from_secs(60), wake.notified()).await.unwrap();
    assert_eq!(queued_tickets(&*store).await, [ticket]);
    assert!(health.report(schema::UnixMs(BEGIN), store.is_failing()).ready, "it was not, for a moment");
    stop.cancel();
    tokio::time::timeout(std::time::Duration::from_secs(60), tasks.join_next()).await.unwrap().unwrap().unwrap();
}
