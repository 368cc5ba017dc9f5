//! Q7: two instances on one database; the holder is stopped past its lease and comes back.

use devkit::harness::Connector;
use schema::UnixMs;
use store::Store;
use store::sqlite::SqliteStore;

use crate::support::{LinkedSite, eventually, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn q7_a_paused_holder_is_fenced_and_nothing_is_sent_twice() {
    let env = LinkedSite::start().await;
    let first = env.connector.as_ref().unwrap();
    let mut settings = env.site.settings.clone();
    settings.insert("INSTANCE".into(), "standby".into());
    let database = SqliteStore::open(&env.data.path().join("connector.db")).await.unwrap();
    let standby = Connector::start(&env.site.built, &settings).await.unwrap();
    env.article(env.ticket, "one", true).await;
    eventually("the first comment", || env.mirrored().len() == 1).await;
    assert!(!standby.log().contains("acquired the exchange lease"), "one talks at a time");

    pause_between_commits(first, &database).await;
    env.site.front.set(Some(standby.address));
    env.article(env.ticket, "two", true).await;
    // The lease is 15 s; the standby then takes over.
    eventually("the standby", || standby.log().contains("acquired the exchange lease")).await;
    eventually("the second comment", || env.mirrored().len() == 2).await;
    first.signal("-CONT").await.unwrap();
    env.article(env.ticket, "three", true).await;
    eventually("the third comment", || env.mirrored().len() == 3).await;
    eventually_async("empty queues", || async {
        let queue = env.readiness().await.1["queue"].clone();
        queue["inbox"] == 0 && queue["outbox"] == 0
    })
    .await;
    let texts = env.mirrored();
    for word in ["one", "two", "three"] {
        assert_eq!(texts.iter().filter(|text| text.lines().any(|line| line == word)).count(), 1, "{texts:?}");
    }
}

/// Stops the process at a moment when it holds no lock on the database: from one that is stopped inside a commit nobody
/// can take over, since SQLite's lock ends with the process only (ADR 3). A write of ours shows whether it does.
async fn pause_between_commits(connector: &Connector, database: &SqliteStore) {
    for _ in 0..20 {
        connector.signal("-STOP").await.unwrap();
        eventually("all of its threads stopped", || connector.is_stopped().unwrap()).await;
        if database.probe(UnixMs(0)).await.is_ok() {
            return;
        }
        connector.signal("-CONT").await.unwrap();
    }
    panic!("it was inside a commit each of 20 times");
}
