//! Access that an administrator takes away, and tickets that are deleted: what the bot is then told.

use devkit::{
    sample::{self, Sample},
    zammad_sim::{Id, Version, ZammadSim, ZammadSimBuilder},
};
use serde_json::{Value, json};

use crate::support::http::{self, Answer};

async fn seeded(builder: ZammadSimBuilder) -> (ZammadSim, Sample) {
    let sim = builder.start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    (sim, sample)
}

async fn bot(sim: &ZammadSim, sample: &Sample, method: &str, path: &str, body: Value) -> Answer {
    let auth = format!("Token token={}", sample.bot_token);
    http::ask(&sim.url, &auth, method, &format!("/api/v1/{path}"), &body).await
}

/// The tickets that a search for these numbers names.
async fn seen(sim: &ZammadSim, sample: &Sample, ids: &[Id]) -> Vec<Id> {
    let body = json!({"condition": {"ticket.id": {"operator": "is", "value": ids}}, "limit": 200, "expand": true});
    let answer = bot(sim, sample, "POST", "tickets/search", body).await.json();
    answer.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

/// A ticket of the first group.
fn first_of(sim: &ZammadSim, sample: &Sample) -> (Id, Id) {
    let group = sample.groups[0].0;
    (sim.tickets().iter().find(|ticket| ticket.group_id == group).unwrap().id, group)
}

fn refused(answer: &Answer) -> bool {
    let text = "Not authorized";
    answer.status == 403
        && answer.json() == json!({"error": text, "error_human": text})
        && answer.header("x-failure") == Some(text)
}

/// The answers to a read of the ticket, of its articles, and to an article and a change of the ticket.
async fn reads_and_writes(sim: &ZammadSim, sample: &Sample, ticket: Id) -> ([Answer; 2], [Answer; 2]) {
    let path = format!("tickets/{ticket}");
    let article = json!({"ticket_id": ticket, "body": "x", "internal": true});
    let reads = [
        bot(sim, sample, "GET", &path, Value::Null).await,
        bot(sim, sample, "GET", &format!("ticket_articles/by_ticket/{ticket}"), Value::Null).await,
    ];
    let writes = [
        bot(sim, sample, "POST", "ticket_articles", article).await,
        bot(sim, sample, "PUT", &path, json!({"title": "x"})).await,
    ];
    (reads, writes)
}

#[tokio::test]
async fn a_bot_out_of_a_group_neither_reads_nor_writes_nor_finds_its_tickets() {
    let (sim, sample) = seeded(ZammadSim::builder()).await;
    let (ticket, group) = first_of(&sim, &sample);
    assert!(sim.state().set_group_access(sample.bot.id, group, &[]));
    let (reads, writes) = reads_and_writes(&sim, &sample, ticket).await;
    assert!(reads.iter().chain(&writes).all(refused));
    assert_eq!(seen(&sim, &sample, &[ticket]).await, [0; 0]);
    let list = bot(&sim, &sample, "GET", "tickets?per_page=100", Value::Null).await.json();
    assert!(list.as_array().unwrap().iter().all(|row| row["group_id"] != group));
    assert!(sim.state().set_group_access(sample.bot.id, group, &["full"]));
    assert_eq!(seen(&sim, &sample, &[ticket]).await, [ticket]);
}

#[tokio::test]
async fn a_bot_that_may_only_read_a_group_is_refused_every_write() {
    let (sim, sample) = seeded(ZammadSim::builder()).await;
    let (ticket, group) = first_of(&sim, &sample);
    let path = format!("/__sim/users/{}/groups/{group}", sample.bot.id);
    assert_eq!(http::ask(&sim.url, "none", "PUT", &path, &json!({"access": ["read"]})).await.status, 200);
    let (reads, writes) = reads_and_writes(&sim, &sample, ticket).await;
    assert!(reads.iter().all(|answer| answer.status == 200));
    assert!(writes.iter().all(refused));
    let tag = json!({"object": "Ticket", "o_id": ticket, "item": "x"});
    assert!(refused(&bot(&sim, &sample, "POST", "tags/add", tag).await));
}

#[tokio::test]
async fn a_deactivated_group_is_no_access_to_its_tickets() {
    let (sim, sample) = seeded(ZammadSim::builder()).await;
    let (ticket, group) = first_of(&sim, &sample);
    let path = format!("/__sim/groups/{group}");
    assert_eq!(http::ask(&sim.url, "none", "PUT", &path, &json!({"active": false})).await.status, 200);
    let (reads, writes) = reads_and_writes(&sim, &sample, ticket).await;
    assert!(reads.iter().chain(&writes).all(refused));
    assert_eq!(seen(&sim, &sample, &[ticket]).await, [0; 0]);
    assert!(sim.state().set_group_active(group, true));
    assert_eq!(seen(&sim, &sample, &[ticket]).await, [ticket]);
}

#[tokio::test]
async fn a_deleted_ticket_is_unknown_everywhere_but_to_its_tags_and_merges() {
    let (sim, sample) = seeded(ZammadSim::builder()).await;
    let (gone, kept) = (sample.tickets[0], sample.tickets[1]);
    let number = sim.ticket(kept).unwrap().number;
    assert_eq!(bot(&sim, &sample, "GET", &format!("ticket_history/{gone}"), Value::Null).await.status, 200);
    let path = format!("/__sim/tickets/{gone}");
    assert_eq!(http::ask(&sim.url, "none", "DELETE", &path, &Value::Null).await.status, 200);
    assert_eq!(http::ask(&sim.url, "none", "DELETE", &path, &Value::Null).await.status, 404);
    let text = format!("Couldn't find Ticket with 'id'={gone}");
    let unknown = json!({"error": text, "error_human": text});
    let (reads, writes) = reads_and_writes(&sim, &sample, gone).await;
    let history = bot(&sim, &sample, "GET", &format!("ticket_history/{gone}"), Value::Null).await;
    for answer in reads.iter().chain(&writes).chain([&history]) {
        assert_eq!((answer.status, answer.json()), (404, unknown.clone()));
    }
    let tags = bot(&sim, &sample, "GET", &format!("tags?object=Ticket&o_id={gone}"), Value::Null).await;
    assert_eq!((tags.status, tags.json()), (200, json!({"tags": []})));
    let merge = bot(&sim, &sample, "PUT", &format!("ticket_merge/{gone}/{number}"), json!({})).await;
    let failed = json!({"result": "failed", "message": "The source ticket could not be found."});
    assert_eq!((merge.status, merge.json()), (200, failed));
}

#[tokio::test]
async fn a_search_by_numbers_names_the_tickets_that_exist_and_may_be_seen() {
    let (sim, sample) = seeded(ZammadSim::builder().version(Version::V6_1)).await;
    let (hidden, group) = first_of(&sim, &sample);
    let others: Vec<Id> = sim.tickets().iter().filter(|row| row.group_id != group).map(|row| row.id).collect();
    let (gone, kept) = (others[0], others[1]);
    sim.state().delete_ticket(gone);
    sim.state().set_group_access(sample.bot.id, group, &[]);
    let ask = |value: Value| {
        let body = json!({"condition": {"ticket.id": {"operator": "is", "value": value}}, "limit": 200});
        bot(&sim, &sample, "POST", "tickets/search", body)
    };
    let some = ask(json!([kept, hidden, gone.to_string()])).await.json();
    assert_eq!((&some["tickets"], &some["tickets_count"]), (&json!([kept]), &json!(1)));
    assert_eq!(ask(json!(kept)).await.json()["tickets"], json!([kept]));
    assert_eq!(ask(json!([])).await.json()["tickets_count"], others.len() - 1, "no condition at all");
    let nonsense = ask(json!(["x"])).await;
    let text = nonsense.json()["error"].as_str().unwrap().to_owned();
    assert_eq!(nonsense.status, 422);
    assert!(text.starts_with("Error ID ") && text.ends_with(": Please contact your administrator."), "{text}");
}
