//! Days on a moved clock: what finds changes of which no event told, and when.

#[path = "../../benches/cost/world.rs"]
#[expect(dead_code, reason = "the benchmark uses all of it")]
mod world;

use std::time::Duration;

use serde_json::json;

use self::world::{Asks, MONDAY, Pair, World, document};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A customer with some links on Monday morning.
async fn monday() -> (World, Pair) {
    let mut world = World::start(12).await;
    world.asks = Asks { changed: true, all: false };
    world.run_until(MONDAY + 9 * HOUR).await;
    let pair = world.pairs[5].clone();
    (world, pair)
}

async fn comment(world: &mut World, pair: &Pair, text: &str) {
    let path = format!("issue/{}/comment", pair.key);
    world.change_issue("POST", &path, json!({ "body": document(text) })).await;
}

/// Makes a change whose event Forge loses.
async fn unheard(world: &mut World, method: &str, path: &str, body: serde_json::Value) {
    world.site.emulator.fault(json!({ "target": "events", "lose": 1 })).await.unwrap();
    world.change_issue(method, path, body).await;
}

fn notes(world: &World, pair: &Pair, text: &str) -> usize {
    world.site.zammad.articles(pair.ticket).iter().filter(|article| article.body.contains(text)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_events_are_found_within_two_hours_although_the_index_lags() {
    let (mut world, pair) = monday().await;
    let other = world.pairs[6].clone();
    world.site.jira.set_index_lag(Duration::from_secs(900));
    unheard(&mut world, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("lost words") }))
        .await;
    unheard(&mut world, "PUT", &format!("issue/{}", other.key), json!({ "fields": { "summary": "lost title" } })).await;
    let now = world.now();
    world.run_until(now + 20 * 60_000).await;
    assert_eq!(notes(&world, &pair, "lost words"), 0, "no event told of it");
    world.run_until(now + 2 * HOUR).await;
    assert_eq!(notes(&world, &pair, "lost words"), 1);
    assert_eq!(world.site.zammad.ticket(other.ticket).unwrap().title, "lost title");
}

/// The same without the question, so that the test above shows what it says.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_question_a_lost_event_stays_lost() {
    let (mut world, pair) = monday().await;
    world.asks = Asks::default();
    unheard(&mut world, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("lost words") }))
        .await;
    world.run_until(world.now() + 3 * HOUR).await;
    assert_eq!(notes(&world, &pair, "lost words"), 0);
}

/// The issue's last change is known then, so the hourly question sees nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_lost_just_before_another_one_is_found_by_the_round_over_all_links() {
    let (mut world, pair) = monday().await;
    unheard(&mut world, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("lost words") }))
        .await;
    comment(&mut world, &pair, "heard words").await;
    world.run_until(world.now() + 3 * HOUR).await;
    assert_eq!((notes(&world, &pair, "lost words"), notes(&world, &pair, "heard words")), (0, 1));
    world.skip_to(MONDAY + 8 * DAY).await;
    world.whole_round().await;
    assert_eq!(notes(&world, &pair, "lost words"), 0, "everything was asked for less than four weeks ago");
    world.skip_to(MONDAY + 30 * DAY).await;
    world.whole_round().await;
    world.run_until(world.now() + 60_000).await;
    assert_eq!((notes(&world, &pair, "lost words"), notes(&world, &pair, "heard words")), (1, 1));
}

/// Changes that were told, and the connector's own, are no reason to ask for the issue again.
#[tokio::test(flavor = "multi_thread")]
async fn known_changes_are_not_asked_for() {
    let (mut world, pair) = monday().await;
    comment(&mut world, &pair, "heard words").await;
    let article =
        json!({ "ticket_id": pair.ticket, "body": "An answer", "internal": true, "content_type": "text/plain" });
    world.change_ticket(&pair, "ticket_articles", article).await;
    world.change_ticket(&pair, &format!("tickets/{}", pair.ticket), json!({ "title": "Another title" })).await;
    let other = world.pairs[6].clone();
    let path = format!("issue/{}", other.key);
    world.change_issue("PUT", &path, json!({ "fields": { "summary": "Heard" } })).await;
    world.run_until(world.now() + 60_000).await;
    let before = world.site.jira.usage_by_endpoint();
    world.run_until(world.now() + 3 * HOUR).await;
    let after = world.site.jira.usage_by_endpoint();
    let asked: Vec<&String> =
        after.keys().filter(|name| after[*name] != before.get(*name).copied().unwrap_or_default()).collect();
    assert_eq!(asked, ["POST search/jql"]);
}

/// An issue that was deleted without an event shows by its absence; its link ends only by Jira's own event.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_issue_is_noticed_and_its_link_stays() {
    let (mut world, pair) = monday().await;
    world.change_issue_unheard("DELETE", &format!("issue/{}", pair.key), &json!({}));
    world.skip_to(MONDAY + 8 * DAY).await;
    world.whole_round().await;
    let troubles = world.store.troubles_of(pair.ticket, &pair.issue).await.unwrap();
    assert!(troubles.iter().any(|trouble| trouble.code == "issue-no-access"), "{troubles:?}");
    let links = world.store.links_of_ticket(pair.ticket).await.unwrap();
    assert_eq!(links[0].state, store::LinkState::Active);
}

/// Marks that somebody removed are set again, and then the search finds the issue.
#[tokio::test(flavor = "multi_thread")]
async fn removed_marks_are_set_again() {
    let (mut world, pair) = monday().await;
    world.change_issue_unheard("DELETE", &format!("issue/{}/properties/zammadlink", pair.key), &json!({}));
    unheard(&mut world, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("lost words") }))
        .await;
    world.run_until(world.now() + 2 * HOUR).await;
    assert_eq!(notes(&world, &pair, "lost words"), 0, "the search does not find it");
    world.skip_to(MONDAY + 8 * DAY).await;
    world.whole_round().await;
    assert_eq!(notes(&world, &pair, "lost words"), 1, "the round does");
    world.run_until(world.now() + 60_000).await;
    unheard(&mut world, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("more words") }))
        .await;
    world.run_until(world.now() + 5 * HOUR).await;
    assert_eq!(notes(&world, &pair, "more words"), 1, "and now the search does");
}
