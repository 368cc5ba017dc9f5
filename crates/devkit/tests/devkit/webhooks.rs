//! Webhooks of the Zammad simulator: bytes, signature, retries, redirects, faults.

use std::time::Duration;

use base64::Engine as _;
use devkit::{
    clock::{Clock, ManualClock},
    faults::{SendFault, SendFaultKind},
    sample::{self, Sample, provision_hook},
    zammad_sim::{RETRY_GAPS, Version, ZammadSim, ZammadSimBuilder},
};
use serde_json::{Value, json};

use crate::support::{
    http,
    receiver::{Received, Receiver},
};

const TOKEN: &str = "signature-token";

/// A seeded simulator whose hook goes to this path of a receiver.
async fn hooked(builder: ZammadSimBuilder, path: &str) -> (ZammadSim, Receiver, Sample) {
    let sim = builder.start().await.unwrap();
    let receiver = Receiver::start().await;
    let sample = sample::seed_zammad(&sim).unwrap();
    let hook = provision_hook(&sim.url, &sample.admin_token, sample.bot.id, &receiver.url(path), TOKEN).await.unwrap();
    assert!(sim.state().triggers.contains_key(&hook.trigger_id));
    (sim, receiver, sample)
}

async fn write(sim: &ZammadSim, token: &str, method: &str, path: &str, body: Value) -> Value {
    let answer = http::ask(&sim.url, &format!("Token token={token}"), method, path, &body).await;
    assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.text());
    answer.json()
}

async fn retitle(sim: &ZammadSim, token: &str, ticket: u64, title: &str) {
    write(sim, token, "PUT", &format!("/api/v1/tickets/{ticket}"), json!({"title": title})).await;
}

#[tokio::test]
async fn the_bots_own_writes_send_no_webhook() {
    let (sim, receiver, sample) = hooked(ZammadSim::builder(), "/ok/hook").await;
    let ticket = sample.tickets[0];
    let note =
        json!({"ticket_id": ticket, "body": "from Jira", "internal": true, "preferences": {"jira": {"comment": 1}}});
    let made = write(&sim, &sample.bot_token, "POST", "/api/v1/ticket_articles", note).await;
    assert_eq!(made["preferences"]["jira"]["comment"], 1);
    retitle(&sim, &sample.bot_token, ticket, "by the bot").await;
    retitle(&sim, &sample.agent_tokens[0], ticket, "by an agent").await;
    sim.deliveries_done().await;
    let arrived = receiver.wait(1).await;
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].json()["ticket"]["title"], "by an agent");
    assert_eq!(arrived[0].signature(TOKEN), "valid");
}

/// All keys of a JSON value with their place and the type of what stands there.
fn shape(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| shape(value, &format!("{place}/{key}"), found)),
        Value::Array(items) => {
            found.push(format!("{place} list"));
            items.first().into_iter().for_each(|item| shape(item, &format!("{place}[]"), found));
        }
        Value::String(_) => found.push(format!("{place} text")),
        Value::Number(number) => found.push(format!("{place} {}", if number.is_f64() { "float" } else { "integer" })),
        Value::Bool(_) => found.push(format!("{place} bool")),
        Value::Null => found.push(format!("{place} null")),
    }
}

