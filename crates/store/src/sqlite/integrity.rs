//! Whether the database is still the one that was opened, and undamaged.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sqlx::SqlitePool;

use super::failure::{classify, during};
use crate::StoreError;

/// The database file, as it was when it was opened.
#[derive(Debug)]
pub(super) struct OpenedFile {
    path: PathBuf,
    /// Device and inode.
    identity: Option<(u64, u64)>,
}

impl OpenedFile {
    pub(super) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), identity: identity(path) }
    }

    /// Fails if there is no file, or another one, at the path: SQLite would write on into a file that nobody can find.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if identity(&self.path) == self.identity {
            return Ok(());
        }
        Err(StoreError::Unavailable { operation: "probe", code: "FILE_REPLACED".to_owned() })
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// The first finding of SQLite's check of all tables and indexes.
pub(super) async fn damage(readers: &SqlitePool) -> Result<Option<String>, StoreError> {
    let found: Result<Vec<(String,)>, sqlx::Error> =
        sqlx::query_as("PRAGMA integrity_check(1)").fetch_all(readers).await;
    match found {
        Ok(rows) => Ok(rows.into_iter().map(|(text,)| text).find(|text| text != "ok")),
        Err(error) if matches!(classify(&error).0, "SQLITE_CORRUPT" | "SQLITE_NOTADB") => {
            Ok(Some(classify(&error).0.to_owned()))
        }
        Err(error) => Err(during("damage")(error)),
    }
}
