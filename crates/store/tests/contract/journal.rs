//! History and troubles.

use schema::Side;
use store::{Change, Completion, DriftFindings, Effects, Recheck, RecheckCause, TroubleRow};

use crate::Backend;
use crate::support::{MINUTE, NOW, change, completion_with, message, notification, rechecking, trouble};

fn row(ticket_id: u64, field: &str, code: &str, since: i64, at: i64) -> TroubleRow {
    TroubleRow {
        ticket_id,
        issue_id: "10001".to_owned(),
        subject: field.into(),
        code: code.to_owned(),
        detail: Some(format!("{code}-detail")),
        since: NOW.plus(since),
        at: NOW.plus(at),
    }
}

fn written(changes: Vec<Change>) -> Effects {
    Effects { changes, ..Effects::default() }
}

pub(crate) async fn trouble_is_listed_until_it_is_resolved(backend: &dyn Backend) {
    let store = backend.open().await;
    let record = async |troubles| store.record(Effects { troubles, ..Effects::default() }).await.unwrap();
    let (later, last) = (NOW.plus(5), NOW.plus(9));
    record(vec![trouble(8, "title", Some("refused"), later), trouble(7, "state", Some("no-path"), NOW)]).await;
    record(vec![trouble(7, "owner", Some("unmapped"), later), trouble(7, "title", None, NOW)]).await;
    record(vec![trouble(7, "state", Some("blocked"), last)]).await;
    let (state, owner) = (row(7, "state", "blocked", 0, 9), row(7, "owner", "unmapped", 5, 5));
    assert_eq!(store.troubles_of(7, "10001").await.unwrap(), [owner.clone(), state.clone()]);
    assert!(store.troubles_of(7, "10002").await.unwrap().is_empty());
    assert_eq!(store.troubles(9).await.unwrap(), [state, owner.clone(), row(8, "title", "refused", 5, 5)]);
    assert_eq!(store.troubles(1).await.unwrap().len(), 1);
    record(vec![trouble(7, "state", None, last)]).await;
    assert_eq!(store.troubles_of(7, "10001").await.unwrap(), [owner]);
    record(vec![trouble(7, "state", Some("again"), last)]).await;
    assert_eq!(store.troubles_of(7, "10001").await.unwrap()[1].since, last, "a new trouble, a new time");
}

pub(crate) async fn history_is_kept_newest_first(backend: &dyn Backend) {
    let store = backend.open().await;
    let conflict = Change {
        side: Side::Zammad,
        actor: None,
        conflict: true,
        kept: Some("\"a\"".to_owned()),
        lost: Some("null".to_owned()),
        ..change(7, "title", NOW)
    };
    let (first, last) = (change(7, "state", NOW.plus(9)), change(7, "owner", NOW.plus(5)));
    store.record(written(vec![first.clone(), conflict.clone(), change(8, "state", NOW)])).await.unwrap();
    store.record(written(vec![last.clone()])).await.unwrap();
    assert_eq!(store.changes(7, 9).await.unwrap(), [last.clone(), conflict, first.clone()], "as written, not by time");
    assert_eq!(store.changes(7, 1).await.unwrap().len(), 1);
    assert_eq!(store.prune_changes(NOW.plus(5)).await, Ok(2));
    assert_eq!(store.changes(7, 9).await.unwrap(), [last, first]);
    assert!(store.changes(8, 9).await.unwrap().is_empty());
}

pub(crate) async fn counts_what_only_a_comparison_found(backend: &dyn Backend) {
    let store = backend.open().await;
    let request = |ticket_id, cause| rechecking(vec![Recheck { ticket_id, cause, not_before: None, at: NOW }]);
    let drift = |ticket| request(ticket, RecheckCause::Drift(NOW));
    // 1: a webhook alone. 2: the comparison alone, two fields. 3: the comparison, then a webhook. 4: a webhook, then the
    // comparison. 5: the comparison, and one field is out of sync. 6: another cause. 7: the comparison's answer from Jira.
    store.receive(notification("w1", 1)).await.unwrap();
    store.record(drift(2)).await.unwrap();
    store.record(drift(3)).await.unwrap();
    store.receive(notification("w3", 3)).await.unwrap();
    store.receive(notification("w4", 4)).await.unwrap();
    store.record(drift(4)).await.unwrap();
    store.record(drift(5)).await.unwrap();
    store.record(request(6, RecheckCause::Command("drift:".to_owned()))).await.unwrap();
    store.record(request(7, RecheckCause::IssueRead("q7".to_owned()))).await.unwrap();
    for _ in 1..=7 {
        let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
        let ticket = lease.ticket_id;
        let mut effects = written(vec![change(ticket, "title", NOW), change(ticket, "state", NOW)]);
        if ticket == 5 {
            effects.troubles.push(trouble(5, "owner", Some("unmapped"), NOW));
        }
        store.complete(&lease, Completion { effects, ..Completion::default() }, NOW).await.unwrap();
    }
    assert_eq!(store.drift_findings(NOW).await, Ok(DriftFindings { differed: 4, repaired: 3 }), "2, 3, 5 and 7");
    assert_eq!(store.drift_findings(NOW.plus(1)).await, Ok(DriftFindings::default()), "an earlier round");
    // The difference of ticket 8 was sent to Jira; it is recorded when the answer is processed.
    store.record(drift(8)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    store.complete(&lease, completion_with(vec![message("m8", 8)]), NOW).await.unwrap();
    store.record(request(8, RecheckCause::Answered("m8".to_owned()))).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    let effects = written(vec![Change { message_id: "m8".to_owned(), ..change(8, "title", NOW) }]);
    store.complete(&lease, Completion { effects, ..Completion::default() }, NOW).await.unwrap();
    assert_eq!(store.drift_findings(NOW).await, Ok(DriftFindings { differed: 5, repaired: 4 }));
    store.record(written(vec![change(9, "title", NOW)])).await.unwrap();
    assert_eq!(store.drift_findings(NOW).await.unwrap().differed, 5, "recorded outside of a visit");
}
