//! History and troubles.

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::FromRow;

use super::names::side;
use super::recheck::COMPARISONS;
use super::{SqliteStore, queue};
use crate::{Change, DriftFindings, Journal, StoreError, Subject, TroubleRow};

#[derive(FromRow)]
struct TroubleColumns {
    ticket_id: i64,
    issue_id: String,
    field: String,
    code: String,
    detail: Option<String>,
    since: i64,
    at: i64,
}

impl From<TroubleColumns> for TroubleRow {
    fn from(row: TroubleColumns) -> Self {
        Self {
            ticket_id: queue::count(row.ticket_id),
            issue_id: row.issue_id,
            subject: Subject::from(row.field.as_str()),
            code: row.code,
            detail: row.detail,
            since: UnixMs(row.since),
            at: UnixMs(row.at),
        }
    }
}

#[derive(FromRow)]
struct ChangeColumns {
    ticket_id: i64,
    issue_id: String,
    field: String,
    side: String,
    actor: Option<String>,
    message_id: String,
    at: i64,
    conflict: bool,
    kept: Option<String>,
    lost: Option<String>,
}

impl From<ChangeColumns> for Change {
    fn from(row: ChangeColumns) -> Self {
        Self {
            ticket_id: queue::count(row.ticket_id),
            issue_id: row.issue_id,
            field: row.field,
            side: side(&row.side),
            actor: row.actor,
            message_id: row.message_id,
            at: UnixMs(row.at),
            conflict: row.conflict,
            kept: row.kept,
            lost: row.lost,
        }
    }
}

#[async_trait]
impl Journal for SqliteStore {
    async fn troubles(&self, limit: usize) -> Result<Vec<TroubleRow>, StoreError> {
        let rows: Vec<TroubleColumns> =
            sqlx::query_as("SELECT * FROM trouble ORDER BY since, ticket_id, issue_id, field LIMIT ?1")
                .bind(queue::limit(limit))
                .fetch_all(&self.readers)
                .await
                .map_err(self.status.failed_read("troubles"))?;
        Ok(rows.into_iter().map(TroubleRow::from).collect())
    }

    async fn troubles_of(&self, ticket_id: u64, issue_id: &str) -> Result<Vec<TroubleRow>, StoreError> {
        let rows: Vec<TroubleColumns> =
            sqlx::query_as("SELECT * FROM trouble WHERE ticket_id = ?1 AND issue_id = ?2 ORDER BY field")
                .bind(queue::id(ticket_id)?)
                .bind(issue_id)
                .fetch_all(&self.readers)
                .await
                .map_err(self.status.failed_read("troubles_of"))?;
        Ok(rows.into_iter().map(TroubleRow::from).collect())
    }

    async fn changes(&self, ticket_id: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let rows: Vec<ChangeColumns> =
            sqlx::query_as("SELECT * FROM change WHERE ticket_id = ?1 ORDER BY seq DESC LIMIT ?2")
                .bind(queue::id(ticket_id)?)
                .bind(queue::limit(limit))
                .fetch_all(&self.readers)
                .await
                .map_err(self.status.failed_read("changes"))?;
        Ok(rows.into_iter().map(Change::from).collect())
    }

    async fn drift_findings(&self, since: UnixMs) -> Result<DriftFindings, StoreError> {
        let (differed, repaired): (i64, i64) = sqlx::query_as(
            "SELECT count(*), count(*) FILTER (WHERE NOT EXISTS
               (SELECT 1 FROM trouble WHERE trouble.ticket_id = one.ticket_id AND trouble.issue_id = one.issue_id))
             FROM (SELECT DISTINCT ticket_id, issue_id FROM change
                   WHERE at >= ?2 AND EXISTS
                     (SELECT 1 FROM json_each(?1) WHERE substr(found_by, 1, length(value)) = value)) AS one",
        )
        .bind(queue::json(&COMPARISONS)?)
        .bind(since.0)
        .fetch_one(&self.readers)
        .await
        .map_err(self.status.failed_read("drift_findings"))?;
        Ok(DriftFindings { differed: queue::count(differed), repaired: queue::count(repaired) })
    }

    async fn prune_changes(&self, before: UnixMs) -> Result<u64, StoreError> {
        self.prune(
            "prune_changes",
            "DELETE FROM change WHERE seq IN (SELECT seq FROM change WHERE at < ?1 ORDER BY at LIMIT ?2)",
            before,
        )
        .await
    }
}
