//! Settings, watermarks, suggestions.

use async_trait::async_trait;
use schema::UnixMs;

use super::failure::during;
use super::names::{matched_by, matched_by_name};
use super::{SqliteStore, queue};
use crate::{Metadata, StoreError, StoredSettings, Suggestion};

#[async_trait]
impl Metadata for SqliteStore {
    async fn settings(&self) -> Result<Option<StoredSettings>, StoreError> {
        let row: Option<(String, String)> = sqlx::query_as("SELECT etag, json FROM settings")
            .fetch_optional(&self.readers)
            .await
            .map_err(self.status.failed_read("settings"))?;
        Ok(row.map(|(etag, json)| StoredSettings { etag, json }))
    }

    async fn watermark(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT value FROM watermark WHERE name = ?1")
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(self.status.failed_read("watermark"))?;
        Ok(row.map(|row| row.0))
    }

    async fn watermarks(&self, prefix: &str) -> Result<Vec<(String, String)>, StoreError> {
        sqlx::query_as("SELECT name, value FROM watermark WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name")
            .bind(prefix)
            .fetch_all(&self.readers)
            .await
            .map_err(self.status.failed_read("watermarks"))
    }

    async fn suggest(&self, suggestions: Vec<Suggestion>) -> Result<(), StoreError> {
        self.writer
            .transaction("suggest", move |db| {
                Box::pin(async move {
                    for pair in suggestions {
                        sqlx::query(
                            "INSERT INTO suggestion (zammad_user, account_id, how, at) VALUES (?1, ?2, ?3, ?4)
                             ON CONFLICT DO UPDATE SET at = ?4, how = CASE how WHEN 'email' THEN how ELSE ?3 END",
                        )
                        .bind(queue::id(pair.zammad_user)?)
                        .bind(&pair.account_id)
                        .bind(matched_by_name(pair.matched_by))
                        .bind(pair.at.0)
                        .execute(&mut *db)
                        .await
                        .map_err(during("suggest"))?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn forget_accounts(&self, account_ids: &[String]) -> Result<u64, StoreError> {
        let ids = queue::json(&account_ids)?;
        self.writer
            .transaction("forget_accounts", move |db| {
                Box::pin(async move {
                    let mut count = 0;
                    for statement in [
                        "DELETE FROM suggestion WHERE account_id IN (SELECT value FROM json_each(?1))",
                        "UPDATE base SET value = json_remove(value, '$.snapshot.assignee.name')
                         WHERE field = 'issue' AND json_extract(value, '$.snapshot.assignee.accountId')
                               IN (SELECT value FROM json_each(?1))",
                        "UPDATE base SET value = json_remove(value, '$.snapshot.reporter.name')
                         WHERE field = 'issue' AND json_extract(value, '$.snapshot.reporter.accountId')
                               IN (SELECT value FROM json_each(?1))",
                    ] {
                        let done = sqlx::query(statement).bind(&ids).execute(&mut *db).await;
                        count += done.map_err(during("forget_accounts"))?.rows_affected();
                    }
                    Ok(count)
                })
            })
            .await
    }

    async fn suggestions(&self, limit: usize) -> Result<Vec<Suggestion>, StoreError> {
        let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
            "SELECT zammad_user, account_id, how, at FROM suggestion ORDER BY zammad_user, how, account_id LIMIT ?1",
        )
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("suggestions"))?;
        let pair = |(zammad_user, account_id, how, at): (i64, String, String, i64)| Suggestion {
            zammad_user: queue::count(zammad_user),
            account_id,
            matched_by: matched_by(&how),
            at: UnixMs(at),
        };
        Ok(rows.into_iter().map(pair).collect())
    }
}
