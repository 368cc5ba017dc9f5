use serde_json::{Value, json};
use store::{BatchLimits, Effects, FactKind, Settlement, StoredSettings};

use super::*;
use crate::support::{NOW, Setup, link};
use crate::ticket::facts::LinkKey;

const WEEK: i64 = 7 * 86_400_000;
const UPDATED: &str = "2026-11-28T03:00:00.000+0000";

fn task(setup: &Setup) -> AllIssues {
    AllIssues {
        store: Arc::clone(&setup.store),
        env: setup.env.clone(),
        health: Arc::clone(&setup.health),
        outbox_ready: Arc::default(),
        privacy: Privacy::On,
        instance: "a".into(),
        round: Duration::from_secs(7 * 86_400),
    }
}

/// The waiting messages, settled by `answer`: kind and data.
async fn answered(setup: &Setup, answer: impl Fn(&Value) -> Option<Value>) -> Vec<(String, Value)> {
    let (now, limits) = (setup.env.now(), BatchLimits { messages: 500, bytes: 9_000_000, per_ticket: 50 });
    let batch = setup.store.claim(now, 60_000, limits).await.unwrap();
    let sent: Vec<(String, Value)> = batch
        .rows
        .iter()
        .map(|row| (row.kind.clone(), serde_json::from_str::<Value>(&row.body).unwrap()["data"].take()))
        .collect();
    let done = |data: &Value| Settlement::Done { result: answer(data).map(|answer| answer.to_string()) };
    let settlements = batch.rows.iter().zip(&sent).map(|(row, (_, data))| (row.id.clone(), done(data))).collect();
    setup.store.settle(&batch, settlements, Effects::default(), now).await.unwrap();
    sent
}

/// An answer with all issues of the question.
fn all_of(question: &Value) -> Option<Value> {
    let links = question["links"].as_array()?;
    let issue = |link: &Value| json!({ "issueId": link["issueId"], "issueKey": "SUP-1", "updatedAt": UPDATED });
    Some(json!({ "issues": links.iter().map(issue).collect::<Vec<_>>() }))
}

async fn caught_up(setup: &Setup, tickets: std::ops::RangeInclusive<u64>) {
    let facts = tickets.map(|ticket| LinkKey::from(&link(ticket)).set(FactKind::CaughtUpTo, &UPDATED)).collect();
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
}

async fn round(setup: &Setup) -> Round {
    serde_json::from_str(&setup.store.watermark(NAME).await.unwrap().unwrap()).unwrap()
}

/// Runs the task to the end of its round; returns how many links each question had.
async fn finish(setup: &Setup, task: &AllIssues) -> Vec<usize> {
    let mut sizes = Vec::new();
    for _ in 0..100 {
        task.read_next().await.unwrap();
        if setup.store.watermark(NAME).await.unwrap().is_some() && round(setup).await.over {
            return sizes;
        }
        let sent = answered(setup, all_of).await;
        sizes.extend(sent.iter().filter_map(|(_, data)| data["links"].as_array().map(Vec::len)));
        setup.pass(2_000);
    }
    panic!("the round does not end: {sizes:?}");
}

#[tokio::test]
async fn the_first_round_reads_every_active_link_in_hundreds() {
    let setup = Setup::new().await;
    setup.link((1..=250).map(link).collect()).await;
    setup.link(vec![Link { state: LinkState::Paused, ..link(251) }]).await;
    caught_up(&setup, 1..=250).await;
    let task = task(&setup);
    assert_eq!(finish(&setup, &task).await, [100, 100, 50]);
    assert_eq!(task.read_next().await.unwrap(), Duration::from_secs(60));
    setup.pass(WEEK);
    task.read_next().await.unwrap();
    assert_eq!(answered(&setup, all_of).await.len(), 1, "the next round");
    task.read_next().await.unwrap();
    assert!(answered(&setup, all_of).await.is_empty(), "a regular round is spread over the week");
    assert_eq!(round(&setup).await.next.since(setup.env.now()), 3_600_000);
}

#[tokio::test]
async fn changed_and_missing_issues_are_asked_for_alone() {
    let setup = Setup::new().await;
    setup.link((1..=4).map(link).collect()).await;
    caught_up(&setup, 1..=2).await;
    let task = task(&setup);
    task.read_next().await.unwrap();
    let answer = |question: &Value| {
        let mut answer = all_of(question)?;
        answer["issues"].as_array_mut()?.remove(3);
        answer["issues"][1]["updatedAt"] = json!("2026-11-28T03:00:00.001+0000");
        answer["missing"] = json!(["1004"]);
        Some(answer)
    };
    answered(&setup, answer).await;
    task.read_next().await.unwrap();
    let mut asked: Vec<Value> =
        answered(&setup, |_| None).await.into_iter().map(|(_, data)| data["issue"].clone()).collect();
    asked.sort_by_key(Value::to_string);
    // One changed, one was never asked for, one is missing.
    assert_eq!(asked, ["1002", "1003", "1004"]);
}

