//! Rate limits of the Jira site, on a clock that moves only by calls.

use std::time::Duration;

use devkit::clock::ManualClock;
use devkit::jira_sim::{JiraSim, Limits, QuotaNames};
use devkit::sample;
use serde_json::{Value, json};

use crate::support::http::{self, Answer};

const APP: &str = "Bearer app:8f1f0a52-6d1e-4a0e-9a37-2f4b1d6c9e01";

async fn site(limits: Limits) -> (JiraSim, ManualClock) {
    let clock = ManualClock::default();
    let sim = JiraSim::builder().clock(clock.clone()).limits(limits).start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    (sim, clock)
}

async fn ask(sim: &JiraSim, method: &str, path: &str, body: Value) -> Answer {
    http::ask(&sim.url, APP, method, &format!("/rest/api/3/{path}"), &body).await
}

fn reason(answer: &Answer) -> (u16, Option<&str>, Option<&str>) {
    (answer.status, answer.header("RateLimit-Reason"), answer.header("Retry-After"))
}

/// The rest of the hour's points.
fn left(answer: &Answer) -> u64 {
    let header = answer.header("Beta-RateLimit").unwrap();
    header.split(';').find_map(|part| part.strip_prefix("r=")).unwrap().parse().unwrap()
}

#[tokio::test]
async fn points_are_taken_by_what_is_read() {
    let (sim, _clock) = site(Limits { quota_always: true, ..Limits::published() }).await;
    let me = ask(&sim, "GET", "myself", Value::Null).await;
    assert_eq!(left(&me), 65_000 - 3, "a call and a person");
    assert_eq!(me.header("Beta-RateLimit-Policy"), Some("\"global-app-quota\";q=65000;w=3600"));
    assert_eq!((me.header("X-RateLimit-Limit"), me.header("X-RateLimit-Remaining")), (Some("100"), Some("99")));
    assert_eq!(left(&ask(&sim, "GET", "issue/SUP-1", Value::Null).await), 65_000 - 5, "a call and an issue");
    let search = ask(&sim, "POST", "search/jql", json!({"jql": "project = SUP", "fields": ["summary"]})).await;
    assert_eq!(left(&search), 65_000 - 14, "a call and eight issues");
    let write = ask(&sim, "PUT", "issue/SUP-1", json!({"fields": {"summary": "x"}})).await;
    assert_eq!(left(&write), 65_000 - 15, "a write is a call");
}

#[tokio::test]
async fn an_hour_without_points_ends() {
    let (sim, clock) = site(Limits { points: 4, ..Limits::published() }).await;
    assert_eq!(ask(&sim, "GET", "issue/SUP-1", Value::Null).await.status, 200);
    let near = ask(&sim, "GET", "issue/SUP-1", Value::Null).await;
    assert_eq!((near.status, near.header("X-RateLimit-NearLimit")), (200, Some("true")));
    let refused = ask(&sim, "GET", "issue/SUP-1", Value::Null).await;
    // The clock stands at 14:13:20.
    assert_eq!(reason(&refused), (429, Some("jira-quota-global-based"), Some("2800")));
    assert_eq!(refused.header("X-RateLimit-Reset"), Some("2026-09-21T15:00Z"));
    clock.advance(Duration::from_secs(2_799));
    assert_eq!(ask(&sim, "GET", "issue/SUP-1", Value::Null).await.status, 429);
    clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&sim, "GET", "issue/SUP-1", Value::Null).await.status, 200);
}

#[tokio::test]
async fn quotas_are_shown_once_most_of_them_is_used() {
    let (sim, clock) = site(Limits::published()).await;
    let ask_me = async || ask(&sim, "GET", "myself", Value::Null).await;
    assert_eq!(ask_me().await.header("Beta-RateLimit"), None);
    sim.spend_points(51_993);
    assert_eq!(ask_me().await.header("Beta-RateLimit"), None, "a point less than 80 %");
    let near = ask_me().await;
    assert_eq!(near.header("Beta-RateLimit"), Some("\"global-app-quota\";r=12998;t=2800"));
    assert_eq!(near.header("Beta-RateLimit-Policy"), Some("\"global-app-quota\";q=65000;w=3600"));
    assert_eq!(near.header("RateLimit"), None);
    sim.spend_points(20_000);
    assert_eq!(reason(&ask_me().await), (429, Some("jira-quota-global-based"), Some("2800")), "all points are used");
    clock.advance(Duration::from_secs(2_800));
    assert_eq!(ask_me().await.header("Beta-RateLimit"), None, "the others begin the hour at 0 too");
}

