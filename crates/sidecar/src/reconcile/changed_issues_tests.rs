use schema::IssueGet;
use serde_json::{Value, json};
use store::{BatchLimits, Effects, FactKind, Link, Settlement};

use super::*;
use crate::support::{NOW, Setup, link};
use crate::ticket::facts::LinkKey;

const HOUR: i64 = 3_600_000;

fn task(setup: &Setup) -> ChangedIssues {
    ChangedIssues {
        store: Arc::clone(&setup.store),
        env: setup.env.clone(),
        health: Arc::clone(&setup.health),
        outbox_ready: Arc::default(),
        privacy: Privacy::On,
        instance: "a".into(),
        every: Duration::from_secs(3_600),
    }
}

/// Settles the waiting messages with this answer, and returns their kind and data.
async fn answered(setup: &Setup, answer: Option<&Value>) -> Vec<(String, Value)> {
    let (now, limits) = (setup.env.now(), BatchLimits { messages: 50, bytes: 1_000_000, per_ticket: 50 });
    let batch = setup.store.claim(now, 60_000, limits).await.unwrap();
    let done = || Settlement::Done { result: answer.map(ToString::to_string) };
    let settlements = batch.rows.iter().map(|row| (row.id.clone(), done())).collect();
    setup.store.settle(&batch, settlements, Effects::default(), now).await.unwrap();
    let data = |body: &str| serde_json::from_str::<Value>(body).unwrap()["data"].take();
    batch.rows.iter().map(|row| (row.kind.clone(), data(&row.body))).collect()
}

async fn know(setup: &Setup, of: &Link, kind: FactKind, at: &impl Serialize) {
    let facts = vec![LinkKey::from(of).set(kind, at)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
}

fn changed(issues: &[(&str, UnixMs)], until: UnixMs) -> Value {
    let row = |(id, at): &(&str, UnixMs)| json!({ "issueId": id, "updatedAt": rfc3339(*at) });
    json!({ "issues": issues.iter().map(row).collect::<Vec<_>>(), "until": rfc3339(until) })
}

#[tokio::test]
async fn only_issues_with_an_unknown_change_are_asked_for() {
    let setup = Setup::new().await;
    setup.link((1..=5).map(link).collect()).await;
    setup.link(vec![Link { state: LinkState::Paused, ..link(6) }]).await;
    let at = NOW.plus(-HOUR);
    know(&setup, &link(1), FactKind::HeardUpTo, &at).await;
    know(&setup, &link(2), FactKind::HeardUpTo, &at.plus(-2_000)).await;
    know(&setup, &link(3), FactKind::HeardUpTo, &at.plus(-2_001)).await;
    know(&setup, &link(4), FactKind::CaughtUpTo, &rfc3339(at)).await;
    know(&setup, &link(5), FactKind::CaughtUpTo, &rfc3339(at.plus(-1))).await;
    let task = task(&setup);
    assert_eq!(task.ask_next().await.unwrap(), LOOK);
    assert_eq!(task.ask_next().await.unwrap(), LOOK, "the answer has not come");
    let rows = [("1001", at), ("1002", at), ("1003", at), ("1004", at), ("1005", at), ("1006", at), ("9999", at)];
    let asked = answered(&setup, Some(&changed(&rows, NOW.plus(-300_000)))).await;
    assert_eq!(asked, [("issues.changed".to_owned(), json!({ "since": rfc3339(NOW.plus(-HOUR)) }))]);
    task.ask_next().await.unwrap();
    let questions = answered(&setup, None).await;
    let asked: Vec<IssueGet> = questions.into_iter().map(|(_, data)| serde_json::from_value(data).unwrap()).collect();
    assert_eq!(asked.iter().map(|get| get.issue.as_str()).collect::<Vec<_>>(), ["1003", "1005"]);
    assert_eq!(asked[1].catch_up_since, Some(rfc3339(at.plus(-1))));
    // The next question goes on where the answer ended.
    setup.pass(HOUR);
    task.ask_next().await.unwrap();
    let next = answered(&setup, None).await;
    assert_eq!(next, [("issues.changed".to_owned(), json!({ "since": rfc3339(NOW.plus(-300_000)) }))]);
}

#[tokio::test]
async fn an_answer_that_says_wait_is_asked_again_from_the_same_time() {
    let setup = Setup::new().await;
    let task = task(&setup);
    task.ask_next().await.unwrap();
    let since = rfc3339(NOW.plus(-HOUR));
    answered(&setup, Some(&json!({ "issues": [], "until": since, "waitMs": 1_800_000 }))).await;
    assert_eq!(task.ask_next().await.unwrap(), Duration::from_secs(60));
    setup.pass(1_799_999);
    assert_eq!(task.ask_next().await.unwrap(), Duration::from_millis(1));
    setup.pass(1);
    task.ask_next().await.unwrap();
    // An hour before now, since nothing was answered yet.
    let expected = json!({ "since": rfc3339(NOW.plus(1_800_000 - HOUR)) });
    assert_eq!(answered(&setup, None).await, [("issues.changed".to_owned(), expected)]);
}

/// An app that does not know the question yet, or an answer that got lost: asked again after the usual time.
#[tokio::test]
async fn a_question_without_an_answer_is_asked_again_later() {
    let setup = Setup::new().await;
    let task = task(&setup);
    task.ask_next().await.unwrap();
    answered(&setup, None).await;
    assert_eq!(task.ask_next().await.unwrap(), Duration::from_secs(60));
    assert!(answered(&setup, None).await.is_empty());
    setup.pass(HOUR);
    task.ask_next().await.unwrap();
    assert_eq!(answered(&setup, None).await.len(), 1);
}

#[tokio::test]
async fn more_changes_than_one_answer_has_begin_a_round_over_all_issues() {
    let setup = Setup::new().await;
    let task = task(&setup);
    task.ask_next().await.unwrap();
    let mut answer = changed(&[], NOW);
    answer["more"] = json!(true);
    answered(&setup, Some(&answer)).await;
    task.ask_next().await.unwrap();
    assert_eq!(setup.store.watermark("all-issues-requested").await.unwrap(), Some(NOW.0.to_string()));
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_stop_the_questions() {
    let setup = Setup::new().await;
    let stored = json!({ "until": rfc3339(NOW.plus(9 * HOUR)), "next": NOW.plus(9 * HOUR).0 }).to_string();
    let watermarks = vec![(NAME.to_owned(), stored)];
    setup.store.record(Effects { watermarks, ..Effects::default() }).await.unwrap();
    assert_eq!(task(&setup).ask_next().await.unwrap(), LOOK);
    let other = ChangedIssues { instance: "b".into(), ..task(&setup) };
    assert_eq!(other.ask_next().await.unwrap(), Duration::from_secs(60), "another instance has the lease");
}

#[tokio::test]
async fn it_asks_less_often_when_nobody_works() {
    let setup = Setup::new().await;
    let task = task(&setup);
    setup.health.usual_hour(false);
    task.ask_next().await.unwrap();
    answered(&setup, Some(&changed(&[], NOW))).await;
    task.ask_next().await.unwrap();
    setup.pass(4 * HOUR - 1);
    assert_eq!(task.ask_next().await.unwrap(), Duration::from_millis(1));
    setup.pass(1);
    task.ask_next().await.unwrap();
    assert_eq!(answered(&setup, None).await.len(), 1);
}
