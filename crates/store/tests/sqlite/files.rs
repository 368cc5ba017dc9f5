//! The kind and mode of the database file (docs/testing.md C4).

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use sqlx::Executor;
use store::{Inbox, Intake};

use crate::{Place, notification, refusal};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let place = Place::new();
    let store = place.store().await;
    store.receive(notification("d1", 7)).await.unwrap();
    let mut files = 0;
    for file in fs::read_dir(place.folder.path()).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and the log's index");
}

#[tokio::test]
async fn a_readable_file_is_closed_to_others() {
    let place = Place::new();
    place.store().await.close().await.unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o644)).unwrap();
    fs::write(place.folder.path().join("connector.db-wal"), "").unwrap();
    fs::set_permissions(place.folder.path().join("connector.db-wal"), Permissions::from_mode(0o666)).unwrap();
    let store = place.store().await;
    store.receive(notification("d1", 7)).await.unwrap();
    for file in ["connector.db", "connector.db-wal", "connector.db-shm"] {
        assert_eq!(mode(&place.folder.path().join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn closing_leaves_one_file_with_everything() {
    let place = Place::new();
    let store = place.store().await;
    store.receive(notification("d1", 7)).await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 1);
    let closed = store.receive(notification("d2", 7)).await.unwrap_err();
    assert_eq!(closed.to_string(), "store unavailable during receive: CLOSED");
    assert_eq!(place.store().await.receive(notification("d1", 7)).await, Ok(Intake::Duplicate));
}

#[tokio::test]
async fn c4_a_symlink_is_refused() {
    let place = Place::new();
    place.store().await.close().await.unwrap();
    let link = place.folder.path().join("link.db");
    symlink(place.path(), &link).unwrap();
    assert_eq!(refusal(&link).await, "the path is a symbolic link");
    symlink("/nonexistent", place.folder.path().join("connector.db-wal")).unwrap();
    assert_eq!(refusal(&place.path()).await, "the path is a symbolic link", "the log as well");
}

#[tokio::test]
async fn c4_a_directory_is_refused() {
    let place = Place::new();
    assert_eq!(refusal(place.folder.path()).await, "the path is not a regular file");
}

#[tokio::test]
async fn c4_a_fifo_is_refused_without_waiting_for_its_writer() {
    let place = Place::new();
    let made = std::process::Command::new("mkfifo").arg(place.path()).status().unwrap();
    assert!(made.success());
    assert_eq!(refusal(&place.path()).await, "the path is not a regular file");
}

#[tokio::test]
async fn a_missing_folder_is_refused() {
    assert_eq!(refusal(Path::new("/nonexistent/connector.db")).await, "entity not found");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let place = Place::new();
    place.store().await.close().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'from the future', 1, x'00', 0)";
    place.foreign().await.execute(newer).await.unwrap();
    assert_eq!(refusal(&place.path()).await, "its schema (9999) is newer than this program");
}

#[tokio::test]
async fn a_changed_schema_is_refused() {
    let place = Place::new();
    place.store().await.close().await.unwrap();
    place.foreign().await.execute("UPDATE _sqlx_migrations SET checksum = x'00'").await.unwrap();
    assert_eq!(refusal(&place.path()).await, "its schema (1) is not the one this program knows");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let place = Place::new();
    place.foreign().await.execute("CREATE TABLE theirs (x)").await.unwrap();
    assert_eq!(refusal(&place.path()).await, "the file is a database of another program");
    let tables: (i64,) =
        sqlx::query_as("SELECT count(*) FROM sqlite_schema").fetch_one(&mut place.foreign().await).await.unwrap();
    assert_eq!(tables.0, 1);
}

#[tokio::test]
async fn a_corrupt_file_is_refused() {
    let place = Place::new();
    fs::write(place.path(), "not a database, but long enough to have a header of one hundred bytes".repeat(20))
        .unwrap();
    assert_eq!(refusal(&place.path()).await, "SQLITE_NOTADB");
}