#[tokio::test]
async fn a_site_may_have_a_quota_of_its_own() {
    let limits = Limits { site_points: Some(5), quota_names: QuotaNames::Both, ..Limits::published() };
    let (sim, clock) = site(limits).await;
    sim.spend_points(65_000);
    let first = ask(&sim, "GET", "myself", Value::Null).await;
    assert_eq!((first.status, first.header("RateLimit")), (200, None), "what others use does not count");
    let second = ask(&sim, "GET", "issue/SUP-1", Value::Null).await;
    let shown = ["RateLimit", "Beta-RateLimit"].map(|name| second.header(name));
    assert_eq!(shown, [Some("\"tenant-app-quota\";r=0;t=2800"); 2]);
    let shown = ["RateLimit-Policy", "Beta-RateLimit-Policy"].map(|name| second.header(name));
    assert_eq!(shown, [Some("\"tenant-app-quota\";q=5;w=3600"); 2]);
    let refused = ask(&sim, "GET", "myself", Value::Null).await;
    assert_eq!(reason(&refused), (429, Some("jira-quota-tenant-based"), Some("2800")));
    clock.advance(Duration::from_secs(2_800));
    assert_eq!(ask(&sim, "GET", "myself", Value::Null).await.status, 200);
}

#[tokio::test]
async fn the_names_of_the_quotas_can_be_plain() {
    let limits = Limits { quota_always: true, quota_names: QuotaNames::Plain, ..Limits::published() };
    let (sim, _clock) = site(limits).await;
    let me = ask(&sim, "GET", "myself", Value::Null).await;
    assert_eq!((me.header("RateLimit").is_some(), me.header("Beta-RateLimit")), (true, None));
}

#[tokio::test]
async fn one_issue_takes_twenty_writes_in_two_seconds() {
    let (sim, clock) = site(Limits::published()).await;
    for turn in 0..20 {
        let body = json!({"fields": {"summary": format!("turn {turn}")}});
        assert_eq!(ask(&sim, "PUT", "issue/SUP-1", body).await.status, 204, "{turn}");
    }
    let more = json!({"fields": {"summary": "one more"}});
    let refused = ask(&sim, "PUT", "issue/SUP-1", more.clone()).await;
    assert_eq!(reason(&refused), (429, Some("jira-per-issue-on-write"), Some("2")));
    assert_eq!(sim.issue("SUP-1").unwrap().summary, "turn 19");
    assert_eq!(ask(&sim, "PUT", "issue/SUP-2", more.clone()).await.status, 204, "another issue");
    assert_eq!(ask(&sim, "GET", "issue/SUP-1", Value::Null).await.status, 200, "reading");
    clock.advance(Duration::from_secs(2));
    assert_eq!(ask(&sim, "PUT", "issue/SUP-1", more).await.status, 204);
}

#[tokio::test]
async fn an_endpoint_takes_a_hundred_requests_a_second() {
    let (sim, clock) = site(Limits::published()).await;
    for turn in 0..100 {
        assert_eq!(ask(&sim, "GET", &format!("issue/SUP-{}", turn % 8 + 1), Value::Null).await.status, 200);
    }
    let refused = ask(&sim, "GET", "issue/NET-1", Value::Null).await;
    assert_eq!(reason(&refused), (429, Some("jira-burst-based"), Some("1")));
    assert_eq!(ask(&sim, "GET", "issue/NET-1/comment", Value::Null).await.status, 200, "another endpoint");
    clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&sim, "GET", "issue/NET-1", Value::Null).await.status, 200);
}

#[tokio::test]
async fn without_limits_nothing_is_counted() {
    let sim = JiraSim::builder().start().await.unwrap();
    let me = ask(&sim, "GET", "myself", Value::Null).await;
    assert_eq!((me.status, me.header("X-RateLimit-Limit")), (200, None));
}
