//! SQLite backend: one file, one writer with group commit, separate readers.
//!
//! Every write is synced before the call returns (`synchronous=FULL`). All writes go through `writer`; a write is completed
//! even if its caller stops waiting.

mod batch;
mod commands;
mod effects;
mod failure;
mod inbox;
mod integrity;
mod journal;
mod leases;
mod links;
mod metadata;
mod names;
mod open;
mod outbox;
mod queue;
mod recheck;
mod status;
mod writer;

use std::path::Path;

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::SqlitePool;

use self::failure::during;
use self::integrity::OpenedFile;
use self::status::Status;
use self::writer::Writer;
use crate::{Counts, Store, StoreError};

/// The sidecar's store in one SQLite file, shared as `Arc<dyn Store>`. Dropping it stops the writer after its queued work;
/// [`SqliteStore::close`] also waits for that.
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
    status: Status,
    file: OpenedFile,
}

impl SqliteStore {
    /// Opens the database at `path` and brings its schema up to date; creates it (mode 0600) if there is none. A file that
    /// others can access is restricted to its owner first.
    ///
    /// # Errors
    /// [`StoreError::Open`] if there is a symlink, directory, FIFO, foreign or damaged file at `path`, a schema newer
    /// than this program, or no right to write. The text names the reason, and no stored value.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let (writer, readers) = open::open(path).await?;
        let status = writer.status();
        Ok(Self { writer, readers, status, file: OpenedFile::of(path) })
    }

    /// Finishes the queued work, moves the write-ahead log into the database file and closes it. Later calls on this store are
    /// [`StoreError::Unavailable`] with code `CLOSED`. A second close does nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the log could not be moved; nothing is lost then, the next open reads it.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.writer.close().await
    }

    /// Limits the database file to `pages` pages of 4 KiB, from the next write on; stored rows stay. At the limit, writes are
    /// [`StoreError::Unavailable`] with `SQLITE_FULL`, until rows are deleted or the limit is raised. Public for tests of a full
    /// disk only; the sidecar sets no limit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] after [`SqliteStore::close`].
    pub async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        self.writer.limit_pages(pages).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn counts(&self) -> Result<Counts, StoreError> {
        let (inbox, outbox, dead, oldest): (i64, i64, i64, Option<i64>) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM doorbell WHERE state = 'waiting'),
                    (SELECT count(*) FROM message WHERE state = 'waiting'),
                    (SELECT count(*) FROM doorbell WHERE state = 'dead') + (SELECT count(*) FROM message WHERE state = 'dead'),
                    (SELECT min(at) FROM (
                       SELECT received_at AS at FROM doorbell WHERE seq =
                         (SELECT min(since) FROM line WHERE queue = 'in' AND deferred = 0)
                       UNION ALL
                       SELECT created_at FROM message WHERE seq = (SELECT min(since) FROM line WHERE queue = 'out')))",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(self.status.failed_read("counts"))?;
        Ok(Counts {
            inbox: queue::count(inbox),
            outbox: queue::count(outbox),
            dead: queue::count(dead),
            oldest: oldest.map(UnixMs),
        })
    }

    async fn idle(&self, ticket_id: u64) -> Result<bool, StoreError> {
        let waits: Option<(i64,)> =
            sqlx::query_as("SELECT 1 FROM line WHERE queue IN ('in', 'out') AND ticket_id = ?1")
                .bind(queue::id(ticket_id)?)
                .fetch_optional(&self.readers)
                .await
                .map_err(self.status.failed_read("idle"))?;
        Ok(waits.is_none())
    }

    async fn release_claims(&self, now: UnixMs) -> Result<(), StoreError> {
        self.writer
            .transaction("release_claims", move |db| {
                Box::pin(async move {
                    queue::set_aside(db, now).await?;
                    for sql in [
                        "UPDATE line SET held_until = NULL, token = NULL WHERE token IS NOT NULL",
                        "UPDATE message SET token = NULL WHERE state = 'waiting' AND token IS NOT NULL",
                        "UPDATE command SET lease_until = 0 WHERE status IS NULL AND lease_until > 0",
                    ] {
                        sqlx::query(sql).execute(&mut *db).await.map_err(during("release_claims"))?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn damage(&self) -> Result<Option<String>, StoreError> {
        integrity::damage(&self.readers).await
    }

    fn is_failing(&self) -> bool {
        self.status.is_failing()
    }

    async fn probe(&self, now: UnixMs) -> Result<(), StoreError> {
        self.status.note(self.file.check())?;
        self.writer
            .transaction("probe", move |db| {
                Box::pin(async move {
                    for room in [16_384, 0] {
                        sqlx::query(
                            "INSERT INTO probe (one, at, room) VALUES (1, ?1, zeroblob(?2))
                             ON CONFLICT DO UPDATE SET at = ?1, room = zeroblob(?2)",
                        )
                        .bind(now.0)
                        .bind(room)
                        .execute(&mut *db)
                        .await
                        .map_err(during("probe"))?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
