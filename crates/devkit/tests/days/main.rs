//! Days on a moved clock: what finds changes of which no event told, and when.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../../benches/cost/test_env.rs"]
#[expect(dead_code, reason = "the benchmark uses all of it")]
mod test_env;

use std::time::Duration;

use serde_json::json;

use self::test_env::{Asks, MONDAY, Pair, TestEnv, document};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A customer with some links on Monday morning.
async fn monday() -> (TestEnv, Pair) {
    let mut env = TestEnv::start(8, MONDAY + 9 * HOUR, |jira| jira).await;
    env.asks = Asks { changed: true, all: false };
    let pair = env.pairs[5].clone();
    (env, pair)
}

async fn comment(env: &mut TestEnv, pair: &Pair, text: &str) {
    let path = format!("issue/{}/comment", pair.key);
    env.change_issue("POST", &path, json!({ "body": document(text) })).await;
}

/// Makes a change whose event Forge loses.
async fn unheard(env: &mut TestEnv, method: &str, path: &str, body: serde_json::Value) {
    env.site.emulator.fault(json!({ "target": "events", "lose": 1 })).await.unwrap();
    env.change_issue(method, path, body).await;
}

fn notes(env: &TestEnv, pair: &Pair, text: &str) -> usize {
    env.site.zammad.articles(pair.ticket).iter().filter(|article| article.body.contains(text)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_events_are_found_within_two_hours_although_the_index_lags() {
    let (mut env, pair) = monday().await;
    let other = env.pairs[6].clone();
    env.site.jira.set_index_lag(Duration::from_secs(900));
    unheard(&mut env, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("lost words") })).await;
    unheard(&mut env, "PUT", &format!("issue/{}", other.key), json!({ "fields": { "summary": "lost title" } })).await;
    let now = env.now();
    env.run_until(now + 20 * 60_000).await;
    assert_eq!(notes(&env, &pair, "lost words"), 0, "no event told of it");
    env.run_until(now + 2 * HOUR).await;
    assert_eq!(notes(&env, &pair, "lost words"), 1);
    assert_eq!(env.site.zammad.ticket(other.ticket).unwrap().title, "lost title");
}

/// The same without the question, so that the test above shows what it says.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_question_a_lost_event_stays_lost() {
    let (mut env, pair) = monday().await;
    env.asks = Asks::default();
    unheard(&mut env, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("lost words") })).await;
    env.run_until(env.now() + 2 * HOUR).await;
    assert_eq!(notes(&env, &pair, "lost words"), 0);
}

/// The issue's last change is known then, so the hourly question sees nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_lost_just_before_another_one_is_found_by_the_round_over_all_links() {
    let (mut env, pair) = monday().await;
    unheard(&mut env, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("lost words") })).await;
    comment(&mut env, &pair, "heard words").await;
    env.run_until(env.now() + 3 * HOUR).await;
    assert_eq!((notes(&env, &pair, "lost words"), notes(&env, &pair, "heard words")), (0, 1));
    env.skip_to(MONDAY + 8 * DAY).await;
    env.whole_round().await;
    assert_eq!(notes(&env, &pair, "lost words"), 0, "everything was asked for less than four weeks ago");
    env.skip_to(MONDAY + 30 * DAY).await;
    env.whole_round().await;
    env.run_until(env.now() + 60_000).await;
    assert_eq!((notes(&env, &pair, "lost words"), notes(&env, &pair, "heard words")), (1, 1));
}

/// Changes that were told, and the connector's own, are no reason to ask for the issue again.
#[tokio::test(flavor = "multi_thread")]
async fn known_changes_are_not_asked_for() {
    let (mut env, pair) = monday().await;
    comment(&mut env, &pair, "heard words").await;
    let article =
        json!({ "ticket_id": pair.ticket, "body": "An answer", "internal": true, "content_type": "text/plain" });
    env.change_ticket(&pair, "ticket_articles", article).await;
    env.change_ticket(&pair, &format!("tickets/{}", pair.ticket), json!({ "title": "Another title" })).await;
    let other = env.pairs[6].clone();
    let path = format!("issue/{}", other.key);
    env.change_issue("PUT", &path, json!({ "fields": { "summary": "Heard" } })).await;
    env.run_until(env.now() + 60_000).await;
    let before = env.site.jira.usage_by_endpoint();
    env.run_until(env.now() + 3 * HOUR).await;
    let after = env.site.jira.usage_by_endpoint();
    let asked: Vec<&String> =
        after.keys().filter(|name| after[*name] != before.get(*name).copied().unwrap_or_default()).collect();
    assert_eq!(asked, ["POST search/jql"]);
}

/// An issue that was deleted without an event shows by its absence; its link ends only by Jira's own event.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_issue_is_noticed_and_its_link_stays() {
    let (mut env, pair) = monday().await;
    env.change_issue_unheard("DELETE", &format!("issue/{}", pair.key), &json!({}));
    env.skip_to(MONDAY + 8 * DAY).await;
    env.whole_round().await;
    let troubles = env.store.troubles_of(pair.ticket, &pair.issue).await.unwrap();
    assert!(troubles.iter().any(|trouble| trouble.code == "issue-no-access"), "{troubles:?}");
    let links = env.store.links_of_ticket(pair.ticket).await.unwrap();
    assert_eq!(links[0].state, store::LinkState::Active);
}

/// Marks that somebody removed are set again, and then the search finds the issue.
#[tokio::test(flavor = "multi_thread")]
async fn removed_marks_are_set_again() {
    let (mut env, pair) = monday().await;
    env.change_issue_unheard("DELETE", &format!("issue/{}/properties/zammadlink", pair.key), &json!({}));
    unheard(&mut env, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("lost words") })).await;
    env.run_until(env.now() + 2 * HOUR).await;
    assert_eq!(notes(&env, &pair, "lost words"), 0, "the search does not find it");
    env.skip_to(MONDAY + 8 * DAY).await;
    env.whole_round().await;
    assert_eq!(notes(&env, &pair, "lost words"), 1, "the round does");
    env.run_until(env.now() + 60_000).await;
    unheard(&mut env, "POST", &format!("issue/{}/comment", pair.key), json!({ "body": document("more words") })).await;
    env.run_until(env.now() + 5 * HOUR).await;
    assert_eq!(notes(&env, &pair, "more words"), 1, "and now the search does");
}
