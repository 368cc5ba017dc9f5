//! The one writer: a task that owns the only writing connection.
//!
//! Webhooks that wait at the same time are stored as a group: one statement, one commit, one sync. No webhook is delayed to
//! make a group larger; a group grows while the disk is busy with the previous one. Other writes run one transaction each,
//! in turn with the groups, so that neither starves the other.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::failure::during;
use super::queue;
use super::status::Status;
use crate::{Intake, Notification, StoreError};

/// Maximum number of webhooks in one commit.
pub(super) const GROUP: usize = 256;
/// Maximum number of waiting webhooks, and of other waiting writes. More are refused, since memory is limited.
const QUEUE: usize = 16_384;

/// A step of work inside a transaction, or the whole of one.
pub(super) type Step<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type Work = Box<dyn for<'a> FnOnce(&'a mut Disk) -> Step<'a, ()> + Send>;

/// A notification that waits to be stored.
struct Pending {
    notification: Notification,
    answer: oneshot::Sender<Result<Intake, StoreError>>,
}

/// Hands work to the writing task. Dropping it ends the task after its queued work.
pub(super) struct Writer {
    notifications: mpsc::Sender<Pending>,
    works: mpsc::Sender<Work>,
    status: Status,
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
}

impl Writer {
    /// Starts the task on an open connection; `options` are for opening the next one after a failure.
    pub(super) fn start(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        let (notifications, notification_queue) = mpsc::channel(QUEUE);
        let (works, work_queue) = mpsc::channel(QUEUE);
        let stop = Arc::new(Notify::new());
        let disk = Disk { options, connection: Some(connection) };
        #[expect(
            clippy::disallowed_methods,
            reason = "kept in `task`; it ends with the store, and its death fails every write"
        )]
        let task = tokio::spawn(run(disk, notification_queue, work_queue, Arc::clone(&stop)));
        Self { notifications, works, status: Status::default(), stop, task: Mutex::new(Some(task)) }
    }

    /// How the last operation ended; shared with the readers.
    pub(super) fn status(&self) -> Status {
        self.status.clone()
    }

    /// Stores a notification together with others that wait. It is queued at the first poll; from then on it is stored,
    /// whether or not the caller waits.
    pub(super) async fn receive(&self, notification: Notification) -> Result<Intake, StoreError> {
        let (answer, answered) = oneshot::channel();
        let stored = match enqueue(&self.notifications, Pending { notification, answer }, "receive") {
            Ok(()) => answered.await.map_err(|_| gone("receive")).flatten(),
            Err(error) => Err(error),
        };
        self.status.note(stored)
    }

    /// Runs `work` in a transaction of its own; `Ok` means committed and synced. An error rolls all of it back.
    pub(super) async fn transaction<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut SqliteConnection) -> Step<'a, Result<T, StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |disk| {
            Box::pin(async move {
                // The write is done even if the caller no longer waits.
                let _ = answer.send(disk.transaction(operation, work).await);
            })
        });
        let done = match enqueue(&self.works, work, operation) {
            Ok(()) => answered.await.map_err(|_| gone(operation)).flatten(),
            Err(error) => Err(error),
        };
        self.status.note(done)
    }

    /// Moves the log into the database file and empties it.
    pub(super) async fn checkpoint(&self) -> Result<(), StoreError> {
        self.plain("checkpoint", |disk| Box::pin(disk.checkpoint())).await
    }

    /// See [`super::SqliteStore::limit_pages`].
    pub(super) async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        self.plain("limit", move |disk| Box::pin(disk.limit_pages(pages))).await
    }

    /// Ends the task after the queued work. Returns the result of its last checkpoint.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.stop.notify_one();
        match self.task.lock().await.take() {
            None => Ok(()),
            Some(task) => task.await.map_err(|_| gone("close"))?,
        }
    }

    async fn plain<F>(&self, operation: &'static str, work: F) -> Result<(), StoreError>
    where
        F: for<'a> FnOnce(&'a mut Disk) -> Step<'a, Result<(), StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |disk| {
            Box::pin(async move {
                let _ = answer.send(work(disk).await);
            })
        });
        enqueue(&self.works, work, operation)?;
        answered.await.map_err(|_| gone(operation))?
    }
}

fn enqueue<T>(queue: &mpsc::Sender<T>, item: T, operation: &'static str) -> Result<(), StoreError> {
    queue.try_send(item).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => StoreError::Unavailable { operation, code: "QUEUE_FULL".to_owned() },
        mpsc::error::TrySendError::Closed(_) => gone(operation),
    })
}

fn gone(operation: &'static str) -> StoreError {
    StoreError::Unavailable { operation, code: "CLOSED".to_owned() }
}

async fn run(
    mut disk: Disk,
    mut notifications: mpsc::Receiver<Pending>,
    mut works: mpsc::Receiver<Work>,
    stop: Arc<Notify>,
) -> Result<(), StoreError> {
    let mut group = Vec::with_capacity(GROUP);
    let mut open = true;
    loop {
        tokio::select! {
            biased;
            () = stop.notified(), if open => {
                // Queued work is still done; new work is refused.
                open = false;
                notifications.close();
                works.close();
            }
            taken = notifications.recv_many(&mut group, GROUP) => {
                if taken == 0 {
                    break;
                }
                disk.receive(&mut group).await;
                if let Ok(work) = works.try_recv() {
                    work(&mut disk).await;
                }
            }
            Some(work) = works.recv() => work(&mut disk).await,
        }
    }
    while let Some(work) = works.recv().await {
        work(&mut disk).await;
    }
    let flushed = disk.checkpoint().await;
    disk.discard().await;
    flushed
}

