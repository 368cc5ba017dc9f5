//! A database of an older version, with rows, opens and means the same.

use schema::Side;
use sqlx::Executor;
use sqlx::migrate::Migrator;
use store::sqlite::SqliteStore;
use store::{
    Claim, Commands, Effects, FactKind, Inbox, Intake, Leases, Link, LinkState, Links, ObjectKind, Origin, Outbox,
    Provenance, Settlement, Store,
};

use crate::{MINUTE, NOW, Place, message, notification};

static ALL: Migrator = sqlx::migrate!("src/sqlite/migrations");

/// As version 0001 left it: one row of every kind, by its own SQL.
const ROWS: &str = "
INSERT INTO doorbell (delivery, ticket_id, article_id, received_at) VALUES ('waits', 7, 70, 1), ('held', 8, NULL, 2);
INSERT INTO doorbell (delivery, ticket_id, received_at, state, ended_at, code)
  VALUES ('done', 9, 3, 'done', 4, NULL), ('dead', 10, 3, 'dead', 4, 'zammad-gone');
DELETE FROM line WHERE queue = 'in' AND ticket_id IN (9, 10);
UPDATE line SET held_until = 1700000000500, attempts = 1, code = 'zammad-down' WHERE queue = 'in' AND ticket_id = 8;
INSERT INTO message (id, ticket_id, kind, body, created_at) VALUES ('m1', 7, 'article.added', '{}', 5);
INSERT INTO message (id, ticket_id, kind, body, created_at, state, result, settled_at)
  VALUES ('m0', 7, 'article.added', '', 4, 'done', '1', 5);
INSERT INTO once (key) VALUES ('article:1');
UPDATE token SET last = 41;
INSERT INTO link VALUES (7, '10002', '22007', 'PROJ-2', 'ended', 3, 100), (7, '10001', '22007', 'PROJ-1', 'active', 4, 100);
INSERT INTO base VALUES (7, '10001', 'memory', '\"a\"');
INSERT INTO provenance VALUES ('zammad', 'article', '70', 'ours', '900', 7, 'c1', 6);
INSERT INTO command (id, lease_until, status, applied_at, ack_pending) VALUES ('c1', 0, 'done', 6, 1);
INSERT INTO lease VALUES ('poller', 'a', 5, 7);
INSERT INTO probe VALUES (1, 1, x'');";

/// A place with a database of version 0001.
async fn old(rows: &'static str) -> Place {
    let place = Place::new();
    let first = Migrator { migrations: ALL.iter().take(1).cloned().collect(), ..Migrator::DEFAULT };
    let mut db = place.foreign().await;
    first.run_direct(None, &mut db, false).await.unwrap();
    db.execute(rows).await.unwrap();
    sqlx::Connection::close(db).await.unwrap();
    place
}

fn link(issue_id: &str, state: LinkState, after_article: u64) -> Link {
    Link {
        ticket_id: 7,
        ticket_number: "22007".to_owned(),
        issue_id: issue_id.to_owned(),
        issue_key: format!("PROJ-{}", &issue_id[4..]),
        state,
        after_article,
        created_at: schema::UnixMs(100),
    }
}

#[tokio::test]
async fn everything_of_0001_is_there_and_means_the_same() {
    let place = old(ROWS).await;
    let store = place.store().await;
    // Equal times of making: the order of rows decides, and is the old one.
    let expected = [link("10002", LinkState::Ended, 3), link("10001", LinkState::Active, 4)];
    assert_eq!(store.links_of_ticket(7).await.unwrap(), expected);
    assert_eq!(store.oldest_link("10001").await.unwrap().as_ref(), expected.last());
    assert_eq!(store.oldest_link("10002").await.unwrap(), None, "it has ended");
    assert_eq!(store.link_facts(7, "10001").await.unwrap().json(&FactKind::Memory), Some("\"a\""));
    let article = Provenance {
        side: Side::Zammad,
        object: ObjectKind::Article,
        id: "70".to_owned(),
        origin: Origin::Ours,
        mirror: Some("900".to_owned()),
        fingerprint: None,
        ticket_id: 7,
        carried_by: "c1".to_owned(),
        at: schema::UnixMs(6),
    };
    assert_eq!(store.recorded(7, Side::Zammad, ObjectKind::Article).await.unwrap(), [article]);
    for delivery in ["waits", "held", "done", "dead"] {
        assert_eq!(store.receive(notification(delivery, 7)).await, Ok(Intake::Duplicate));
    }
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.outbox, counts.dead, counts.oldest), (2, 1, 1, Some(schema::UnixMs(1))));
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    assert_eq!((lease.ticket_id, lease.token, lease.attempts), (7, 42, 0));
    assert_eq!(store.lease_ticket(NOW.plus(499), MINUTE).await, Ok(None), "put back before the change");
    assert_eq!(store.lease_ticket(NOW.plus(500), MINUTE).await.unwrap().unwrap().attempts, 1);
    assert_eq!(store.settled("m0").await.unwrap(), Some(Settlement::Done { result: Some("1".to_owned()) }));
    let again = store::NewMessage { dedup_key: Some("article:1".to_owned()), ..message("m9", 7, "{}") };
    store.append(vec![again]).await.unwrap();
    assert_eq!(store.counts().await.unwrap().outbox, 1);
    assert_eq!(store.claim_command("c1", NOW, MINUTE).await, Ok(Claim::Applied));
    assert_eq!(store.acquire_lease("poller", "a", NOW, MINUTE).await.unwrap().unwrap().0, 6);
    store.probe(NOW).await.unwrap();

    let paused = Link { state: LinkState::Paused, ..expected[1].clone() };
    store.record(Effects { links: vec![paused.clone()], ..Effects::default() }).await.unwrap();
    assert_eq!(store.links_after(None, 9).await.unwrap(), [paused]);
}

#[tokio::test]
async fn an_upgraded_database_is_made_like_a_fresh_one() {
    let (upgraded, fresh) = (old("").await, Place::new());
    for place in [&upgraded, &fresh] {
        SqliteStore::open(&place.path()).await.unwrap().close().await.unwrap();
    }
    let made = async |place: &Place| -> Vec<(String, String)> {
        let sql = "SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name";
        sqlx::query_as(sql).fetch_all(&mut place.foreign().await).await.unwrap()
    };
    let schema = made(&fresh).await;
    assert!(schema.len() > 20);
    assert_eq!(made(&upgraded).await, schema);
    let checked: (String,) =
        sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut upgraded.foreign().await).await.unwrap();
    assert_eq!(checked.0, "ok");
}
