//! Rows that a failing disk or file system has damaged.

use std::fs;

use store::sqlite::SqliteStore;
use store::{BatchLimits, Effects, Outbox, Settlement, Store, StoreError};

use crate::{MINUTE, NOW, Place, message};

const LIMITS: BatchLimits = BatchLimits { messages: 9, bytes: 1_000_000, per_ticket: 9 };

/// A text that was cut inside of a character.
#[tokio::test]
async fn a_damaged_body_is_set_aside_and_stops_nothing_else() {
    let place = Place::new();
    let store = place.store().await;
    let rows = [("m1", 7), ("m2", 7), ("m3", 8), ("m4", 9)].map(|(id, ticket)| message(id, ticket, "text"));
    store.append(rows.into()).await.unwrap();
    sqlx::query("UPDATE message SET body = CAST(x'7b22c3' AS TEXT) WHERE id IN ('m1', 'm3')")
        .execute(&mut place.foreign().await)
        .await
        .unwrap();
    let batch = store.claim(NOW, MINUTE, LIMITS).await.unwrap();
    let sent: Vec<&str> = batch.rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(sent, ["m2", "m4"]);
    let dead = store.dead_letters(9).await.unwrap();
    let dead: Vec<(&str, &str)> = dead.iter().map(|letter| (letter.id.as_str(), letter.code.as_str())).collect();
    assert_eq!(dead, [("m1", "damaged"), ("m3", "damaged")]);
    let done = |id: &str| (id.to_owned(), Settlement::Done { result: None });
    store.settle(&batch, vec![done("m2"), done("m4")], Effects::default(), NOW).await.unwrap();
    // Nothing is left behind of the damaged ones: their tickets send the next message at once.
    store.append(vec![message("m5", 7, "text"), message("m6", 8, "text")]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, LIMITS).await.unwrap();
    assert_eq!(batch.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["m5", "m6"]);
}

/// One page of each table and index, with other bytes, as a failing disk returns them.
#[tokio::test]
async fn a_damaged_page_of_any_table_or_index_is_found() {
    const PAGE: usize = 4096;
    let place = Place::new();
    let store = place.store().await;
    assert_eq!(store.damage().await.unwrap(), None);
    let rows = (0..40).map(|number| message(&format!("m{number}"), number, &"text ".repeat(100)));
    store.append(rows.collect()).await.unwrap();
    store.close().await.unwrap();
    let roots: Vec<(String, i64)> =
        sqlx::query_as("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 1 ORDER BY rootpage")
            .fetch_all(&mut place.foreign().await)
            .await
            .unwrap();
    assert!(roots.len() > 20, "{roots:?}");
    let good = fs::read(place.path()).unwrap();
    for (name, root) in roots {
        let mut bad = good.clone();
        let at = (usize::try_from(root).unwrap() - 1) * PAGE;
        bad[at..at + 64].fill(0xA5);
        fs::write(place.path(), &bad).unwrap();
        let found = match SqliteStore::open(&place.path()).await {
            Ok(store) => store.damage().await.unwrap(),
            Err(StoreError::Open(reason)) => Some(reason),
            Err(error) => panic!("{name}: {error}"),
        };
        assert!(found.as_ref().is_some_and(|text| !text.contains("text")), "{name}: {found:?}");
    }
}

/// Restored from a backup while the sidecar runs, or deleted: what is written now would be lost.
#[tokio::test]
async fn a_deleted_or_replaced_file_is_noticed() {
    let replaced = Err(StoreError::Unavailable { operation: "probe", code: "FILE_REPLACED".to_owned() });
    for is_replaced in [false, true] {
        let place = Place::new();
        let store = place.store().await;
        store.probe(NOW).await.unwrap();
        let copy = place.folder.path().join("copy");
        fs::copy(place.path(), &copy).unwrap();
        fs::remove_file(place.path()).unwrap();
        if is_replaced {
            fs::rename(&copy, place.path()).unwrap();
        }
        assert_eq!(store.probe(NOW).await, replaced, "replaced: {is_replaced}");
        assert!(store.is_failing());
    }
}
