//! Zammad 7.2, and what the scheduler and agents do to tickets.

use std::time::Duration;

use devkit::{
    clock::{Clock, ManualClock},
    sample::{self, Sample, provision_hook},
    zammad_sim::{Version, ZammadSim, ZammadSimBuilder},
};
use serde_json::{Value, json};

use crate::support::{http, receiver::Receiver};

async fn seeded(builder: ZammadSimBuilder) -> (ZammadSim, Sample) {
    let sim = builder.start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    (sim, sample)
}

async fn ask(sim: &ZammadSim, token: &str, method: &str, path: &str, body: Value) -> Value {
    let answer = http::ask(&sim.url, &format!("Token token={token}"), method, &format!("/api/v1/{path}"), &body).await;
    assert!(answer.status < 300, "{method} {path}: {}", answer.text());
    answer.json()
}

async fn tags(sim: &ZammadSim, sample: &Sample, ticket: u64) -> Value {
    ask(sim, &sample.bot_token, "GET", &format!("tags?object=Ticket&o_id={ticket}"), Value::Null).await["tags"].clone()
}

#[tokio::test]
async fn spellings_of_a_tag_are_one_tag_on_7_2_only() {
    for (version, after_adding, after_removing) in [
        (Version::V7_2, json!(["Jira-VIP"]), json!([])),
        (Version::V6_5, json!(["Jira-VIP", "jira-vip"]), json!(["jira-vip"])),
    ] {
        let (sim, sample) = seeded(ZammadSim::builder().version(version)).await;
        let free = |row: &devkit::zammad_sim::Ticket| row.tags.is_empty() && row.group_id == sample.groups[0].0;
        let ticket = sim.tickets().into_iter().find(free).unwrap().id;
        let tag = |item: &str| json!({"object": "Ticket", "o_id": ticket, "item": item});
        ask(&sim, &sample.bot_token, "POST", "tags/add", tag("Jira-VIP")).await;
        ask(&sim, &sample.bot_token, "POST", "tags/add", tag("jira-vip")).await;
        assert_eq!(tags(&sim, &sample, ticket).await, after_adding);
        let condition = json!({"ticket.tags": {"operator": "contains one", "value": "JIRA-vip"}});
        let found = ask(&sim, &sample.bot_token, "POST", "tickets/search", json!({"condition": condition})).await;
        assert_eq!(found.as_array().unwrap().len(), usize::from(version == Version::V7_2));
        ask(&sim, &sample.bot_token, "DELETE", "tags/remove", tag("Jira-VIP")).await;
        assert_eq!(tags(&sim, &sample, ticket).await, after_removing);
    }
}

#[tokio::test]
async fn answers_of_7_2_have_more_parts_and_hide_secrets() {
    let (sim, sample) = seeded(ZammadSim::builder().version(Version::V7_2)).await;
    let version = ask(&sim, &sample.admin_token, "GET", "version", Value::Null).await;
    assert_eq!(version, json!({"version": "7.2.x"}));
    let path = format!("tickets/{}?expand=true", sample.tickets[0]);
    let ticket = ask(&sim, &sample.bot_token, "GET", &path, Value::Null).await;
    assert_eq!((&ticket["ai_stored_results"], &ticket["ai_stored_result_ids"]), (&json!([]), &json!([])));
    let query = json!({"expand": true, "with_total_count": true, "limit": 1});
    let found = ask(&sim, &sample.bot_token, "POST", "tickets/search", query).await;
    assert_eq!((found["records"].as_array().unwrap().len(), &found["total_count"]), (1, &json!(sample.tickets.len())));

    let hook = json!({"name": "h", "endpoint": "http://127.0.0.1:9/x", "signature_token": "secret"});
    let made = ask(&sim, &sample.admin_token, "POST", "webhooks", hook).await;
    assert_eq!(made["signature_token"], "**********");
    let id = made["id"].as_u64().unwrap();
    ask(&sim, &sample.admin_token, "PUT", &format!("webhooks/{id}"), made).await;
    assert_eq!(sim.state().webhooks[&id].signature_token.as_deref(), Some("secret"));
}

#[tokio::test]
async fn a_webhook_whose_host_does_not_resolve_is_dropped_by_7_2_and_tried_again_before() {
    for (version, attempts) in [(Version::V7_2, 0), (Version::V6_5, 1)] {
        let clock = ManualClock::default();
        let (sim, sample) = seeded(ZammadSim::builder().version(version).clock(clock.clone())).await;
        let receiver = Receiver::start().await;
        provision_hook(&sim.url, &sample.admin_token, sample.bot.id, &receiver.url("/ok/hook"), "t").await.unwrap();
        let host = json!({"resolves": false});
        assert_eq!(http::ask(&sim.url, "none", "PUT", "/__sim/hosts/127.0.0.1", &host).await.status, 200);
        let path = format!("tickets/{}", sample.tickets[0]);
        ask(&sim, &sample.agent_tokens[0], "PUT", &path, json!({"title": "x"})).await;
        let mut status = sim.delivery_status();
        clock.advance(Duration::from_secs(1));
        let now = clock.now();
        let settled = status.wait_for(|status| !status.sending && status.next_due.is_none_or(|due| due > now));
        settled.await.unwrap();
        assert_eq!(sim.state().http_logs.len(), attempts);
        sim.state().unknown_hosts.clear();
        clock.advance(Duration::from_secs(13));
        sim.deliveries_done().await;
        assert_eq!(receiver.all().len(), attempts, "{version:?}");
    }
}