fn raw(recording: &str) -> (Received, String) {
    let recording: Value = serde_json::from_str(recording).unwrap();
    let pair = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned());
    let received = Received {
        method: recording["method"].as_str().unwrap().to_owned(),
        target: recording["target"].as_str().unwrap().to_owned(),
        headers: recording["headers"].as_array().unwrap().iter().map(pair).collect(),
        body: base64::engine::general_purpose::STANDARD.decode(recording["body_base64"].as_str().unwrap()).unwrap(),
    };
    (received, recording["signature_token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_webhook_has_the_shape_of_a_real_one() {
    let (recorded, token) = raw(include_str!("../../../../conformance/webhooks/6.5/article_with_attachment.json"));
    assert_eq!(recorded.signature(&token), "valid", "the receiver's own check is right");
    let (sim, receiver, sample) = hooked(ZammadSim::builder(), "/ok/events").await;
    let (group, customer) = (sample.groups[0].0, sample.customers[0].id);
    let made = write(
        &sim,
        &sample.bot_token,
        "POST",
        "/api/v1/tickets",
        json!({"title": "t", "group_id": group, "customer_id": customer, "article": {"body": "by the bot"}}),
    )
    .await;
    let path = format!("/api/v1/tickets/{}", made["id"]);
    write(
        &sim,
        &sample.bot_token,
        "PUT",
        &path,
        json!({"owner_id": sample.agents[0].id, "preferences": {"probe": {"key": "P-1"}},
                                                       "priority_id": 1, "state_id": 2}),
    )
    .await;
    let file = json!({"filename": "hello.txt", "mime-type": "text/plain", "data": "aGVsbG8K"});
    let article =
        json!({"ticket_id": made["id"], "body": "<b>x</b> & y", "content_type": "text/html", "attachments": [file]});
    write(&sim, &sample.agent_tokens[0], "POST", "/api/v1/ticket_articles", article).await;
    sim.deliveries_done().await;
    let ours = receiver.wait(1).await.remove(0);
    assert_eq!(ours.signature(TOKEN), "valid");
    let names = |request: &Received| {
        request.headers.iter().map(|(name, _)| name.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(&ours), names(&recorded), "the same headers in the same case");
    let (mut left, mut right) = (Vec::new(), Vec::new());
    shape(&recorded.json(), "", &mut left);
    shape(&ours.json(), "", &mut right);
    assert_eq!(left, right);
    let text = String::from_utf8(ours.body).unwrap();
    assert!(
        text.starts_with("{\"ticket\":{\"article_count\":")
            && text.contains(r"\u003cb\u003ex\u003c/b\u003e \u0026amp; y"),
        "{text}"
    );
}

#[tokio::test]
async fn five_attempts_with_the_measured_waits_and_one_identity() {
    let clock = ManualClock::default();
    let (sim, receiver, sample) = hooked(ZammadSim::builder().clock(clock.clone()), "/fail500/hook").await;
    retitle(&sim, &sample.agent_tokens[0], sample.tickets[0], "first").await;
    let mut status = sim.delivery_status();
    let mut waits = Vec::new();
    for attempt in 1..=5 {
        let due = status.borrow().next_due.unwrap();
        waits.push(due - clock.now());
        clock.advance(Duration::from_millis(u64::try_from(due - clock.now()).unwrap()));
        receiver.wait(attempt).await;
        status.wait_for(|status| !status.sending).await.unwrap();
        retitle(&sim, &sample.bot_token, sample.tickets[0], &format!("after attempt {attempt}")).await;
    }
    assert_eq!(waits, [3, 12_000, 20_000, 32_000, 40_000]);
    assert_eq!(RETRY_GAPS.map(|gap| i64::from(gap) * 1000).as_slice(), &waits[1..]);
    assert_eq!(status.borrow().waiting, 0, "after the fifth attempt the job is gone");
    let arrived = receiver.all();
    let ids: std::collections::BTreeSet<_> =
        arrived.iter().map(|request| request.header("X-Zammad-Delivery").unwrap()).collect();
    assert_eq!((arrived.len(), ids.len()), (5, 1));
    let titles: Vec<Value> = arrived.iter().map(|request| request.json()["ticket"]["title"].clone()).collect();
    assert_eq!(titles[..2], [json!("first"), json!("after attempt 1")], "each attempt shows the state of its moment");
    let path = format!("/api/v1/http_logs/webhook?limit={}", 9);
    let logs = write(&sim, &sample.admin_token, "GET", &path, Value::Null).await;
    assert_eq!(logs.as_array().unwrap().iter().filter(|row| row["status"] == "500").count(), 5);
}

#[tokio::test]
async fn retries_can_be_scaled_and_end_with_success() {
    let (sim, receiver, sample) = hooked(ZammadSim::builder().retry_scale(0.0001), "/flaky/hook").await;
    retitle(&sim, &sample.agent_tokens[0], sample.tickets[0], "x").await;
    sim.deliveries_done().await;
    assert_eq!(receiver.all().len(), 3);
}

#[tokio::test]
async fn a_redirect_is_a_failure_on_6_5_and_a_leak_on_6_1() {
    let fast = |version| ZammadSim::builder().version(version).retry_scale(0.0001);
    let (sim, receiver, sample) = hooked(fast(Version::V6_5), "/redirect302/hook").await;
    retitle(&sim, &sample.agent_tokens[0], sample.tickets[0], "never followed").await;
    sim.deliveries_done().await;
    let arrived = receiver.all();
    assert_eq!(arrived.len(), 5);
    assert!(arrived.iter().all(|request| request.method == "POST" && request.path() == "/redirect302/hook"));

    let (sim, receiver, sample) = hooked(fast(Version::V6_1), "/redirect302/hook").await;
    retitle(&sim, &sample.agent_tokens[0], sample.tickets[0], "told to every access log").await;
    sim.deliveries_done().await;
    let arrived = receiver.all();
    assert_eq!(arrived.iter().map(|request| request.method.as_str()).collect::<Vec<_>>(), ["POST", "GET"]);
    assert_eq!(arrived[0].header("Content-Type"), Some("application/json"));
    let followed = &arrived[1];
    assert_eq!((followed.path(), followed.signature(TOKEN)), ("/target/hook", "absent"));
    assert_eq!(followed.header("X-Zammad-Delivery"), arrived[0].header("X-Zammad-Delivery"));
    let query: std::collections::HashMap<_, _> =
        url::form_urlencoded::parse(followed.target.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
    assert!(
        query["ticket"].starts_with("{\"article_count\"=>") && query["ticket"].contains("told to every access log")
    );
    assert_eq!(query["article"], "{}");
}

#[tokio::test]
async fn webhooks_can_be_lost_doubled_and_reordered() {
    let (sim, receiver, sample) = hooked(ZammadSim::builder(), "/ok/hook").await;
    let once = |kind| SendFault { kind, times: Some(1) };
    let token = &sample.agent_tokens[0];
    sim.faults().add_send(once(SendFaultKind::Lose));
    retitle(&sim, token, sample.tickets[0], "lost").await;
    sim.faults().add_send(once(SendFaultKind::Double));
    retitle(&sim, token, sample.tickets[0], "twice").await;
    sim.deliveries_done().await;
    let arrived = receiver.take();
    assert_eq!(arrived.len(), 2);
    assert_eq!(arrived[0].header("X-Zammad-Delivery"), arrived[1].header("X-Zammad-Delivery"));

    sim.faults().add_send(once(SendFaultKind::Reorder));
    retitle(&sim, token, sample.tickets[0], "held").await;
    retitle(&sim, token, sample.tickets[2], "overtakes").await;
    sim.deliveries_done().await;
    let tickets: Vec<Value> = receiver.all().iter().map(|request| request.json()["ticket"]["id"].clone()).collect();
    assert_eq!(tickets, [json!(sample.tickets[2]), json!(sample.tickets[0])]);
}
