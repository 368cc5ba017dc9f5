//! A search index that lags behind, and what counts as a change of an issue.

use std::time::Duration;

use devkit::{clock::ManualClock, jira_sim::JiraSim, sample};
use serde_json::{Value, json};

use super::{APP, ask, document};
use crate::support::http;

const LAG: Duration = Duration::from_secs(60);

async fn site() -> (JiraSim, ManualClock) {
    let clock = ManualClock::default();
    let sim = JiraSim::builder().clock(clock.clone()).start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    clock.advance(Duration::from_secs(7200));
    (sim, clock)
}

/// Key and summary of the issues that a query finds.
async fn found(sim: &JiraSim, jql: &str) -> Vec<(String, String)> {
    let answer = ask(sim, APP, "POST", "search/jql", json!({"jql": jql, "fields": ["summary"]})).await;
    let issues = answer.json()["issues"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    issues.iter().map(|issue| (text(&issue["key"]), text(&issue["fields"]["summary"]))).collect()
}

fn one(key: &str, summary: &str) -> Vec<(String, String)> {
    vec![(key.to_owned(), summary.to_owned())]
}

#[tokio::test]
async fn a_change_is_found_after_the_lag() {
    let (sim, clock) = site().await;
    sim.set_index_lag(LAG);
    let body = json!({"fields": {"summary": "Changed"}});
    assert_eq!(ask(&sim, APP, "PUT", "issue/SUP-1", body).await.status, 204);
    clock.advance(LAG - Duration::from_millis(1));
    assert_eq!(found(&sim, "updated >= -5m").await, []);
    assert_ne!(found(&sim, "key = SUP-1").await, one("SUP-1", "Changed"));
    let names = json!({"issueIdsOrKeys": ["SUP-1"], "fields": ["summary"]});
    let present = ask(&sim, APP, "POST", "issue/bulkfetch", names).await.json();
    assert_eq!(present["issues"][0]["fields"]["summary"], "Changed", "everything else is up to date");
    clock.advance(Duration::from_millis(1));
    assert_eq!(found(&sim, "updated >= -5m").await, one("SUP-1", "Changed"));
}

#[tokio::test]
async fn a_deleted_issue_is_found_until_the_lag_is_over() {
    let (sim, clock) = site().await;
    sim.set_index_lag(LAG);
    let summary = sim.issue("SUP-2").unwrap().summary;
    assert_eq!(ask(&sim, APP, "DELETE", "issue/SUP-2", Value::Null).await.status, 204);
    clock.advance(LAG / 2);
    for jql in ["key = SUP-2", "project = SUP AND key = SUP-2"] {
        assert_eq!(found(&sim, jql).await, one("SUP-2", &summary), "{jql}");
    }
    assert_eq!(found(&sim, "project = SUP").await.len(), 8);
    assert_eq!(ask(&sim, APP, "GET", "issue/SUP-2", Value::Null).await.status, 404);
    clock.advance(LAG / 2);
    assert_eq!(found(&sim, "key = SUP-2").await, []);
    assert_eq!(found(&sim, "project = SUP").await.len(), 7);
}

#[tokio::test]
async fn new_issues_and_properties_are_found_after_the_lag() {
    let (sim, clock) = site().await;
    sim.set_index_lag(LAG);
    let linked = "issue.property[zammadlink].linked = 1";
    let value = json!({"linked": 1});
    assert_eq!(ask(&sim, APP, "PUT", "issue/SUP-3/properties/zammadlink", value.clone()).await.status, 201);
    let fields = json!({"project": {"key": "SUP"}, "issuetype": {"name": "Bug"}, "summary": "Unheard"});
    let body = json!({"fields": fields, "properties": [{"key": "zammadlink", "value": value}]});
    assert_eq!(ask(&sim, APP, "POST", "issue", body).await.status, 201);
    assert_eq!(found(&sim, linked).await, []);
    assert_eq!(found(&sim, "summary ~ Unheard").await, []);
    clock.advance(LAG);
    let keys: Vec<String> = found(&sim, linked).await.into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["SUP-9", "SUP-3"]);
    // A moved issue has its old key in the index, which leads to it at once everywhere else.
    sim.move_issue(super::APP_ACCOUNT, "SUP-9", "NET").unwrap();
    assert_eq!(found(&sim, "summary ~ Unheard").await, one("SUP-9", "Unheard"));
    sim.set_index_lag(Duration::ZERO);
    assert_ne!(found(&sim, "summary ~ Unheard").await, one("SUP-9", "Unheard"), "a lag can end");
}

#[tokio::test]
async fn sample_data_is_in_the_index() {
    let sim = JiraSim::builder().index_lag(LAG).start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    assert_eq!(found(&sim, "project = SUP").await.len(), 8);
}

/// A comment or file that comes, changes or goes is a change of its issue; a property is none.
#[tokio::test]
async fn what_moves_the_time_of_an_issue() {
    let (sim, clock) = site().await;
    let before = sim.issue("SUP-3").unwrap().updated;
    let moved = || {
        let (now, updated) = (clock_now(&clock), sim.issue("SUP-3").unwrap().updated);
        clock.advance(Duration::from_secs(60));
        updated == now
    };
    let events = sim.events().len();
    for (method, path, body) in [
        ("PUT", "issue/SUP-3/properties/p", json!(1)),
        ("PUT", "issue/SUP-3/properties/p", json!(2)),
        ("DELETE", "issue/SUP-3/properties/p", Value::Null),
    ] {
        assert!(ask(&sim, APP, method, path, body).await.status < 300);
        assert!(!moved(), "{method} {path}");
    }
    let id = sim.issue("SUP-3").unwrap().id;
    let body = json!({"entitiesIds": [id], "properties": {"p": 3}});
    assert_eq!(ask(&sim, APP, "POST", "issue/properties", body).await.status, 303);
    assert_eq!((moved(), sim.issue("SUP-3").unwrap().updated), (false, before));
    let kinds = sim.events()[events..].iter().map(|event| event["eventType"].clone()).collect::<Vec<_>>();
    assert!(kinds.iter().all(|kind| kind.as_str().unwrap().ends_with(":issue-property")), "{kinds:?}");

    let made = ask(&sim, APP, "POST", "issue/SUP-3/comment", json!({"body": document("c")})).await.json();
    assert!(moved(), "a comment is added");
    let comment = format!("issue/SUP-3/comment/{}", made["id"].as_str().unwrap());
    ask(&sim, APP, "PUT", &comment, json!({"body": document("edited")})).await;
    assert!(moved(), "a comment is edited");
    assert_eq!(ask(&sim, APP, "DELETE", &comment, Value::Null).await.status, 204);
    assert!(moved(), "a comment is deleted");

    let form = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n";
    let headers = [
        ("Authorization", APP),
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("X-Atlassian-Token", "no-check"),
    ];
    let path = "/rest/api/3/issue/SUP-3/attachments";
    let stored = http::send(&sim.url, "POST", path, &headers, form).await.unwrap().json();
    assert!(moved(), "a file is added");
    let file = format!("attachment/{}", stored[0]["id"].as_str().unwrap());
    assert_eq!(ask(&sim, APP, "DELETE", &file, Value::Null).await.status, 204);
    assert!(moved(), "a file is deleted");
}

fn clock_now(clock: &ManualClock) -> i64 {
    devkit::clock::Clock::now(clock)
}
