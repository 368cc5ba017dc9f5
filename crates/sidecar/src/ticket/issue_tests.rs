use serde_json::{Value, json};
use store::{BatchLimits, Effects, NewMessage, Settlement};

use super::*;
use crate::support::{NOW, Setup, link};

const OF: LinkKey<'static> = LinkKey { ticket_id: 7, issue_id: "1007" };

fn snapshot(summary: &str, updated_at: &str) -> IssueSnapshot {
    let json = json!({
        "summary": summary, "statusId": "1", "status": "To Do", "statusCategory": "new", "updatedAt": updated_at,
    });
    serde_json::from_value(json).unwrap()
}

/// Receives a snapshot and stores it if it is to be stored. Returns whether it was.
async fn receive(setup: &Setup, privacy: Privacy, snapshot: IssueSnapshot) -> bool {
    let fact = KnownIssue::received(setup.store.as_ref(), privacy, OF, snapshot).await.unwrap();
    let is_stored = fact.is_some();
    setup.store.record(Effects { facts: fact.into_iter().collect(), ..Effects::default() }).await.unwrap();
    is_stored
}

async fn known(setup: &Setup) -> Option<Issue> {
    KnownIssue::of(&setup.store.link_facts(7, "1007").await.unwrap())
}

/// Events arrive in any order, and Jira writes its offset without a colon.
#[tokio::test]
async fn a_snapshot_is_stored_unless_a_newer_one_is_known() {
    for (updated_at, is_stored) in [
        ("2026-11-28T01:16:12.427Z", true),
        ("2026-11-28T02:16:12.427+0100", true),
        // The same moment: a label or a release changes an issue without changing its time.
        ("2026-11-28T01:16:12.426Z", true),
        ("2026-11-28T01:16:12.425Z", false),
        ("2026-11-28T02:16:12.425+0100", false),
        ("no time", false),
    ] {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        assert!(receive(&setup, Privacy::Off, snapshot("first", "2026-11-28T01:16:12.426Z")).await);
        assert_eq!(receive(&setup, Privacy::Off, snapshot("second", updated_at)).await, is_stored, "{updated_at}");
        let expected = if is_stored { "second" } else { "first" };
        assert_eq!(known(&setup).await.unwrap().snapshot.summary, expected, "{updated_at}");
    }
}

#[tokio::test]
async fn the_time_of_the_change_is_kept_with_the_snapshot() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    receive(&setup, Privacy::Off, snapshot("first", "2026-09-21T14:13:20.000+0000")).await;
    assert_eq!(known(&setup).await.unwrap().changed_at, NOW);
}

/// Texts do not sync in privacy mode, so that nothing readable is on the disk.
#[tokio::test]
async fn no_summary_is_stored_in_privacy_mode() {
    for (privacy, summary) in [(Privacy::Off, "Printer on fire"), (Privacy::On, "")] {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        receive(&setup, privacy, snapshot("Printer on fire", "2026-11-28T01:16:12.426Z")).await;
        let facts = setup.store.link_facts(7, "1007").await.unwrap();
        assert_eq!(facts.json(&FactKind::Issue).unwrap().contains("Printer"), privacy == Privacy::Off);
        assert_eq!(KnownIssue::of(&facts).unwrap().snapshot.summary, summary);
        assert_eq!(KnownIssue::of(&facts).unwrap().snapshot.status_id, "1", "ids are needed in both modes");
    }
}

/// A snapshot of another version is requested again.
#[tokio::test]
async fn a_stored_snapshot_of_another_form_is_none() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    for form in [json!("text"), json!({ "snapshot": { "summary": "x" }, "changedAt": 1 }), json!({ "changedAt": 1 })] {
        let facts = vec![OF.set(FactKind::Issue, &form)];
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
        assert_eq!(known(&setup).await, None, "{form}");
        assert!(receive(&setup, Privacy::Off, snapshot("new", "2026-11-28T01:16:12.426Z")).await, "{form}");
    }
}

/// A message of the ticket that waits for an hour, because Forge could not read the issue.
async fn waiting() -> Setup {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    let message = NewMessage {
        id: "m1".into(),
        ticket_id: 7,
        kind: "article.added".into(),
        body: Value::Null.to_string(),
        dedup_key: None,
        created_at: NOW,
    };
    setup.store.append(vec![message]).await.unwrap();
    let limits = BatchLimits { messages: 9, bytes: 9_999, per_ticket: 9 };
    let batch = setup.store.claim(NOW, 60_000, limits).await.unwrap();
    let later = Settlement::Retry { at: NOW.plus(3_600_000), code: "issue-no-access".into() };
    setup.store.settle(&batch, vec![("m1".into(), later)], Effects::default(), NOW).await.unwrap();
    setup
}

#[tokio::test]
async fn messages_that_wait_for_an_issue_are_due_as_soon_as_it_can_be_read() {
    for (subject, due) in [(None, false), (Some(Subject::Field("title".into())), false), (Some(Subject::Issue), true)] {
        let setup = waiting().await;
        let case = format!("{subject:?}");
        let trouble = subject.map(|subject| OF.trouble(subject, Some("issue-no-access"), None, NOW));
        setup.store.record(Effects { troubles: trouble.into_iter().collect(), ..Effects::default() }).await.unwrap();
        readable_again(setup.store.as_ref(), OF, NOW).await.unwrap();
        let expected = if due { NOW } else { NOW.plus(3_600_000) };
        assert_eq!(setup.store.next_due().await.unwrap(), Some(expected), "{case}");
    }
}
