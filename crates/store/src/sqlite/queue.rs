//! The two queues of tickets, both in the table `line`. The time to find the next ticket does not depend on how many wait.

use schema::UnixMs;
use sqlx::SqliteConnection;

use super::failure::during;
use crate::StoreError;
use crate::inbox::STOPS_THE_PROCESS;

/// One of the queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// Tickets to read.
    In,
    /// Tickets with messages for Forge.
    Out,
}

impl Queue {
    /// Returns the stored name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// Longest lease on a ticket and longest claim of messages: twice what callers ask for.
const LONGEST_LEASE_MS: i64 = 180_000;
/// Longest pause before a retry: callers ask for at most an hour, until Jira's rate limit begins anew.
pub(super) const LONGEST_RETRY_MS: i64 = 3_700_000;
/// Longest time for which a visit is postponed: callers ask for at most an hour.
const LONGEST_DEFERRAL_MS: i64 = 7_200_000;

/// Pause before a ticket is tried again that ended the process three times, in milliseconds; it doubles each further time.
const ASIDE_MS: i64 = 60_000;
/// The longest of these pauses.
const LONGEST_ASIDE_MS: i64 = 900_000;

/// Frees the tickets whose lease or waiting time is over. A time further away than anybody asks for was stored before the clock
/// was set back, and is over too: a ticket must not wait for a day because of it. The token stays until the ticket is taken again: until then the
/// old holder may still finish.
pub(super) async fn release(db: &mut SqliteConnection, queue: Queue, now: UnixMs) -> Result<(), StoreError> {
    let sql = "UPDATE line SET held_until = NULL, deferred = 0 WHERE queue = ?1 AND
                 (held_until <= ?2 OR held_until > ?2 + CASE WHEN token IS NOT NULL THEN ?3 WHEN deferred THEN ?5 ELSE ?4 END)";
    sqlx::query(sql)
        .bind(queue.name())
        .bind(now.0)
        .bind(LONGEST_LEASE_MS)
        .bind(LONGEST_RETRY_MS)
        .bind(LONGEST_DEFERRAL_MS)
        .execute(db)
        .await
        .map_err(during("release"))?;
    Ok(())
}

/// Counts the tickets on which a process worked when it ended, and sets aside those that were among them three times in a row: a
/// ticket that stops the process must not stop it for ever.
pub(super) async fn set_aside(db: &mut SqliteConnection, now: UnixMs) -> Result<(), StoreError> {
    sqlx::query("UPDATE line SET interrupted = interrupted + 1 WHERE queue = 'in' AND token IS NOT NULL")
        .execute(&mut *db)
        .await
        .map_err(during("set_aside"))?;
    sqlx::query(
        "UPDATE line SET held_until = ?1 + min(?2, ?3 * (1 << min(interrupted - 3, 10))), token = NULL, code = ?4
         WHERE queue = 'in' AND token IS NOT NULL AND interrupted >= 3",
    )
    .bind(now.0)
    .bind(LONGEST_ASIDE_MS)
    .bind(ASIDE_MS)
    .bind(STOPS_THE_PROCESS)
    .execute(db)
    .await
    .map_err(during("set_aside"))?;
    Ok(())
}

/// Returns a token that was never used before.
pub(super) async fn token(db: &mut SqliteConnection) -> Result<i64, StoreError> {
    // Not fetch_one: it stops before the statement has ended, so an error at the end would be lost.
    let rows: Vec<(i64,)> = sqlx::query_as("UPDATE token SET last = last + 1 RETURNING last")
        .fetch_all(db)
        .await
        .map_err(during("token"))?;
    rows.first().map(|row| row.0).ok_or_else(|| StoreError::Corrupt("token: ROW_MISSING".to_owned()))
}

/// Converts an id to SQLite's integer type; fails for 2^63 or more.
pub(super) fn id(id: u64) -> Result<i64, StoreError> {
    i64::try_from(id).map_err(|_| StoreError::Corrupt("an id is beyond 2^63".to_owned()))
}

/// Converts a stored id or count, which is never negative: ids are written with [`id`].
pub(super) fn count(stored: i64) -> u64 {
    stored.unsigned_abs()
}

/// Converts a maximum number of rows.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Converts values to one JSON parameter, so that one statement writes many rows: sqlx runs each statement on another thread.
pub(super) fn json<T: serde::Serialize>(values: &T) -> Result<String, StoreError> {
    serde_json::to_string(values).map_err(|_| StoreError::Corrupt("a value has no JSON form".to_owned()))
}
