//! Search by times and by entity properties.

use std::time::Duration;

use devkit::{clock::ManualClock, jira_sim::JiraSim, sample};
use serde_json::{Value, json};

use super::{APP, ask};

async fn site() -> (JiraSim, ManualClock) {
    let clock = ManualClock::default();
    let sim = JiraSim::builder().clock(clock.clone()).start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    (sim, clock)
}

async fn set(sim: &JiraSim, key: &str, property: &str, value: Value) {
    let answer = ask(sim, APP, "PUT", &format!("issue/{key}/properties/{property}"), value).await;
    assert_eq!(answer.status, 201);
}

/// The keys of the issues that a query finds.
async fn keys(sim: &JiraSim, jql: &str) -> Vec<String> {
    let answer = ask(sim, APP, "POST", "search/jql", json!({"jql": jql, "fields": ["updated"]})).await;
    assert_eq!(answer.status, 200, "{jql}: {}", answer.text());
    let found = answer.json()["issues"].as_array().unwrap().clone();
    found.iter().map(|issue| issue["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn clauses_about_properties() {
    let (sim, _clock) = site().await;
    set(&sim, "SUP-1", "zammadlink", json!({"linked": 1, "ticket": {"title": "A B", "open": true}})).await;
    set(&sim, "SUP-2", "zammadlink", json!({"linked": 2, "ticket": {"title": "C"}, "ids": [7, 8]})).await;
    set(&sim, "SUP-3", "zammadlink", json!("plain")).await;
    set(&sim, "SUP-4", "other", json!({"linked": 1})).await;
    for (clause, wanted) in [
        ("issue.property[zammadlink].linked = 1", &["SUP-1"][..]),
        ("ISSUE.PROPERTY[zammadlink].linked = \"2\"", &["SUP-2"]),
        ("issue.property[zammadlink].linked in (1, 2)", &["SUP-1", "SUP-2"]),
        ("issue.property[zammadlink].linked != 1", &["SUP-2"]),
        ("issue.property[zammadlink].linked > 1", &["SUP-2"]),
        ("issue.property[zammadlink].linked IS NOT EMPTY", &["SUP-1", "SUP-2"]),
        ("issue.property[zammadlink].linked IS EMPTY AND key in (SUP-1, SUP-3, SUP-4)", &["SUP-3", "SUP-4"]),
        ("issue.property[zammadlink].ticket.title = \"A B\"", &["SUP-1"]),
        ("issue.property[zammadlink].ticket.open = true", &["SUP-1"]),
        ("issue.property[zammadlink].ticket.title = A", &[]),
        ("issue.property[zammadlink].ids = 8", &["SUP-2"]),
        ("issue.property[zammadlink].Linked = 1", &[]),
        ("issue.property[zammadlink] = plain", &["SUP-3"]),
        ("project = SUP AND issue.property[zammadlink].linked = 1", &["SUP-1"]),
    ] {
        assert_eq!(keys(&sim, &format!("{clause} ORDER BY created ASC")).await, wanted, "{clause}");
    }
    let refused = ask(&sim, APP, "POST", "search/jql", json!({"jql": "issue.property[other].linked = 1"})).await;
    let text = "Field 'issue.property[other].linked' does not exist or you do not have permission to view it.";
    assert_eq!((refused.status, refused.json()["errorMessages"].clone()), (400, json!([text])));
}

#[tokio::test]
async fn other_properties_can_be_declared() {
    let sim = JiraSim::builder().searchable_properties(&["other"]).start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    set(&sim, "SUP-4", "other", json!({"linked": 1})).await;
    assert_eq!(keys(&sim, "issue.property[other].linked = 1").await, ["SUP-4"]);
    let refused = ask(&sim, APP, "POST", "search/jql", json!({"jql": "issue.property[zammadlink].linked = 1"})).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn clauses_about_times_follow_the_sites_clock() {
    let (sim, clock) = site().await;
    let touch = async |key: &str, summary: &str| {
        let body = json!({"fields": {"summary": summary}});
        assert_eq!(ask(&sim, APP, "PUT", &format!("issue/{key}"), body).await.status, 204);
    };
    clock.advance(Duration::from_secs(3 * 3600));
    touch("SUP-2", "first").await;
    clock.advance(Duration::from_secs(60));
    touch("SUP-1", "second").await;
    clock.advance(Duration::from_secs(600));
    touch("NET-1", "third").await;
    assert_eq!(keys(&sim, "updated >= -90m ORDER BY updated ASC").await, ["SUP-2", "SUP-1", "NET-1"]);
    assert_eq!(keys(&sim, "updated >= -90m AND updated <= -5m ORDER BY updated DESC").await, ["SUP-1", "SUP-2"]);
    assert_eq!(keys(&sim, "updated >= \"-10m\" ORDER BY updated").await, ["SUP-1", "NET-1"]);
    assert_eq!(keys(&sim, "created >= -1h").await, [""; 0]);
    assert_eq!(keys(&sim, "created >= -1d AND created <= -2h AND key = SUP-1").await, ["SUP-1"]);
    assert_eq!(keys(&sim, "created >= -1w AND key = SUP-1").await, ["SUP-1"]);
    for jql in ["updated >= soon", "created <= -5x"] {
        assert_eq!(ask(&sim, APP, "POST", "search/jql", json!({"jql": jql})).await.status, 400, "{jql}");
    }
}

#[tokio::test]
async fn pages_show_the_properties_that_are_asked_for() {
    let (sim, clock) = site().await;
    for number in 1..=5 {
        clock.advance(Duration::from_secs(1));
        let key = format!("SUP-{number}");
        set(&sim, &key, "zammadlink", json!({"linked": 1, "number": number})).await;
        let body = json!({"fields": {"summary": "changed"}});
        ask(&sim, APP, "PUT", &format!("issue/{key}"), body).await;
    }
    let (mut found, mut token) = (Vec::new(), Value::Null);
    loop {
        let jql = "issue.property[zammadlink].linked = 1 AND updated >= -90m ORDER BY updated ASC";
        let body = json!({"jql": jql, "fields": ["updated"], "properties": ["zammadlink"], "maxResults": 2,
                          "nextPageToken": token});
        let page = ask(&sim, APP, "POST", "search/jql", body).await.json();
        for issue in page["issues"].as_array().unwrap() {
            assert_eq!(issue["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), ["updated"]);
            found.push(issue["properties"]["zammadlink"]["number"].as_u64().unwrap());
        }
        token = page["nextPageToken"].clone();
        if page["isLast"] == true {
            break;
        }
    }
    assert_eq!(found, [1, 2, 3, 4, 5]);
    let body = json!({"jql": "key = SUP-1", "properties": ["a", "b", "c", "d", "e", "f"]});
    assert_eq!(ask(&sim, APP, "POST", "search/jql", body).await.status, 400, "more than five");
}
