//! A start after a long outage: 100,000 rows of each kind wait.

use sqlx::Executor;
use store::{BatchLimits, Inbox, Outbox};

use crate::{MINUTE, NOW, Place, message};

async fn filled() -> Place {
    let place = Place::new();
    let store = place.store().await;
    place
        .foreign()
        .await
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
             INSERT INTO doorbell (delivery, ticket_id, received_at) SELECT 'd' || i, i % 50000, 1 FROM n;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
             INSERT INTO message (id, ticket_id, kind, body, created_at) SELECT 'm' || i, i % 50000, 'k', 'body', 1 FROM n;",
        )
        .await
        .unwrap();
    store.close().await.unwrap();
    place
}

/// No step of the plans that find the next work may walk a table: this, and not a stopwatch, is what keeps them fast.
#[tokio::test]
async fn finding_the_next_work_scans_nothing() {
    let place = Place::new();
    let store = place.store().await;
    let plans = [
        "UPDATE line SET held_until = NULL, deferred = 0 WHERE queue = 'in' AND held_until <= 5",
        "SELECT ticket_id, (SELECT max(seq) FROM doorbell WHERE doorbell.ticket_id = line.ticket_id AND state = 'waiting')
         FROM line WHERE queue = 'in' AND held_until IS NULL ORDER BY since LIMIT 1",
        "UPDATE doorbell SET state = 'done' WHERE ticket_id = 7 AND seq <= 9 AND state IN ('waiting', 'dead')",
        "SELECT seq FROM message WHERE ticket_id = 7 AND state = 'waiting' ORDER BY seq LIMIT 3",
        "SELECT count(*) FROM message WHERE id IN (SELECT value FROM json_each('[]')) AND token <> 3",
        "SELECT delivery FROM doorbell WHERE ticket_id = 7 AND seq <= 9 AND state = 'waiting' ORDER BY seq LIMIT 1",
        "SELECT * FROM link WHERE (ticket_id, issue_id) > (7, 'i') AND state <> 'ended' ORDER BY ticket_id, issue_id LIMIT 9",
        "SELECT DISTINCT ticket_id FROM link
         WHERE ticket_id IN (SELECT value FROM json_each('[]')) AND state <> 'ended'",
        "SELECT * FROM change WHERE ticket_id = 7 ORDER BY seq DESC LIMIT 9",
        "DELETE FROM change WHERE seq IN (SELECT seq FROM change WHERE at < 5 ORDER BY at LIMIT 9)",
    ];
    let mut db = place.foreign().await;
    for sql in plans {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain).fetch_all(&mut db).await.unwrap();
        assert!(!steps.is_empty());
        for (.., step) in steps {
            assert!(!step.starts_with("SCAN") || step.contains("json_each"), "{sql}: {step}");
            assert!(!step.contains("TEMP B-TREE"), "{sql}: {step}");
        }
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn opens_and_works_with_a_backlog_of_100k() {
    let place = filled().await;
    let limits = BatchLimits { messages: 50, bytes: 3_500_000, per_ticket: 5 };
    // The best of three, because other tests run beside: a plan that walks the backlog is slow each time.
    let mut best = std::time::Duration::MAX;
    for round in 0..3 {
        let start = tokio::time::Instant::now();
        let store = place.store().await;
        let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().expect("a ticket");
        let batch = store.claim(NOW, MINUTE, limits).await.unwrap();
        best = best.min(start.elapsed());
        assert_eq!((lease.ticket_id, batch.rows.len()), (round + 1, 50));
        store.close().await.unwrap();
    }
    let goal = std::time::Duration::from_millis(if cfg!(debug_assertions) { 250 } else { 50 });
    assert!(best <= goal, "open, lease and claim took {best:?}");
    let store = place.store().await;
    store.append(vec![message("after", 1, "b")]).await.unwrap();
    assert_eq!(store.claim(NOW.plus(MINUTE), MINUTE, limits).await.unwrap().rows[0].id, "m1");
}
