//! Faults of requests, and the requests that real servers stumble over.

use std::time::Duration;

use devkit::{
    clock::ManualClock,
    faults::{ConditionKind, Fault, FaultKind},
    jira_sim::JiraSim,
    sample,
    zammad_sim::ZammadSim,
};
use serde_json::{Value, json};

use crate::support::http;

#[tokio::test]
async fn a_write_can_be_applied_without_a_response() {
    let sim = ZammadSim::builder().start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    let ticket = sample.tickets[0];
    let path = format!("/api/v1/tickets/{ticket}");
    let auth = format!("Token token={}", sample.bot_token);
    let headers =
        [("Authorization", auth.as_str()), ("Content-Type", "application/json"), ("Accept", "application/json")];
    sim.faults().add(Fault::once(FaultKind::ResetAfterApply).on("PUT", "/tickets/"));
    assert!(http::send(&sim.url, "PUT", &path, &headers, br#"{"title":"done all the same"}"#).await.is_none());
    assert_eq!(sim.ticket(ticket).unwrap().title, "done all the same");
    sim.faults().add(Fault::once(FaultKind::Reset));
    assert!(http::send(&sim.url, "PUT", &path, &headers, br#"{"title":"not done"}"#).await.is_none());
    assert_eq!(sim.ticket(ticket).unwrap().title, "done all the same");
}

#[tokio::test]
async fn faults_are_set_over_http_and_spare_the_admin_paths() {
    let sim = ZammadSim::builder().start().await.unwrap();
    let fault = json!({"kind": "status", "status": 502, "times": 1});
    assert_eq!(http::ask(&sim.url, "none", "POST", "/__sim/faults", &fault).await.status, 200);
    assert_eq!(http::ask(&sim.url, "none", "GET", "/__sim/state", &Value::Null).await.status, 200);
    assert_eq!(http::ask(&sim.url, "none", "GET", "/api/v1/available", &Value::Null).await.status, 502);
    assert_eq!(http::ask(&sim.url, "none", "GET", "/api/v1/available", &Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_hanging_request_does_not_block_others() {
    let sim = ZammadSim::builder().fault(Fault::once(FaultKind::Hang)).start().await.unwrap();
    let hanging = http::ask(&sim.url, "none", "GET", "/api/v1/available", &Value::Null);
    tokio::pin!(hanging);
    let faults = sim.faults();
    tokio::select! {
        _ = &mut hanging => panic!("it was to hang"),
        () = async {
            while faults.dump()["requests"][0]["times"] != 0 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    assert_eq!(http::ask(&sim.url, "none", "GET", "/api/v1/available", &Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_restart_breaks_connections_off_until_it_is_over() {
    let clock = ManualClock::default();
    let restart = ConditionKind::Restart { ms: 5_000 };
    let sim = ZammadSim::builder().clock(clock.clone()).condition(restart).start().await.unwrap();
    let ask = || http::send(&sim.url, "GET", "/api/v1/available", &[("Accept", "*/*")], b"");
    assert!(ask().await.is_none());
    clock.advance(Duration::from_millis(4_999));
    assert!(ask().await.is_none());
    clock.advance(Duration::from_millis(1));
    assert_eq!(ask().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_wrong_clock_shows_in_rows_and_in_the_date() {
    let sim = ZammadSim::builder().clock(ManualClock::at(1_790_000_000_000)).start().await.unwrap();
    let skew = json!({"kind": "clock_skew", "ms": -3_600_000});
    assert_eq!(http::ask(&sim.url, "none", "POST", "/__sim/faults", &skew).await.status, 200);
    let sample = sample::seed_zammad(&sim).unwrap();
    let auth = format!("Token token={}", sample.bot_token);
    let path = format!("/api/v1/tickets/{}", sample.tickets[0]);
    let written = http::ask(&sim.url, &auth, "PUT", &path, &json!({"title": "x"})).await;
    assert_eq!(written.json()["updated_at"], "2026-09-21T13:13:20.000Z");
    assert_eq!(written.header("date"), Some("Mon, 21 Sep 2026 13:13:20 GMT"));
}

#[tokio::test]
async fn a_read_only_server_can_be_read_and_searched() {
    let sim = ZammadSim::builder().start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    let auth = format!("Token token={}", sample.bot_token);
    let path = format!("/api/v1/tickets/{}", sample.tickets[0]);
    sim.faults().set(ConditionKind::ReadOnly);
    let title = sim.ticket(sample.tickets[0]).unwrap().title;
    let refused = http::ask(&sim.url, &auth, "PUT", &path, &json!({"title": "x"})).await;
    assert_eq!((refused.status, sim.ticket(sample.tickets[0]).unwrap().title), (500, title));
    assert_eq!(http::ask(&sim.url, "Token token=x", "PUT", &path, &json!({})).await.status, 401);
    assert_eq!(http::ask(&sim.url, &auth, "GET", &path, &Value::Null).await.status, 200);
    assert_eq!(http::ask(&sim.url, &auth, "POST", "/api/v1/tickets/search", &json!({"limit": 1})).await.status, 200);
    sim.clear_faults();
    assert_eq!(http::ask(&sim.url, &auth, "PUT", &path, &json!({"title": "x"})).await.status, 200);
}

#[tokio::test]
async fn zammad_errors_can_carry_retry_after() {
    let limited = Fault::once(FaultKind::Status { status: 429, retry_after: Some(7) });
    let sim = ZammadSim::builder().fault(limited).start().await.unwrap();
    let answer = http::ask(&sim.url, "none", "GET", "/api/v1/available", &Value::Null).await;
    assert_eq!((answer.status, answer.header("Retry-After")), (429, Some("7")));
}

#[tokio::test]
async fn jira_errors_can_carry_retry_after() {
    let sim = JiraSim::builder().start().await.unwrap();
    sim.faults().add(Fault::once(FaultKind::Status { status: 429, retry_after: Some(7) }));
    let limited = http::ask(&sim.url, "Bearer app:x", "GET", "/rest/api/3/myself", &Value::Null).await;
    assert_eq!((limited.status, limited.header("Retry-After")), (429, Some("7")));
    assert!(limited.header("RateLimit-Reason").is_some());
}

#[tokio::test]
async fn a_lone_surrogate_is_an_exception_as_on_a_real_server() {
    let sim = ZammadSim::builder().start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    let auth = format!("Token token={}", sample.bot_token);
    let headers =
        [("Authorization", auth.as_str()), ("Content-Type", "application/json"), ("Accept", "application/json")];
    let body = format!("{{\"ticket_id\": {}, \"body\": \"a\\ud800b\"}}", sample.tickets[0]);
    let answer = http::send(&sim.url, "POST", "/api/v1/ticket_articles", &headers, body.as_bytes()).await.unwrap();
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn responds_304_to_a_known_entity_tag() {
    let sim = ZammadSim::builder().start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    let auth = format!("Token token={}", sample.bot_token);
    let path = format!("/api/v1/tickets/{}", sample.tickets[0]);
    let first = http::ask(&sim.url, &auth, "GET", &path, &Value::Null).await;
    let tag = first.header("etag").unwrap().to_owned();
    let headers = [("Accept", "*/*"), ("Authorization", auth.as_str()), ("If-None-Match", tag.as_str())];
    let again = http::send(&sim.url, "GET", &path, &headers, b"").await.unwrap();
    assert_eq!((again.status, again.body.len()), (304, 0));
    http::ask(&sim.url, &auth, "PUT", &path, &json!({"title": "changed"})).await;
    assert_eq!(http::send(&sim.url, "GET", &path, &headers, b"").await.unwrap().status, 200);
}

#[tokio::test]
async fn faults_can_answer_in_place_of_either_server() {
    let zammad = ZammadSim::builder().fault(Fault::always(FaultKind::Maintenance)).start().await.unwrap();
    let sample = sample::seed_zammad(&zammad).unwrap();
    let auth = format!("Token token={}", sample.bot_token);
    let text = "Maintenance mode enabled!";
    for method in ["GET", "PUT"] {
        let answer = http::ask(&zammad.url, &auth, method, "/api/v1/tickets/1", &json!({})).await;
        assert_eq!((answer.status, answer.json()), (403, json!({"error": text, "error_human": text})));
        assert_eq!(answer.header("x-failure"), Some(text));
    }
    let redirect = json!({"kind": "redirect", "location": "https://jira.example", "path": "/myself"});
    let jira = JiraSim::builder().start().await.unwrap();
    assert_eq!(http::ask(&jira.url, "none", "POST", "/__sim/faults", &redirect).await.status, 200);
    let answer = http::ask(&jira.url, "Bearer app:x", "GET", "/rest/api/3/myself", &Value::Null).await;
    assert_eq!((answer.status, answer.header("location")), (302, Some("https://jira.example/rest/api/3/myself")));
    assert_eq!(http::ask(&jira.url, "Bearer app:x", "GET", "/rest/api/3/field", &Value::Null).await.status, 200);
}