#[tokio::test]
async fn a_webhook_is_posted_unless_7_2_is_told_otherwise() {
    for (version, other) in [(Version::V7_2, "PUT"), (Version::V6_5, "POST")] {
        let (sim, sample) = seeded(ZammadSim::builder().version(version)).await;
        let receiver = Receiver::start().await;
        let made =
            provision_hook(&sim.url, &sample.admin_token, sample.bot.id, &receiver.url("/ok/hook"), "t").await.unwrap();
        let path = format!("tickets/{}", sample.tickets[0]);
        ask(&sim, &sample.agent_tokens[0], "PUT", &path, json!({"title": "x"})).await;
        assert_eq!(receiver.wait(1).await[0].method, "POST");
        let hook = format!("webhooks/{}", made.webhook_id);
        let changed = ask(&sim, &sample.admin_token, "PUT", &hook, json!({"http_method": "put"})).await;
        assert_eq!(changed["http_method"], if version == Version::V7_2 { json!("put") } else { Value::Null });
        ask(&sim, &sample.agent_tokens[0], "PUT", &path, json!({"title": "y"})).await;
        assert_eq!(receiver.wait(2).await[1].method, other, "{version:?}");
    }
}

#[tokio::test]
async fn the_assignment_timeout_of_a_group_takes_the_owner_away() {
    let clock = ManualClock::default();
    let (sim, sample) = seeded(ZammadSim::builder().clock(clock.clone())).await;
    let receiver = Receiver::start().await;
    let (group, agent) = (sample.groups[0].0, sample.agents[0].id);
    ask(&sim, &sample.admin_token, "PUT", &format!("groups/{group}"), json!({"assignment_timeout": 30})).await;
    let ticket = sim.tickets().into_iter().find(|row| row.group_id == group && row.state_id == 2).unwrap().id;
    let path = format!("tickets/{ticket}");
    ask(&sim, &sample.bot_token, "PUT", &path, json!({"owner_id": 1})).await;
    ask(&sim, &sample.bot_token, "PUT", &path, json!({"owner_id": agent})).await;
    provision_hook(&sim.url, &sample.admin_token, sample.bot.id, &receiver.url("/ok/hook"), "t").await.unwrap();
    clock.advance(Duration::from_secs(30 * 60));
    sim.run_scheduler();
    assert_eq!(sim.ticket(ticket).unwrap().owner_id, agent, "not over yet");
    clock.advance(Duration::from_secs(1));
    assert_eq!(http::ask(&sim.url, "none", "POST", "/__sim/scheduler", &Value::Null).await.status, 200);
    let row = sim.ticket(ticket).unwrap();
    assert_eq!((row.owner_id, row.stamps.updated_by_id), (1, 1));
    ask(&sim, &sample.bot_token, "PUT", &path, json!({"title": "Changed later"})).await;
    let history = ask(&sim, &sample.bot_token, "GET", &format!("ticket_history/{ticket}"), Value::Null).await;
    let last = history["history"].as_array().unwrap().last().unwrap().clone();
    let expected = [json!("owner"), json!(agent), json!(1), json!(1)];
    assert_eq!(["attribute", "id_from", "id_to", "created_by_id"].map(|key| last[key].clone()), expected);
    clock.advance(Duration::from_secs(1));
    let told = receiver.wait(1).await;
    assert_eq!((&told[0].json()["ticket"]["id"], &told[0].json()["ticket"]["owner_id"]), (&json!(ticket), &json!(1)));
}

#[tokio::test]
async fn a_split_off_ticket_is_a_child_of_the_old_one() {
    let (sim, sample) = seeded(ZammadSim::builder()).await;
    let old = sim.tickets().into_iter().find(|row| row.group_id == sample.groups[0].0).unwrap().id;
    let article = sim.articles(old)[0].clone();
    let new = sim.split(sample.agents[0].id, article.id, "Split off").unwrap();
    let row = sim.ticket(new).unwrap();
    assert_eq!((row.title.as_str(), row.stamps.created_by_id), ("Split off", sample.agents[0].id));
    assert_eq!(sim.articles(new)[0].body, article.body);
    let path = format!("links?link_object=Ticket&link_object_value={new}");
    let links = ask(&sim, &sample.bot_token, "GET", &path, Value::Null).await["links"].clone();
    assert_eq!(links, json!([{"link_type": "parent", "link_object": "Ticket", "link_object_value": old}]));
}