#[tokio::test]
async fn what_the_answer_lacks_is_asked_for_again() {
    let setup = Setup::new().await;
    setup.link((1..=5).map(link).collect()).await;
    caught_up(&setup, 1..=5).await;
    let task = task(&setup);
    for expected in [vec!["1001", "1002", "1003", "1004", "1005"], vec!["1003", "1004", "1005"], vec!["1004", "1005"]] {
        task.read_next().await.unwrap();
        let first_two = |question: &Value| {
            let mut answer = all_of(question)?;
            let keep = if question["links"][0]["issueId"] == "1003" { 0 } else { 2 };
            answer["issues"].as_array_mut()?.truncate(keep);
            Some(answer)
        };
        let asked = answered(&setup, first_two).await;
        let ids: Vec<&Value> = asked[0].1["links"].as_array().unwrap().iter().map(|link| &link["issueId"]).collect();
        assert_eq!(ids, expected, "the first one that is never answered is skipped");
        task.read_next().await.unwrap();
        setup.pass(2_000);
    }
}

#[tokio::test]
async fn a_round_waits_for_the_rate_limit() {
    let setup = Setup::new().await;
    setup.link(vec![link(1)]).await;
    let task = task(&setup);
    task.read_next().await.unwrap();
    answered(&setup, |_| Some(json!({ "issues": [], "waitMs": 600_000 }))).await;
    assert_eq!(task.read_next().await.unwrap(), Duration::from_secs(60));
    setup.pass(600_000);
    let quota = schema::Quota { background_wait_ms: Some(30_000), ..schema::Quota::default() };
    setup.health.jira_quota(&quota, setup.env.now());
    assert_eq!(task.read_next().await.unwrap(), Duration::from_secs(30), "as the app told with another reply");
    assert!(answered(&setup, all_of).await.is_empty());
    setup.pass(30_000);
    task.read_next().await.unwrap();
    assert_eq!(answered(&setup, all_of).await.len(), 1);
}

#[tokio::test]
async fn a_request_and_other_fields_begin_a_round_and_other_settings_do_not() {
    let settings = |json: Value| Effects {
        settings: Some(StoredSettings { etag: "2".into(), json: json.to_string() }),
        ..Effects::default()
    };
    let field = json!({ "zammad": "severity", "jira": "customfield_1", "kind": "text", "direction": "both" });
    for (change, begins, all_fields) in [
        (settings(json!({ "comments": { "toJira": "none" } })), false, false),
        (settings(json!({ "people": [{ "zammad": 3, "accountId": "a" }] })), false, false),
        (settings(json!({ "scope": { "projects": ["SUP"] } })), true, true),
        (settings(json!({ "fields": { "custom": [field] } })), true, true),
        (
            Effects { watermarks: vec![(REQUESTED.into(), NOW.plus(5_000).0.to_string())], ..Effects::default() },
            true,
            false,
        ),
    ] {
        let setup = Setup::new().await;
        setup.link(vec![link(1)]).await;
        caught_up(&setup, 1..=1).await;
        let task = task(&setup);
        finish(&setup, &task).await;
        setup.pass(10_000);
        setup.store.record(change.clone()).await.unwrap();
        task.read_next().await.unwrap();
        let asked = answered(&setup, all_of).await;
        assert_eq!(asked.len(), usize::from(begins), "{change:?}");
        if begins {
            assert_eq!(asked[0].1["allFields"] == json!(true), all_fields, "{change:?}");
        }
        finish(&setup, &task).await;
        assert!(answered(&setup, all_of).await.is_empty(), "once");
    }
}

#[tokio::test]
async fn an_instance_without_the_lease_and_a_busy_one_ask_nothing() {
    let setup = Setup::new().await;
    setup.link(vec![link(1)]).await;
    task(&setup).read_next().await.unwrap();
    let other = AllIssues { instance: "b".into(), ..task(&setup) };
    assert_eq!(other.read_next().await.unwrap(), Duration::from_secs(60));
    assert_eq!(answered(&setup, all_of).await.len(), 1);
}
