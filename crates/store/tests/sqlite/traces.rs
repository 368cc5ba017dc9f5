//! Content that must not be found on the disk.

use std::fs;

use store::{BatchLimits, Effects, Inbox, Outbox, Settlement};

use crate::{MINUTE, NOW, Place, message, notification};

/// Whether any file of the store holds `needle`.
fn found(place: &Place, needle: &str) -> bool {
    fs::read_dir(place.folder.path()).unwrap().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    })
}

#[tokio::test]
async fn the_inbox_has_no_column_for_a_body() {
    let place = Place::new();
    let store = place.store().await;
    store.receive(notification("d1", 7)).await.unwrap();
    let columns: Vec<(String, String)> =
        sqlx::query_as("SELECT name, type FROM pragma_table_info('doorbell') ORDER BY cid")
            .fetch_all(&mut place.foreign().await)
            .await
            .unwrap();
    let columns: Vec<String> = columns.into_iter().map(|(name, kind)| format!("{name} {kind}")).collect();
    // A new text column is a decision: what of a webhook may rest on the disk?
    assert_eq!(
        columns,
        [
            "seq INTEGER",
            "delivery TEXT",
            "ticket_id INTEGER",
            "article_id INTEGER",
            "received_at INTEGER",
            "state TEXT",
            "ended_at INTEGER",
            "code TEXT",
            "not_before INTEGER",
        ]
    );
}

#[tokio::test]
async fn a_settled_body_is_gone_from_every_file() {
    let place = Place::new();
    let store = place.store().await;
    for (id, body) in [("small", "canary-small".to_owned()), ("large", "canary-large".repeat(3_000))] {
        store.append(vec![message(id, 7, &body)]).await.unwrap();
    }
    assert!(found(&place, "canary-small") && found(&place, "canary-large"), "the search finds what is there");
    let limits = BatchLimits { messages: 9, bytes: 1_000_000, per_ticket: 9 };
    let batch = store.claim(NOW, MINUTE, limits).await.unwrap();
    let done = |id: &str| (id.to_owned(), Settlement::Done { result: None });
    store.settle(&batch, vec![done("small"), done("large")], Effects::default(), NOW).await.unwrap();
    store.prune_settled(NOW).await.unwrap();
    assert!(!found(&place, "canary-small") && !found(&place, "canary-large"));
    assert_eq!(store.settled("small").await.unwrap(), Some(Settlement::Done { result: None }));
}
