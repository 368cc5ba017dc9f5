//! A Zammad whose background worker is dead, or whose database is away.

use devkit::{
    WaitingJobs,
    faults::ConditionKind,
    jira_sim::JiraSim,
    sample::{self, Sample, provision_hook},
    zammad_sim::ZammadSim,
};
use serde_json::{Value, json};

use crate::support::{
    http::{self, Answer},
    receiver::Receiver,
};

async fn hooked() -> (ZammadSim, Receiver, Sample) {
    let sim = ZammadSim::builder().start().await.unwrap();
    let receiver = Receiver::start().await;
    let sample = sample::seed_zammad(&sim).unwrap();
    provision_hook(&sim.url, &sample.admin_token, sample.bot.id, &receiver.url("/ok/hook"), "token").await.unwrap();
    (sim, receiver, sample)
}

async fn retitle(sim: &ZammadSim, sample: &Sample, title: &str) -> Answer {
    let auth = format!("Token token={}", sample.agent_tokens[0]);
    let path = format!("/api/v1/tickets/{}", sample.tickets[0]);
    http::ask(&sim.url, &auth, "PUT", &path, &json!({"title": title})).await
}

#[tokio::test]
async fn webhooks_wait_for_a_dead_worker_and_are_sent_when_it_is_back() {
    let (sim, receiver, sample) = hooked().await;
    sim.stop_worker();
    assert_eq!(retitle(&sim, &sample, "one").await.status, 200);
    assert_eq!(retitle(&sim, &sample, "two").await.status, 200);
    let waiting = http::ask(&sim.url, "none", "GET", "/__sim/deliveries", &Value::Null).await.json();
    assert_eq!(waiting, json!({"sending": false, "waiting": 2, "next_due": null}));
    assert_eq!(receiver.all().len(), 0);
    sim.start_worker(WaitingJobs::Deliver);
    let arrived = receiver.wait(2).await;
    assert!(arrived.iter().all(|hook| hook.json()["ticket"]["title"] == "two"), "as the ticket is now");
}

#[tokio::test]
async fn webhooks_that_waited_for_a_dead_worker_can_be_lost() {
    let (sim, receiver, sample) = hooked().await;
    let admin = async |path: &str, body: Value| http::ask(&sim.url, "none", "POST", path, &body).await.status;
    assert_eq!(admin("/__sim/worker/stop", Value::Null).await, 200);
    retitle(&sim, &sample, "lost").await;
    assert_eq!(admin("/__sim/worker/start", json!({"waiting": "nonsense"})).await, 400);
    assert_eq!(admin("/__sim/worker/start", json!({"waiting": "drop"})).await, 200);
    retitle(&sim, &sample, "sent").await;
    sim.deliveries_done().await;
    let arrived = receiver.wait(1).await;
    assert_eq!((arrived.len(), &arrived[0].json()["ticket"]["title"]), (1, &json!("sent")));
}

#[tokio::test]
async fn without_its_database_a_server_answers_500_and_sends_nothing() {
    let (sim, receiver, sample) = hooked().await;
    sim.stop_worker();
    retitle(&sim, &sample, "waits").await;
    sim.faults().set(ConditionKind::DatabaseAway);
    sim.start_worker(WaitingJobs::Deliver);
    let auth = format!("Token token={}", sample.bot_token);
    let read = http::ask(&sim.url, &auth, "GET", "/api/v1/tickets", &Value::Null).await;
    assert_eq!((read.status, read.json()), (500, json!({"status": 500, "error": "Internal Server Error"})));
    let write = retitle(&sim, &sample, "not stored").await;
    assert_eq!((write.status, write.header("content-type")), (500, Some("text/html; charset=UTF-8")));
    assert_eq!((sim.ticket(sample.tickets[0]).unwrap().title.as_str(), receiver.all().len()), ("waits", 0));
    sim.clear_faults();
    assert_eq!(receiver.wait(1).await[0].json()["ticket"]["title"], "waits");
}

#[tokio::test]
async fn a_jira_site_without_its_database_answers_500() {
    let sim = JiraSim::builder().condition(ConditionKind::DatabaseAway).start().await.unwrap();
    assert_eq!(http::ask(&sim.url, "Bearer app:x", "GET", "/rest/api/3/myself", &Value::Null).await.status, 500);
    sim.clear_faults();
    assert_eq!(http::ask(&sim.url, "Bearer app:x", "GET", "/rest/api/3/myself", &Value::Null).await.status, 200);
}
