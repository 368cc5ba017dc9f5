//! The same seed and the same calls give the same ids, times and webhooks.

use std::time::Duration;

use devkit::{
    clock::{Clock, ManualClock},
    sample::{self, provision_hook},
    zammad_sim::ZammadSim,
};
use serde_json::{Value, json};

use crate::support::{
    http,
    receiver::{Received, Receiver},
};

/// Lets time pass until nothing waits any more. It only moves while nothing is being sent.
async fn settle(sim: &ZammadSim, clock: &ManualClock) {
    let mut status = sim.delivery_status();
    loop {
        let idle = status.wait_for(|now| !now.sending && now.next_due.is_none_or(|due| due > clock.now())).await;
        let Some(due) = idle.unwrap().next_due else { return };
        clock.advance(Duration::from_millis(u64::try_from(due - clock.now()).unwrap()));
    }
}

/// Plays a day, and hands back what is in the database and what was sent.
async fn day(receiver: &Receiver, seed: u64) -> (Value, Vec<Received>) {
    let clock = ManualClock::default();
    let sim = ZammadSim::builder().seed(seed).clock(clock.clone()).public_url("https", "help.example.com");
    let sim = sim.start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    let url = receiver.url("/flaky/hook");
    provision_hook(&sim.url, &sample.admin_token, sample.bot.id, &url, "signature-token").await.unwrap();
    let agent = format!("Token token={}", sample.agent_tokens[0]);
    let file = json!({"filename": "a.txt", "mime-type": "text/plain", "data": "aGVsbG8K"});
    let image = "<p>x<img src=\"data:image/png;base64,aGVsbG8=\"></p>";
    let ticket = sample.tickets[0];
    for (method, path, body) in [
        ("PUT", format!("/api/v1/tickets/{ticket}"), json!({"title": "changed", "priority_id": 3})),
        (
            "POST",
            "/api/v1/ticket_articles".to_owned(),
            json!({"ticket_id": ticket, "body": "x", "attachments": [file]}),
        ),
        (
            "POST",
            "/api/v1/ticket_articles".to_owned(),
            json!({"ticket_id": ticket, "body": image, "content_type": "text/html"}),
        ),
    ] {
        assert!(http::ask(&sim.url, &agent, method, &path, &body).await.status < 300);
        settle(&sim, &clock).await;
    }
    (sim.dump(), receiver.take())
}

#[tokio::test]
async fn the_same_seed_produces_the_same_requests_and_responses() {
    // One receiver for all: its address is part of what is stored.
    let receiver = Receiver::start().await;
    let (first, sent) = day(&receiver, 7).await;
    let (second, sent_again) = day(&receiver, 7).await;
    let (other, sent_otherwise) = day(&receiver, 8).await;
    let shown = |sent: &[Received]| sent.iter().map(|one| (one.headers.clone(), one.body.clone())).collect::<Vec<_>>();
    assert!(!sent.is_empty());
    assert_eq!(shown(&sent), shown(&sent_again));
    assert_eq!(first, second);
    assert_ne!(shown(&sent), shown(&sent_otherwise), "delivery ids come from the seed");
    assert_ne!(first, other);
}
