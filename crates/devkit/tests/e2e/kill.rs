//! Kill -9 at any point between webhook and acknowledgement loses nothing and doubles nothing (docs/testing.md Q1).
//!
//! The points are reached from outside, by what the peer does at that moment; the binary has no switch for it.

use std::time::Duration;

use devkit::faults::{Fault, FaultKind};
use serde_json::json;

use crate::support::random::Random;
use crate::support::{LinkedSite, eventually, eventually_async};

/// Everything arrived once, and stays so after another round trip.
async fn settles(env: &LinkedSite, comments: usize) {
    eventually("the comments", || env.mirrored().len() >= comments).await;
    env.article(env.ticket, "afterwards", true).await;
    eventually("a later article", || env.mirrored().len() > comments).await;
    assert_eq!(env.mirrored().len(), comments + 1, "{:?}", env.mirrored());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_intake() {
    let mut env = LinkedSite::start().await;
    // The webhook is acknowledged, the reading of the ticket hangs, the process dies.
    env.site.zammad.faults().add(Fault::always(FaultKind::Hang).on("GET", "/api/v1/tickets/"));
    env.article(env.ticket, "one", true).await;
    env.site.zammad.deliveries_done().await;
    eventually_async("the notification", || async { env.readiness().await.1["queue"]["inbox"] == 1 }).await;
    env.kill().await;
    env.site.zammad.clear_faults();
    env.restart().await;
    settles(&env, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_sign() {
    let mut env = LinkedSite::start().await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "hang" })).await.unwrap();
    env.article(env.ticket, "one", true).await;
    let article_sent = |captures: &[serde_json::Value]| captures.iter().any(|capture| capture["fault"] == "hang");
    eventually_async("a signed request on the wire", || async {
        article_sent(&env.site.emulator.captures().await.unwrap())
    })
    .await;
    env.kill().await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "none" })).await.unwrap();
    env.restart().await;
    settles(&env, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_forges_write_before_its_response() {
    let mut env = LinkedSite::start().await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "drop-reply" })).await.unwrap();
    env.article(env.ticket, "one", true).await;
    eventually("Forge's write", || env.mirrored().len() == 1).await;
    env.kill().await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "none" })).await.unwrap();
    env.restart().await;
    settles(&env, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_zammad_write_before_the_record() {
    let mut env = LinkedSite::start().await;
    env.site.zammad.faults().add(Fault::once(FaultKind::HangAfterApply).on("POST", "/api/v1/ticket_articles"));
    env.comment(&env.issue_key, "written once", json!({})).await;
    eventually("the note", || env.noted().len() == 1).await;
    env.kill().await;
    env.site.zammad.clear_faults();
    env.restart().await;
    // A second comment comes after the first is settled, since a ticket's commands keep their order.
    env.comment(&env.issue_key, "the next", json!({})).await;
    eventually("the next note", || env.noted().iter().any(|note| note.contains("the next"))).await;
    let notes = env.noted();
    assert_eq!(notes.iter().filter(|note| note.contains("written once")).count(), 1, "{notes:?}");
}

/// Again and again under load, at whatever moment it hits.
#[tokio::test(flavor = "multi_thread")]
async fn killed_ten_times_while_articles_and_comments_flow() {
    let mut env = LinkedSite::start().await;
    for round in 0..10 {
        for number in 0..4 {
            env.article(env.ticket, &format!("article {round}-{number}."), number % 2 == 0).await;
        }
        env.comment(&env.issue_key, &format!("comment {round}."), json!({})).await;
        // The moment of the kill depends on the progress when the third article of this round is stored.
        eventually("some progress", || env.mirrored().len() >= round * 4 + round % 4).await;
        env.kill().await;
        env.restart().await;
    }
    eventually("everything", || env.mirrored().len() >= 40 && env.noted().len() >= 10).await;
    settles(&env, 40).await;
    for round in 0..10 {
        for number in 0..4 {
            let count =
                env.mirrored().iter().filter(|text| text.contains(&format!("article {round}-{number}."))).count();
            assert_eq!(count, 1, "article {round}-{number}");
        }
        assert_eq!(
            env.noted().iter().filter(|note| note.contains(&format!("comment {round}."))).count(),
            1,
            "comment {round}"
        );
    }
}

/// At random moments, between an article and a comment of each round: everything is there once, in order. `KILLS=1000` kills that
/// often, `STORM_SEED=n` at other moments.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let kills = number("KILLS").unwrap_or(25);
    let mut random = Random(number("STORM_SEED").unwrap_or(20_261_129));
    let mut env = LinkedSite::start().await;
    for round in 0..kills {
        env.article(env.ticket, &format!("article {round}."), random.below(2) == 0).await;
        env.comment(&env.issue_key, &format!("comment {round}."), json!({})).await;
        // The moment is the subject of this test: it waits for nothing.
        tokio::time::sleep(Duration::from_millis(random.below(400) as u64)).await;
        env.kill().await;
        env.restart().await;
    }
    // A ticket on which the process worked at each of three ends in a row waits some minutes.
    env.retry().await;
    let expected = usize::try_from(kills).unwrap();
    eventually("everything", || env.mirrored().len() >= expected && env.noted().len() >= expected).await;
    settles(&env, expected).await;
    for (texts, name) in [(env.mirrored(), "article"), (env.noted(), "comment")] {
        for (round, text) in texts.iter().take(expected).enumerate() {
            assert!(text.contains(&format!("{name} {round}.")), "{name} {round} is {text}");
        }
        assert!(texts.len() <= expected + 1, "{} of {expected}", texts.len());
    }
}
