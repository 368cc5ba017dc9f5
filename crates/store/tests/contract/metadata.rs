//! Settings, watermarks, suggestions.

use store::{Effects, FactKind, LinkFact, MatchedBy, StoredSettings, Suggestion};

use crate::Backend;
use crate::support::NOW;

pub(crate) async fn settings_are_replaced(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.settings().await, Ok(None));
    for (etag, json) in [("e1", "{}"), ("e2", r#"{"rules":[]}"#)] {
        let settings = Some(StoredSettings { etag: etag.to_owned(), json: json.to_owned() });
        store.record(Effects { settings: settings.clone(), ..Effects::default() }).await.unwrap();
        assert_eq!(store.settings().await, Ok(settings));
    }
    store.record(Effects::default()).await.unwrap();
    assert_eq!(store.settings().await.unwrap().unwrap().etag, "e2");
}

pub(crate) async fn watermarks_are_replaced_by_name(backend: &dyn Backend) {
    let store = backend.open().await;
    let mark = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let watermarks = vec![mark("sweep", "1"), mark("drift", "2"), mark("sweep", "3")];
    store.record(Effects { watermarks, ..Effects::default() }).await.unwrap();
    drop(store);
    let store = backend.open().await;
    assert_eq!(store.watermark("sweep").await, Ok(Some("3".to_owned())));
    assert_eq!(store.watermark("drift").await, Ok(Some("2".to_owned())));
    assert_eq!(store.watermark("backfill").await, Ok(None));
}

pub(crate) async fn suggestions_keep_the_better_reason(backend: &dyn Backend) {
    let store = backend.open().await;
    let pair = |zammad_user, account: &str, how, later| Suggestion {
        zammad_user,
        account_id: account.to_owned(),
        matched_by: how,
        at: NOW.plus(later),
    };
    let first =
        vec![pair(8, "a", MatchedBy::Name, 0), pair(7, "b", MatchedBy::Name, 0), pair(7, "c", MatchedBy::Email, 0)];
    store.suggest(first).await.unwrap();
    store.suggest(vec![pair(7, "c", MatchedBy::Name, 1), pair(8, "a", MatchedBy::Email, 2)]).await.unwrap();
    let expected =
        [pair(7, "c", MatchedBy::Email, 1), pair(7, "b", MatchedBy::Name, 0), pair(8, "a", MatchedBy::Email, 2)];
    assert_eq!(store.suggestions(9).await.unwrap(), expected);
    assert_eq!(store.suggestions(2).await.unwrap(), expected[..2]);
}

pub(crate) async fn forgets_people(backend: &dyn Backend) {
    let store = backend.open().await;
    let pair = |account: &str| Suggestion {
        zammad_user: 7,
        account_id: account.to_owned(),
        matched_by: MatchedBy::Name,
        at: NOW,
    };
    store.suggest(vec![pair("a"), pair("b")]).await.unwrap();
    let person = |account: &str| serde_json::json!({ "accountId": account, "name": "Mia Example" });
    let snapshot = serde_json::json!({ "snapshot": { "assignee": person("a"), "reporter": person("b") } });
    let fact =
        LinkFact { ticket_id: 7, issue_id: "1".into(), kind: FactKind::Issue, value: Some(snapshot.to_string()) };
    store.record(Effects { facts: vec![fact], ..Effects::default() }).await.unwrap();
    assert_eq!(store.forget_accounts(&["a".to_owned(), "unknown".to_owned()]).await, Ok(2));
    assert_eq!(store.suggestions(9).await.unwrap(), [pair("b")]);
    let kept = store.link_facts(7, "1").await.unwrap();
    let kept: serde_json::Value = serde_json::from_str(kept.json(&FactKind::Issue).unwrap()).unwrap();
    let assignee = serde_json::json!({ "accountId": "a" });
    assert_eq!(kept, serde_json::json!({ "snapshot": { "assignee": assignee, "reporter": person("b") } }));
}
