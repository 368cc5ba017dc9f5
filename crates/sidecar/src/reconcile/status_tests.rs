use serde_json::{Value, json};
use store::BatchLimits;

use super::*;
use crate::health::ZammadState;
use crate::support::{NOW, Setup};

fn task(setup: &Setup, privacy: Privacy, key_id: &str) -> Status {
    Status {
        store: Arc::clone(&setup.store),
        helpdesk: setup.shared_helpdesk(),
        env: setup.env.clone(),
        health: Arc::clone(&setup.health),
        requested: Arc::default(),
        outbox_ready: Arc::default(),
        privacy,
        key_id: key_id.to_owned(),
    }
}

/// Kind and data of the messages that one step of the task sends.
async fn sent_by(setup: &Setup, task: &mut Status) -> Vec<(String, Value)> {
    let before = waiting(setup).await.len();
    task.step().await.unwrap();
    waiting(setup).await.split_off(before)
}

async fn waiting(setup: &Setup) -> Vec<(String, Value)> {
    let limits = BatchLimits { messages: 99, bytes: 1_000_000, per_ticket: 99 };
    let batch = setup.store.claim(NOW, 1, limits).await.unwrap();
    setup.store.release_claims(NOW).await.unwrap();
    let data = |body: &str| serde_json::from_str::<Value>(body).unwrap()["data"].clone();
    batch.rows.iter().map(|row| (row.kind.clone(), data(&row.body))).collect()
}

fn agent(setup: &Setup, id: u64, active: bool) {
    let agent = json!({ "id": id, "login": "ada", "firstname": "Ada", "lastname": "Agent", "email": "ada@helpdesk.example", "active": active });
    setup.helpdesk.contents().users.insert(id, agent);
}

#[tokio::test]
async fn names_are_sent_once_and_again_when_they_change_or_the_connection_is_another() {
    let setup = Setup::new().await;
    agent(&setup, 3, true);
    agent(&setup, 4, false);
    let mut first = task(&setup, Privacy::Off, "k1");
    let sent = sent_by(&setup, &mut first).await;
    assert_eq!(sent.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["sidecar.status", "helpdesk.names"]);
    let names = &sent[1].1;
    assert_eq!(names["agents"], json!([{ "id": 3, "name": "Ada Agent", "email": "ada@helpdesk.example" }]));
    assert_eq!(names["groups"], json!([{ "id": 2, "name": "Support", "active": true }]));
    assert!(names["states"].as_array().unwrap().iter().any(|state| state["name"] == "open" && state["typeId"] == 2));
    assert_eq!(sent_by(&setup, &mut first).await.len(), 1, "Forge has the names");
    setup.helpdesk.contents().groups = Some(json!([{ "id": 2, "name": "Helpdesk", "active": true }]));
    assert_eq!(sent_by(&setup, &mut first).await.len(), 2);
    assert_eq!(sent_by(&setup, &mut task(&setup, Privacy::Off, "k2")).await.len(), 2, "a new connection has none");
}

#[tokio::test]
async fn in_privacy_mode_no_agent_is_listed() {
    let setup = Setup::new().await;
    agent(&setup, 3, true);
    let sent = sent_by(&setup, &mut task(&setup, Privacy::On, "k1")).await;
    let text = format!("{sent:?}");
    assert!(!text.contains("Ada") && !text.contains("Support"), "{text}");
    assert_eq!(sent[1].1.get("agents"), None);
    assert_eq!(sent[1].1["groups"], json!([{ "id": 2, "active": true }]));
}

/// Whatever the bot may not list is left out; the rest is sent.
#[tokio::test]
async fn lists_that_zammad_refuses_are_empty() {
    let setup = Setup::new().await;
    agent(&setup, 3, true);
    setup.helpdesk.fail("groups", 403);
    setup.helpdesk.fail("all_agents", 403);
    let sent = sent_by(&setup, &mut task(&setup, Privacy::Off, "k1")).await;
    assert_eq!((&sent[1].1["groups"], sent[1].1.get("agents")), (&json!([]), None));
}

#[tokio::test]
async fn without_zammad_the_condition_is_reported_all_the_same() {
    let setup = Setup::new().await;
    setup.health.zammad(ZammadState::Unreachable);
    let sent = sent_by(&setup, &mut task(&setup, Privacy::Off, "k1")).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].1["problems"], json!(["zammad-unreachable"]));
}

/// A failure in between loses nothing: the names are sent by the next step.
#[tokio::test]
async fn names_are_sent_after_a_failure() {
    let setup = Setup::new().await;
    let mut task = task(&setup, Privacy::Off, "k1");
    setup.helpdesk.fail("ticket_priorities", 500);
    assert!(task.step().await.is_err());
    let sent = sent_by(&setup, &mut task).await;
    assert_eq!(sent.last().unwrap().0, "helpdesk.names");
}
