//! The two queues of tickets: finding the next ticket does not depend on how many wait. Both are in the table `line`.

use schema::UnixMs;
use sqlx::SqliteConnection;

use super::failure::during;
use crate::StoreError;

/// Which queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// Tickets to read.
    In,
    /// Tickets with messages for Forge.
    Out,
}

impl Queue {
    /// As stored.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// Frees the tickets whose lease or waiting time is over. The token stays until the ticket is taken again: until then the
/// old holder may still finish.
pub(super) async fn release(db: &mut SqliteConnection, queue: Queue, now: UnixMs) -> Result<(), StoreError> {
    sqlx::query("UPDATE line SET held_until = NULL, deferred = 0 WHERE queue = ?1 AND held_until <= ?2")
        .bind(queue.name())
        .bind(now.0)
        .execute(db)
        .await
        .map_err(during("release"))?;
    Ok(())
}

/// A token that was never used before.
pub(super) async fn token(db: &mut SqliteConnection) -> Result<i64, StoreError> {
    // Not fetch_one: it would stop before the statement has ended and swallow the error of its end.
    let rows: Vec<(i64,)> = sqlx::query_as("UPDATE token SET last = last + 1 RETURNING last")
        .fetch_all(db)
        .await
        .map_err(during("token"))?;
    rows.first().map(|row| row.0).ok_or_else(|| StoreError::Corrupt("token: ROW_MISSING".to_owned()))
}

/// An id as SQLite can hold it.
pub(super) fn id(id: u64) -> Result<i64, StoreError> {
    i64::try_from(id).map_err(|_| StoreError::Corrupt("an id is beyond 2^63".to_owned()))
}

/// An id or number as stored; SQLite counts are never negative, and ids came in through [`id`].
pub(super) fn count(stored: i64) -> u64 {
    stored.unsigned_abs()
}

/// At most so many rows.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Values as one JSON parameter: one statement for many rows, since each statement of sqlx is a hop to another thread.
pub(super) fn json<T: serde::Serialize>(values: &T) -> Result<String, StoreError> {
    serde_json::to_string(values).map_err(|_| StoreError::Corrupt("a value has no JSON form".to_owned()))
}
