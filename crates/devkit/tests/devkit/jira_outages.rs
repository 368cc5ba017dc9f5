//! Whole-site trouble, and the promise that a run can be repeated.

use std::time::Duration;

use devkit::clock::ManualClock;
use devkit::faults::{ConditionKind, Fault, FaultKind, SendFault, SendFaultKind};
use devkit::jira_sim::JiraSim;
use devkit::sample;
use serde_json::{Value, json};

use crate::support::http;
use crate::support::receiver::Receiver;

const APP: &str = "Bearer app:8f1f0a52-6d1e-4a0e-9a37-2f4b1d6c9e01";

async fn put(sim: &JiraSim, summary: &str) -> Option<u16> {
    let headers = [("Authorization", APP), ("Content-Type", "application/json")];
    let body = json!({"fields": {"summary": summary}}).to_string();
    http::send(&sim.url, "PUT", "/rest/api/3/issue/SUP-1", &headers, body.as_bytes()).await.map(|answer| answer.status)
}

async fn admin(sim: &JiraSim, method: &str, path: &str, body: Value) -> Value {
    let answer = http::ask(&sim.url, "none", method, &format!("/__sim/{path}"), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_read_only_site_responds_with_retry_after() {
    let sim = JiraSim::builder().start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    admin(&sim, "POST", "faults", json!({"kind": "read_only"})).await;
    let body = json!({"fields": {"summary": "x"}});
    let refused = http::ask(&sim.url, APP, "PUT", "/rest/api/3/issue/SUP-1", &body).await;
    assert_eq!((refused.status, refused.header("Retry-After")), (503, Some("30")));
    for (method, path, body) in
        [("GET", "issue/SUP-1", Value::Null), ("POST", "search/jql", json!({"jql": "key = SUP-1"}))]
    {
        assert_eq!(http::ask(&sim.url, APP, method, &format!("/rest/api/3/{path}"), &body).await.status, 200, "{path}");
    }
    admin(&sim, "DELETE", "faults", Value::Null).await;
    assert_eq!(put(&sim, "x").await, Some(204));
}

#[tokio::test]
async fn a_restart_breaks_connections_and_keeps_what_was_stored() {
    let clock = ManualClock::default();
    let receiver = Receiver::start().await;
    let sim = JiraSim::builder()
        .clock(clock.clone())
        .events_to(&receiver.url("/ok/events"))
        .event_delay(Duration::from_secs(5))
        .start()
        .await
        .unwrap();
    sample::seed_jira(&sim).unwrap();
    assert_eq!(put(&sim, "before").await, Some(204));
    admin(&sim, "POST", "faults", json!({"kind": "restart", "ms": 3_000})).await;
    assert_eq!(put(&sim, "during").await, None);
    clock.advance(Duration::from_millis(2_999));
    assert_eq!(put(&sim, "during").await, None);
    clock.advance(Duration::from_millis(1));
    let shown = http::ask(&sim.url, APP, "GET", "/rest/api/3/issue/SUP-1?fields=summary", &Value::Null).await.json();
    assert_eq!(shown["fields"]["summary"], "before");
    clock.advance(Duration::from_secs(2));
    assert_eq!(receiver.wait(1).await[0].json()["issue"]["fields"]["summary"], "before", "events that waited go");

    // A request that was being processed: applied, without a response.
    sim.faults().add(Fault::once(FaultKind::Latency { ms: 1_000 }));
    let slow = put(&sim, "after all");
    tokio::pin!(slow);
    tokio::select! {
        _ = &mut slow => panic!("it was to wait"),
        () = async {
            while sim.faults().dump()["requests"][0]["times"] != 0 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    sim.faults().set(ConditionKind::Restart { ms: 500 });
    clock.advance(Duration::from_secs(1));
    assert_eq!(slow.await, None);
    assert_eq!(sim.issue("SUP-1").unwrap().summary, "after all");
}

#[tokio::test]
async fn a_clock_can_be_wrong() {
    let clock = ManualClock::at(1_790_000_000_000);
    let ahead = ConditionKind::ClockSkew { ms: 60_000 };
    let sim = JiraSim::builder().clock(clock).condition(ahead).start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    assert_eq!(sim.issue("SUP-1").unwrap().updated, 1_790_000_060_000);
    sim.faults().set(ConditionKind::ClockSkew { ms: -3_600_000 });
    put(&sim, "an hour ago").await;
    assert_eq!(sim.issue("SUP-1").unwrap().updated, 1_790_000_000_000 - 3_600_000);
    let event = sim.events().pop().unwrap();
    assert_eq!(event["issue"]["fields"]["updated"], "2026-09-21T13:13:20.000+0000");
}

#[tokio::test]
async fn a_failing_site_can_respond_with_retry_after() {
    let sim = JiraSim::builder().fault(Fault::once(FaultKind::Status { status: 503, retry_after: Some(9) })).start();
    let sim = sim.await.unwrap();
    let answer = http::ask(&sim.url, APP, "GET", "/rest/api/3/myself", &Value::Null).await;
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("9")));
}

#[tokio::test]
async fn a_request_can_hang_or_break_off_before_and_after_its_work() {
    let sim = JiraSim::builder().start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    let summary = || sim.issue("SUP-1").unwrap().summary;
    let before = summary();
    for (kind, is_done) in [(FaultKind::Reset, false), (FaultKind::ResetAfterApply, true)] {
        sim.faults().add(Fault::once(kind.clone()));
        assert_eq!(put(&sim, &format!("{kind:?}")).await, None);
        assert_eq!(summary(), if is_done { format!("{kind:?}") } else { before.clone() });
    }
    for (kind, is_done) in [(FaultKind::Hang, false), (FaultKind::HangAfterApply, true)] {
        let (before, wanted) = (summary(), format!("{kind:?}"));
        sim.clear_faults();
        sim.faults().add(Fault::once(kind));
        let hanging = put(&sim, &wanted);
        tokio::pin!(hanging);
        tokio::select! {
            _ = &mut hanging => panic!("it was to hang"),
            () = async {
                while sim.faults().dump()["requests"][0]["times"] != 0 || (is_done && summary() != wanted) {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        assert_eq!(summary(), if is_done { wanted.clone() } else { before });
    }
}

#[tokio::test]
async fn events_can_come_in_another_order() {
    let receiver = Receiver::start().await;
    let sim = JiraSim::builder().events_to(&receiver.url("/ok/events")).start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    sim.faults().add_send(SendFault { kind: SendFaultKind::Reorder, times: Some(1) });
    for summary in ["first", "second"] {
        put(&sim, summary).await;
    }
    let events: Vec<Value> =
        receiver.wait(2).await.iter().map(|event| event.json()["issue"]["fields"]["summary"].clone()).collect();
    assert_eq!(events, ["second", "first"]);
}

/// The same calls at the same times.
async fn played() -> String {
    let clock = ManualClock::default();
    let sim = JiraSim::builder().clock(clock.clone()).record().start().await.unwrap();
    let (engineers, ..) = sample::seed_jira(&sim).unwrap();
    let auth = format!("Bearer user:{}", engineers[0].account_id);
    let document = json!({"type": "doc", "version": 1, "content": []});
    for (method, path, body) in [
        (
            "POST",
            "issue/SUP-1/comment",
            json!({"body": document, "visibility": {"type": "role", "value": "Developers"}}),
        ),
        ("POST", "issue/SUP-2/transitions", json!({"transition": {"id": "41"}})),
        ("PUT", "issue/NET-1", json!({"fields": {"labels": ["x", "a"]}})),
        ("GET", "search/jql?jql=project%20in%20(SUP,NET)&maxResults=4&fields=*all", Value::Null),
        ("GET", "mypermissions?permissions=ADMINISTER", Value::Null),
        ("GET", "nonsense", Value::Null),
    ] {
        clock.advance(Duration::from_millis(1_234));
        http::ask(&sim.url, &auth, method, &format!("/rest/api/3/{path}"), &body).await;
    }
    sim.move_issue(&engineers[0].account_id, "SUP-3", "NET").unwrap();
    let answers: Vec<String> =
        sim.exchanges().iter().map(|exchange| String::from_utf8_lossy(&exchange.answer).into_owned()).collect();
    // Only the port differs.
    format!("{}\n{}", sim.dump(), answers.join("\n")).replace(&sim.url, "http://site")
}

#[tokio::test]
async fn the_same_calls_at_the_same_times_produce_the_same_state() {
    let (first, second) = (played().await, played().await);
    assert!(first.contains("\"eventType\"") && first.contains("http://site"));
    assert_eq!(first, second);
}