/// The writing connection. It is replaced after a failure, since SQLite may have rolled back by itself.
struct Disk {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
}

impl Disk {
    async fn connection(&mut self, operation: &'static str) -> Result<&mut SqliteConnection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(during(operation))?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn discard(&mut self) {
        if let Some(connection) = self.connection.take() {
            // A connection that cannot be closed is dropped; the failed write has already reported the error.
            let _ = connection.close().await;
        }
    }

    async fn limit_pages(&mut self, pages: u32) -> Result<(), StoreError> {
        self.options = self.options.clone().pragma("max_page_count", pages.to_string());
        self.discard().await;
        Ok(())
    }

    async fn checkpoint(&mut self) -> Result<(), StoreError> {
        let connection = self.connection("checkpoint").await?;
        let busy: (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(connection)
            .await
            .map_err(during("checkpoint"))?;
        if busy.0 != 0 {
            return Err(StoreError::Unavailable { operation: "checkpoint", code: "SQLITE_BUSY".to_owned() });
        }
        Ok(())
    }

    async fn transaction<T, F>(&mut self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut SqliteConnection) -> Step<'a, Result<T, StoreError>>,
    {
        let result = self.attempt(operation, work).await;
        if !matches!(result, Ok(_) | Err(StoreError::Fenced { .. })) {
            self.discard().await;
        }
        result
    }

    async fn attempt<T, F>(&mut self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut SqliteConnection) -> Step<'a, Result<T, StoreError>>,
    {
        let connection = self.connection(operation).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(during(operation))?;
        match work(&mut transaction).await {
            Ok(value) => transaction.commit().await.map_err(during(operation)).map(|()| value),
            Err(error) => {
                transaction.rollback().await.map_err(during(operation))?;
                Err(error)
            }
        }
    }

    /// Stores a group, all of it or nothing, and sends each caller the result.
    async fn receive(&mut self, group: &mut Vec<Pending>) {
        match self.store(group).await {
            Ok(mut stored) => {
                for pending in group.drain(..) {
                    // The first of several with the same delivery is the one that was stored.
                    let intake =
                        if stored.remove(&pending.notification.delivery) { Intake::Stored } else { Intake::Duplicate };
                    let _ = pending.answer.send(Ok(intake));
                }
            }
            Err(error) => {
                self.discard().await;
                for pending in group.drain(..) {
                    let _ = pending.answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// Stores a group. Returns the delivery ids that were not stored before.
    async fn store(&mut self, group: &[Pending]) -> Result<HashSet<String>, StoreError> {
        let rows = group
            .iter()
            .map(|Pending { notification, .. }| {
                (&notification.delivery, notification.ticket_id, notification.article_id, notification.received_at)
            })
            .collect::<Vec<_>>();
        let rows = queue::json(&rows)?;
        let connection = self.connection("receive").await?;
        let stored: Vec<(String,)> = sqlx::query_as(
            "INSERT INTO doorbell (delivery, ticket_id, article_id, received_at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true ORDER BY key
             ON CONFLICT (delivery) DO NOTHING RETURNING delivery",
        )
        .bind(rows)
        .fetch_all(connection)
        .await
        .map_err(during("receive"))?;
        Ok(stored.into_iter().map(|row| row.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::super::{SqliteStore, open};
    use super::*;

    fn notification(delivery: &str) -> Notification {
        Notification { delivery: delivery.to_owned(), ticket_id: 7, article_id: None, received_at: UnixMs(1) }
    }

    /// Q3: a disk that was mounted read-only under a running process, and back. A test cannot mount, so the writer is
    /// given a connection that may not write, and options for the next one that may.
    #[tokio::test]
    async fn q3_a_read_only_database_is_unavailable_and_heals() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connector.db");
        SqliteStore::open(&path).await.unwrap().close().await.unwrap();
        let options = open::writing(&path);
        let connection = options.clone().read_only(true).connect().await.unwrap();
        let writer = Writer::start(options, connection);

        // Both wait in one group, and both get the error.
        let (one, two) = tokio::join!(writer.receive(notification("d1")), writer.receive(notification("d2")));
        let readonly = Err(StoreError::Unavailable { operation: "receive", code: "SQLITE_READONLY".to_owned() });
        assert_eq!((one, two), (readonly.clone(), readonly));
        assert_eq!(writer.receive(notification("d1")).await, Ok(Intake::Stored));
        assert_eq!(writer.receive(notification("d2")).await, Ok(Intake::Stored));
    }

    #[tokio::test]
    async fn a_failed_step_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("connector.db")).await.unwrap();
        let failed = store.writer.transaction("test", |db| {
            Box::pin(async move {
                queue::token(&mut *db).await?;
                Err::<(), _>(StoreError::Fenced { what: "the test" })
            })
        });
        assert_eq!(failed.await, Err(StoreError::Fenced { what: "the test" }));
        let token = store.writer.transaction("test", |db| Box::pin(queue::token(db))).await;
        assert_eq!(token, Ok(1), "the first token was rolled back");
    }
}
