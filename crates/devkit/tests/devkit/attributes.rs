//! Ticket attributes: pending until a migration, and unknown to the API until the server was restarted.

use std::time::Duration;

use devkit::{clock::ManualClock, sample, sample::Sample, zammad_sim::ZammadSim};
use serde_json::{Value, json};

use crate::support::http::{self, Answer};

/// One call of the administrator; `None` if the connection was closed without an answer.
async fn admin(sim: &ZammadSim, sample: &Sample, method: &str, path: &str, body: &Value) -> Option<Answer> {
    let auth = format!("Token token={}", sample.admin_token);
    let headers = [("Accept", "*/*"), ("Content-Type", "application/json"), ("Authorization", auth.as_str())];
    http::send(&sim.url, method, &format!("/api/v1/{path}"), &headers, body.to_string().as_bytes()).await
}

fn attribute(name: &str) -> Value {
    json!({"object": "Ticket", "name": name, "display": name, "data_type": "input", "active": true, "screens": {},
           "data_option": {"type": "text", "maxlength": 10, "default": "none yet", "null": true}})
}

/// A simulator with a sample and one attribute that was migrated just now.
async fn migrated(clock: &ManualClock, itself: bool) -> (ZammadSim, Sample) {
    let sim = ZammadSim::builder().clock(clock.clone()).start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    let settings = admin(&sim, &sample, "GET", "settings", &Value::Null).await.unwrap().json();
    let setting = settings.as_array().unwrap().iter().find(|row| row["name"] == "auto_shutdown").unwrap()["id"].clone();
    let value = json!({"state_current": {"value": itself}});
    admin(&sim, &sample, "PUT", &format!("settings/{setting}"), &value).await.unwrap();
    let made = admin(&sim, &sample, "POST", "object_manager_attributes", &attribute("jira_key")).await.unwrap();
    assert_eq!((made.status, &made.json()["to_create"]), (201, &json!(true)));
    let path = "object_manager_attributes_execute_migrations";
    assert_eq!(admin(&sim, &sample, "POST", path, &json!({})).await.unwrap().status, 200);
    (sim, sample)
}

async fn ticket(sim: &ZammadSim, sample: &Sample) -> Option<Value> {
    let path = format!("tickets/{}", sample.tickets[0]);
    let auth = format!("Token token={}", sample.bot_token);
    let headers = [("Accept", "*/*"), ("Authorization", auth.as_str())];
    Some(http::send(&sim.url, "GET", &format!("/api/v1/{path}"), &headers, b"").await?.json())
}

#[tokio::test]
async fn after_a_migration_the_server_is_away_and_comes_back_with_the_column() {
    let clock = ManualClock::default();
    let (sim, sample) = migrated(&clock, true).await;
    assert_eq!(ticket(&sim, &sample).await.unwrap().get("jira_key"), None, "until it is down, it knows no column");
    clock.advance(Duration::from_secs(1));
    assert_eq!(ticket(&sim, &sample).await, None, "it restarts");
    clock.advance(Duration::from_millis(8_999));
    assert_eq!(ticket(&sim, &sample).await, None);
    clock.advance(Duration::from_millis(1));
    assert_eq!(ticket(&sim, &sample).await.unwrap()["jira_key"], Value::Null, "old tickets have no value");
    let auth = format!("Token token={}", sample.bot_token);
    let path = format!("/api/v1/tickets/{}", sample.tickets[0]);
    let long = http::ask(&sim.url, &auth, "PUT", &path, &json!({"jira_key": "longer than ten"})).await;
    assert_eq!((long.status, &long.json()["error"]), (422, &json!("Jira key is longer than the allowed length 10")));
    let body = json!({"title": "t", "group_id": sample.groups[0].0, "customer_id": sample.customers[0].id});
    let made = http::ask(&sim.url, &auth, "POST", "/api/v1/tickets", &body).await;
    assert_eq!(made.json()["jira_key"], "none yet");
}

#[tokio::test]
async fn without_automatic_restart_it_waits_for_an_administrator() {
    let clock = ManualClock::default();
    let (sim, sample) = migrated(&clock, false).await;
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(ticket(&sim, &sample).await.unwrap().get("jira_key"), None);
    assert_eq!(http::ask(&sim.url, "none", "POST", "/__sim/restart", &json!({})).await.status, 200);
    assert_eq!(ticket(&sim, &sample).await, None);
    clock.advance(Duration::from_secs(9));
    assert!(ticket(&sim, &sample).await.unwrap().get("jira_key").is_some());
}
