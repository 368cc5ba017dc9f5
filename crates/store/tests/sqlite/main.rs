//! Faults that only a database file can have.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod backlog;
mod damage;
mod disk;
mod files;
mod migration;
mod traces;

use std::path::{Path, PathBuf};

use schema::UnixMs;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use store::sqlite::SqliteStore;
use store::{NewMessage, Notification, StoreError};
use tempfile::TempDir;

const NOW: UnixMs = UnixMs(1_700_000_000_000);
const MINUTE: i64 = 60_000;

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("connector.db")
    }

    async fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.path()).await.expect("the store opens")
    }

    /// A connection of somebody else, with SQLite's defaults.
    async fn foreign(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.path()).create_if_missing(true).connect().await.unwrap()
    }
}

/// Why the store does not open.
async fn refusal(path: &Path) -> String {
    match SqliteStore::open(path).await {
        Ok(_) => "it opened".to_owned(),
        Err(StoreError::Open(reason)) => reason,
        Err(other) => format!("another error: {other}"),
    }
}

fn notification(delivery: &str, ticket_id: u64) -> Notification {
    Notification { delivery: delivery.to_owned(), ticket_id, article_id: None, received_at: NOW }
}

fn message(id: &str, ticket_id: u64, body: &str) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        ticket_id,
        kind: "article.added".to_owned(),
        body: body.to_owned(),
        dedup_key: None,
        created_at: NOW,
    }
}
