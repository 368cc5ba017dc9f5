//! Articles that come in by mail and other channels, and what the API says about them.

use devkit::{
    sample::{self, Sample, provision_hook},
    zammad_sim::{Channel, Incoming, ZammadSim},
};
use serde_json::{Value, json};

use crate::support::{http, receiver::Receiver};

async fn seeded() -> (ZammadSim, Sample) {
    let sim = ZammadSim::builder().start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    (sim, sample)
}

async fn get(sim: &ZammadSim, sample: &Sample, path: String) -> Value {
    let auth = format!("Token token={}", sample.bot_token);
    http::ask(&sim.url, &auth, "GET", &format!("/api/v1/{path}"), &Value::Null).await.json()
}

#[tokio::test]
async fn a_mail_comes_in_from_the_customer_and_opens_its_ticket_again() {
    let (sim, sample) = seeded().await;
    let receiver = Receiver::start().await;
    provision_hook(&sim.url, &sample.admin_token, sample.bot.id, &receiver.url("/ok/hook"), "token").await.unwrap();
    let ticket = sim.tickets().into_iter().find(|ticket| ticket.state_id == 4).unwrap();
    let mail = Incoming::mail(ticket.id, "<p>It is <b>still</b> wet</p>").html().subject("Re: printer");
    let (_, article) = sim.receive(mail).unwrap();
    let shown = get(&sim, &sample, format!("ticket_articles/{article}")).await;
    assert_eq!((&shown["type"], &shown["sender"]), (&json!("email"), &json!("Customer")));
    assert_eq!(shown["created_by_id"], ticket.customer_id);
    assert_eq!(shown["preferences"], json!({"send-auto-response": true, "is-auto-response": false}));
    assert!(shown["message_id"].as_str().unwrap().ends_with("@customer.example>"));
    assert_eq!(get(&sim, &sample, format!("tickets/{}", ticket.id)).await["state_id"], 2);
    assert_eq!(receiver.wait(1).await[0].json()["article"]["id"], article);
    assert!(sim.receive(Incoming::mail(99_999, "lost")).is_none());
}

#[tokio::test]
async fn an_automatic_answer_is_marked_and_leaves_the_ticket_closed() {
    let (sim, sample) = seeded().await;
    let ticket = sim.tickets().into_iter().find(|ticket| ticket.state_id == 4).unwrap().id;
    let (_, article) = sim.receive(Incoming::mail(ticket, "I am away.").auto_response().security(true, false)).unwrap();
    let preferences = get(&sim, &sample, format!("ticket_articles/{article}")).await["preferences"].clone();
    assert_eq!((&preferences["is-auto-response"], &preferences["send-auto-response"]), (&json!(true), &json!(false)));
    assert_eq!(preferences["security"]["encryption"]["success"], true);
    assert_eq!(preferences["security"]["sign"]["success"], false);
    assert_eq!(sim.ticket(ticket).unwrap().state_id, 4);
}

#[tokio::test]
async fn other_channels_have_their_own_types() {
    let (sim, sample) = seeded().await;
    let ticket = sample.tickets[0];
    for (channel, name) in [
        (Channel::Phone, "phone"),
        (Channel::Chat, "chat"),
        (Channel::Sms, "sms"),
        (Channel::Whatsapp, "whatsapp message"),
    ] {
        let (_, article) = sim.receive(Incoming::article(ticket, channel, "hello")).unwrap();
        let shown = get(&sim, &sample, format!("ticket_articles/{article}")).await;
        assert_eq!((shown["type"].as_str(), shown["sender"].as_str()), (Some(name), Some("Customer")));
    }
    let agent = sample.agents[0].id;
    let (_, call) = sim.receive(Incoming::article(ticket, Channel::Phone, "called back").agent(agent)).unwrap();
    assert_eq!(get(&sim, &sample, format!("ticket_articles/{call}")).await["sender"], "Agent");
    let updated_by = sim.ticket(ticket).unwrap().stamps.updated_by_id;
    let note = Incoming::article(ticket, Channel::Note, "escalated").system().internal();
    let (_, note) = sim.receive(note).unwrap();
    let shown = get(&sim, &sample, format!("ticket_articles/{note}")).await;
    assert_eq!((&shown["sender"], &shown["created_by_id"]), (&json!("System"), &json!(1)));
    assert_eq!((&shown["internal"], sim.ticket(ticket).unwrap().stamps.updated_by_id), (&json!(true), updated_by));
}

#[tokio::test]
async fn files_may_be_equal_but_for_their_names_and_may_lack_a_size() {
    let (sim, sample) = seeded().await;
    let ticket = sample.tickets[0];
    let mail = Incoming::mail(ticket, "see files")
        .file("a.txt", "text/plain", "same")
        .file("b.txt", "text/plain", "same")
        .file_without_size("c.txt", "text/plain", "other");
    let (_, article) = sim.receive(mail).unwrap();
    let files = get(&sim, &sample, format!("ticket_articles/{article}")).await["attachments"].clone();
    assert_eq!(files[0]["store_file_id"], files[1]["store_file_id"]);
    assert_eq!((&files[0]["filename"], &files[1]["filename"]), (&json!("a.txt"), &json!("b.txt")));
    assert_eq!((&files[0]["size"], &files[2]["size"]), (&json!("4"), &Value::Null));
    let path = format!("/api/v1/ticket_attachment/{ticket}/{article}/{}", files[2]["id"]);
    let auth = format!("Token token={}", sample.bot_token);
    assert_eq!(http::ask(&sim.url, &auth, "GET", &path, &Value::Null).await.text(), "other");
}

#[tokio::test]
async fn a_mail_makes_a_ticket_that_may_follow_up_on_another() {
    let (sim, sample) = seeded().await;
    let (older, customer, group) = (sample.tickets[0], sample.customers[0].id, sample.groups[0].0);
    let mail = Incoming::new_ticket(group, customer, "Again", "It is wet again.")
        .follows(older)
        .message_id("<2@customer.example>")
        .references("<1@customer.example>");
    let (ticket, article) = sim.receive(mail).unwrap();
    let row = get(&sim, &sample, format!("tickets/{ticket}?expand=true")).await;
    assert_eq!((&row["title"], &row["customer_id"]), (&json!("Again"), &json!(customer)));
    assert_eq!((&row["state"], &row["article_count"]), (&json!("new"), &json!(1)));
    let links =
        get(&sim, &sample, format!("links?link_object=Ticket&link_object_value={ticket}")).await["links"].clone();
    assert_eq!(links, json!([{"link_type": "normal", "link_object": "Ticket", "link_object_value": older}]));
    let stored = sim.articles(ticket).into_iter().find(|row| row.id == article).unwrap();
    assert_eq!(stored.references.as_deref(), Some("<1@customer.example>"));
    assert_eq!(stored.message_id.as_deref(), Some("<2@customer.example>"));
}
