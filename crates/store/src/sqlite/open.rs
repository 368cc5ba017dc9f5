//! Opens the database: checks the file, sets up the connections and brings the schema up to date.

use std::fs::{self, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use super::failure::classify;
use super::writer::{GROUP, Writer};
use crate::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("src/sqlite/migrations");

/// SQLite's `application_id` of the connector's databases; see migrations/0001_init.sql.
const APPLICATION_ID: i32 = 0x435A_6D64;
/// How long a statement waits for another process's lock. Zammad waits at least 30 s for the response to a webhook.
const BUSY: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log before it is moved into the database: bounds the log and the longest commit.
const CHECKPOINT_PAGES: &str = "1000";
/// Bytes the log file keeps after a checkpoint.
const LOG_BYTES: &str = "16777216";

/// Opens the file at `path`: the writer, and a pool that can only read.
pub(super) async fn open(path: &Path) -> Result<(Writer, SqlitePool), StoreError> {
    let path = std::path::absolute(path).map_err(|error| StoreError::Open(error.to_string()))?;
    let prepared = path.clone();
    tokio::task::spawn_blocking(move || prepare(&prepared))
        .await
        .map_err(|_| StoreError::Open("the file check ended early".to_owned()))??;

    let options = writing(&path);
    let mut connection = options.connect().await.map_err(|error| refused(&error))?;
    migrate(&mut connection).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(2)
        .acquire_timeout(BUSY)
        .connect_lazy_with(common(&path).read_only(true));
    Ok((Writer::start(options, connection), readers))
}

fn common(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        // Temporary files would land outside of the data volume, in a container whose root is read-only.
        .pragma("temp_store", "2")
        .disable_statement_logging()
}

/// Returns the connection options of the writer.
pub(super) fn writing(path: &Path) -> SqliteConnectOptions {
    common(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", LOG_BYTES)
        // A wiped message must not stay readable in a free page.
        .pragma("secure_delete", "1")
        // All rows of a group fit, so that SQLite's thread never waits for the reader of its rows.
        .row_buffer_size(GROUP + 1)
}

/// Ensures that there is a regular file at `path` that only its owner can read; creates it if there is none.
fn prepare(path: &Path) -> Result<(), StoreError> {
    let open = |error: std::io::Error| StoreError::Open(error.kind().to_string());
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(open)?;
            // The folder is synced too, so that the new file still exists after a power failure.
            let folder = path.parent().unwrap_or(path);
            fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(open)?;
        }
        Err(error) => return Err(open(error)),
        Ok(_) => restrict(path)?,
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        restrict(&PathBuf::from(beside))?;
    }
    Ok(())
}

/// Refuses anything but a regular file, and restricts one that others can read to its owner. A missing file is no error.
fn restrict(path: &Path) -> Result<(), StoreError> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::Open(error.kind().to_string())),
        Ok(metadata) => metadata,
    };
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return Err(StoreError::Open("the path is a symbolic link".to_owned()));
    }
    if !kind.is_file() {
        return Err(StoreError::Open("the path is not a regular file".to_owned()));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        // Operator: nothing to do; find out what had opened the file to others.
        tracing::warn!("database file was accessible to other users; restricted to its owner");
        fs::set_permissions(path, Permissions::from_mode(0o600))
            .map_err(|error| StoreError::Open(format!("cannot restrict access: {}", error.kind())))?;
    }
    Ok(())
}

async fn migrate(db: &mut SqliteConnection) -> Result<(), StoreError> {
    let (tables, application): (i64, i32) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT application_id FROM pragma_application_id)",
    )
    .fetch_one(&mut *db)
    .await
    .map_err(|error| refused(&error))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(StoreError::Open("the file is a database of another program".to_owned()));
    }
    MIGRATIONS.run_direct(None, db, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => {
            StoreError::Open(format!("its schema ({version}) is newer than this program"))
        }
        MigrateError::VersionMismatch(version) => {
            StoreError::Open(format!("its schema ({version}) is not the one this program knows"))
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => refused(&error),
        _ => StoreError::Open("its schema could not be brought up to date".to_owned()),
    })
}

fn refused(error: &sqlx::Error) -> StoreError {
    StoreError::Open(classify(error).0.to_owned())
}
