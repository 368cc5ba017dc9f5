//! SQLite's result codes as [`StoreError`]s. The texts of SQLite are dropped: some quote what was stored.

use sqlx::Error;

use crate::StoreError;

/// Converts a failure during `operation`.
pub(super) fn during(operation: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| {
        let (code, healable) = classify(&error);
        if healable {
            StoreError::Unavailable { operation, code: code.to_owned() }
        } else {
            StoreError::Corrupt(format!("{operation}: {code}"))
        }
    }
}

/// The short name of a failure, and whether the same call may work later.
pub(super) fn classify(error: &Error) -> (&'static str, bool) {
    match error {
        Error::Database(error) => {
            let code = error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(-1);
            // Extended codes keep the primary one in the low byte (https://sqlite.org/rescode.html).
            primary(code & 0xff)
        }
        Error::Io(_) => ("IO", true),
        Error::PoolTimedOut => ("READERS_BUSY", true),
        Error::PoolClosed => ("CLOSED", true),
        Error::WorkerCrashed => ("WORKER_CRASHED", true),
        Error::BeginFailed | Error::InvalidSavePointStatement => ("BEGIN_FAILED", true),
        Error::ColumnDecode { .. } | Error::Decode(_) | Error::ColumnIndexOutOfBounds { .. } => {
            ("UNREADABLE_ROW", false)
        }
        Error::RowNotFound => ("ROW_MISSING", false),
        _ => ("DRIVER", false),
    }
}

fn primary(code: i32) -> (&'static str, bool) {
    match code {
        3 => ("SQLITE_PERM", true),
        5 => ("SQLITE_BUSY", true),
        6 => ("SQLITE_LOCKED", true),
        7 => ("SQLITE_NOMEM", true),
        8 => ("SQLITE_READONLY", true),
        9 => ("SQLITE_INTERRUPT", true),
        10 => ("SQLITE_IOERR", true),
        13 => ("SQLITE_FULL", true),
        14 => ("SQLITE_CANTOPEN", true),
        15 => ("SQLITE_PROTOCOL", true),
        1 => ("SQLITE_ERROR", false),
        11 => ("SQLITE_CORRUPT", false),
        17 => ("SQLITE_SCHEMA", false),
        18 => ("SQLITE_TOOBIG", false),
        19 => ("SQLITE_CONSTRAINT", false),
        20 => ("SQLITE_MISMATCH", false),
        26 => ("SQLITE_NOTADB", false),
        _ => ("SQLITE_OTHER", false),
    }
}
