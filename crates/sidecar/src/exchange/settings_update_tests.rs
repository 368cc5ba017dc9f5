use serde_json::{Value, json};
use store::Metadata as _;
use store::sqlite::SqliteStore;

use super::*;

/// A store that has settings with the etag `1`.
async fn store() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("connector.db")).await.unwrap();
    assert!(keep(&store, config("1", Some(json!({ "scope": { "groups": [1] } })))).await);
    (folder, store)
}

fn config(etag: &str, value: Option<Value>) -> schema::Config {
    schema::Config { etag: etag.into(), value }
}

/// The etag and the groups of the stored settings.
async fn stored(store: &SqliteStore) -> (String, Vec<u64>) {
    let StoredSettings { etag, json } = store.settings().await.unwrap().unwrap();
    let settings: Settings = serde_json::from_str(&json).unwrap();
    (etag, settings.scope.groups)
}

/// Settings that this version cannot use leave the earlier ones in use.
#[tokio::test]
async fn only_valid_settings_replace_the_ones_in_use() {
    for (name, value, kept) in [
        ("none", None, false),
        ("valid", Some(json!({ "scope": { "groups": [2] } })), true),
        ("with a part of a newer version", Some(json!({ "scope": { "groups": [2] }, "newer": 1 })), true),
        ("empty: the defaults", Some(json!({})), true),
        ("no settings at all", Some(json!("text")), false),
        ("a part of another form", Some(json!({ "scope": { "groups": "all" } })), false),
        ("a choice of a newer version", Some(json!({ "comments": { "toJira": "newer" } })), false),
        ("a value out of its limits", Some(json!({ "scope": { "groups": [0] } })), false),
        (
            "a rule without conditions",
            Some(json!({ "rules": [{ "id": "r", "enabled": true, "when": [],
            "then": { "createIssue": { "project": "PROJ", "issueType": "1" } } }] })),
            false,
        ),
    ] {
        let (_folder, store) = store().await;
        let groups = value.as_ref().map(|value| value["scope"]["groups"][0].as_u64().into_iter().collect());
        assert_eq!(keep(&store, config("2", value)).await, kept, "{name}");
        let expected = if kept { ("2".to_owned(), groups.unwrap()) } else { ("1".to_owned(), vec![1]) };
        assert_eq!(stored(&store).await, expected, "{name}");
    }
}

/// Forge sends them again as long as requests have the old etag.
#[tokio::test]
async fn settings_that_cannot_be_stored_are_not_in_use() {
    let (_folder, store) = store().await;
    store.limit_pages(1).await.unwrap();
    let people: Vec<Value> = (1..500).map(|id| json!({ "zammad": id, "accountId": format!("{id:0100}") })).collect();
    let large = json!({ "scope": { "groups": [2] }, "people": people });
    assert!(!keep(&store, config("2", Some(large.clone()))).await);
    assert_eq!(stored(&store).await, ("1".to_owned(), vec![1]));
    store.limit_pages(100_000).await.unwrap();
    assert!(keep(&store, config("2", Some(large))).await);
    assert_eq!(stored(&store).await, ("2".to_owned(), vec![2]));
}
