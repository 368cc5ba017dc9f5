//! `troubles` and `history`.

use schema::Side;
use sidecar::cli::{Names, history, troubles};
use store::{BatchLimits, Change, Effects, NewMessage, Settlement, Trouble};

use crate::support::{NOW, Setup, linking};

fn change(field: &str, conflict: bool) -> Change {
    Change {
        ticket_id: 7,
        issue_id: "10007".to_owned(),
        field: field.to_owned(),
        side: if conflict { Side::Zammad } else { Side::Jira },
        actor: (!conflict).then(|| "712020:abc".to_owned()),
        message_id: "01M3250V000000000000000001".to_owned(),
        at: NOW,
        conflict,
        kept: conflict.then(|| "\"canary\u{9b}2J\"".to_owned()),
        lost: conflict.then(|| "\"canary-2\"".to_owned()),
    }
}

#[tokio::test]
async fn troubles_are_listed_with_dead_letters_and_abandoned_tickets() {
    let setup = Setup::new();
    let store = setup.store().await;
    assert_eq!(troubles::list(store.as_ref(), &Names::default(), 9).await.unwrap(), "everything is in sync\n");
    let trouble = |ticket_id, field: &str, detail: Option<&str>| Trouble {
        ticket_id,
        issue_id: format!("100{ticket_id:02}"),
        subject: field.into(),
        code: Some("no-transition".to_owned()),
        detail: detail.map(str::to_owned),
        at: NOW,
    };
    let rechecks = vec![store::Recheck {
        ticket_id: 8,
        cause: store::RecheckCause::Command("k".to_owned()),
        not_before: None,
        at: NOW,
    }];
    let found = vec![trouble(7, "status", Some("rule \u{1b}[1m42")), trouble(8, "owner", None)];
    store.record(Effects { troubles: found, rechecks, ..linking([7]) }).await.unwrap();
    let lease = store.lease_ticket(NOW, 60_000).await.unwrap().unwrap();
    store.abandon_ticket(&lease, NOW, "zammad-gone").await.unwrap();
    let message = NewMessage {
        id: "01M3250V000000000000000001".to_owned(),
        ticket_id: 7,
        kind: "article.added".to_owned(),
        body: "canary".to_owned(),
        dedup_key: None,
        created_at: NOW,
    };
    store.append(vec![message]).await.unwrap();
    let batch = store.claim(NOW, 60_000, BatchLimits { messages: 9, bytes: 9_999, per_ticket: 9 }).await.unwrap();
    let dead = Settlement::Dead { code: "rejected".to_owned() };
    store.settle(&batch, vec![(batch.rows[0].id.clone(), dead)], Effects::default(), NOW).await.unwrap();
    let text = troubles::list(store.as_ref(), &Names::default(), 9).await.unwrap();
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "25007 SUP-7: status: no-transition (rule ?[1m42), since 2026-09-21T14:13:20Z",
            "ticket id 8 issue id 10008: owner: no-transition, since 2026-09-21T14:13:20Z",
            "25007: not delivered: article.added rejected (01M3250V000000000000000001)",
            "ticket id 8: not processed: zammad-gone, since 2026-09-21T14:13:20Z",
        ]
    );
    assert!(
        troubles::list(store.as_ref(), &Names::default(), 1)
            .await
            .unwrap()
            .ends_with("there may be more; raise --limit\n")
    );
}

#[tokio::test]
async fn history_shows_values_only_on_request() {
    let setup = Setup::new();
    let store = setup.store().await;
    store.record(linking([7])).await.unwrap();
    let empty = history::list(store.as_ref(), 7, 9, true).await.unwrap();
    assert_eq!(empty, "no changes in the last 90 days\n");
    store
        .record(Effects { changes: vec![change("title", true), change("status", false)], ..Effects::default() })
        .await
        .unwrap();
    let lines = [
        "2026-09-21T14:13:20Z SUP-7 status: written to Jira, changed by 712020:abc (01M3250V000000000000000001)",
        "2026-09-21T14:13:20Z SUP-7 title: written to Zammad, conflict (01M3250V000000000000000001)",
    ];
    let text = history::list(store.as_ref(), 7, 9, false).await.unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    let text = history::list(store.as_ref(), 7, 9, true).await.unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), [lines[0], lines[1], "  kept: \"canary?2J\"", "  lost: \"canary-2\""]);
}
