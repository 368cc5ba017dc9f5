//! Kill -9 at any point between webhook and acknowledgement loses nothing and doubles nothing (docs/testing.md Q1).
//!
//! The points are reached from outside, by what the peer does at that moment; the binary has no switch for it.

use devkit::faults::{Fault, FaultKind};
use serde_json::json;

use crate::kit::{Linked, eventually, eventually_async};

/// Everything arrived once, and stays so after another round trip.
async fn settles(world: &Linked, comments: usize) {
    eventually("the comments", || world.mirrored().len() >= comments).await;
    world.article(world.ticket, "afterwards", true).await;
    eventually("a later article", || world.mirrored().len() > comments).await;
    assert_eq!(world.mirrored().len(), comments + 1, "{:?}", world.mirrored());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_intake() {
    let mut world = Linked::start().await;
    // The webhook is acknowledged, the reading of the ticket hangs, the process dies.
    world.site.zammad.faults().add(Fault::always(FaultKind::Hang).on("GET", "/api/v1/tickets/"));
    world.article(world.ticket, "one", true).await;
    world.site.zammad.deliveries_done().await;
    eventually_async("the doorbell", || async { world.readiness().await.1["queue"]["inbox"] == 1 }).await;
    world.kill().await;
    world.site.zammad.clear_faults();
    world.restart().await;
    settles(&world, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_sign() {
    let mut world = Linked::start().await;
    world.site.emulator.fault(json!({ "target": "webtrigger", "mode": "hang" })).await.unwrap();
    world.article(world.ticket, "one", true).await;
    let article_sent = |captures: &[serde_json::Value]| captures.iter().any(|capture| capture["fault"] == "hang");
    eventually_async("a signed request on the wire", || async {
        article_sent(&world.site.emulator.captures().await.unwrap())
    })
    .await;
    world.kill().await;
    world.site.emulator.fault(json!({ "target": "webtrigger", "mode": "none" })).await.unwrap();
    world.restart().await;
    settles(&world, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_forges_write_before_the_reply() {
    let mut world = Linked::start().await;
    world.site.emulator.fault(json!({ "target": "webtrigger", "mode": "drop-reply" })).await.unwrap();
    world.article(world.ticket, "one", true).await;
    eventually("Forge's write", || world.mirrored().len() == 1).await;
    world.kill().await;
    world.site.emulator.fault(json!({ "target": "webtrigger", "mode": "none" })).await.unwrap();
    world.restart().await;
    settles(&world, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_zammad_write_before_the_record() {
    let mut world = Linked::start().await;
    world.site.zammad.faults().add(Fault::once(FaultKind::HangAfterApply).on("POST", "/api/v1/ticket_articles"));
    world.comment(&world.issue_key, "written once", json!({})).await;
    eventually("the note", || world.noted().len() == 1).await;
    world.kill().await;
    world.site.zammad.clear_faults();
    world.restart().await;
    // A second comment comes after the first is settled, since a ticket's commands keep their order.
    world.comment(&world.issue_key, "the next", json!({})).await;
    eventually("the next note", || world.noted().iter().any(|note| note.contains("the next"))).await;
    let notes = world.noted();
    assert_eq!(notes.iter().filter(|note| note.contains("written once")).count(), 1, "{notes:?}");
}

/// Again and again under load, at whatever moment it hits.
#[tokio::test(flavor = "multi_thread")]
async fn killed_ten_times_while_articles_and_comments_flow() {
    let mut world = Linked::start().await;
    for round in 0..10 {
        for number in 0..4 {
            world.article(world.ticket, &format!("article {round}-{number}."), number % 2 == 0).await;
        }
        world.comment(&world.issue_key, &format!("comment {round}."), json!({})).await;
        // The moment is whatever the work has come to when the third article of this round is through.
        eventually("some progress", || world.mirrored().len() >= round * 4 + round % 4).await;
        world.kill().await;
        world.restart().await;
    }
    eventually("everything", || world.mirrored().len() >= 40 && world.noted().len() >= 10).await;
    settles(&world, 40).await;
    for round in 0..10 {
        for number in 0..4 {
            let count =
                world.mirrored().iter().filter(|text| text.contains(&format!("article {round}-{number}."))).count();
            assert_eq!(count, 1, "article {round}-{number}");
        }
        assert_eq!(
            world.noted().iter().filter(|note| note.contains(&format!("comment {round}."))).count(),
            1,
            "comment {round}"
        );
    }
}
