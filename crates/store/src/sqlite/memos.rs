//! Settings, watermarks, suggestions.

use async_trait::async_trait;
use schema::UnixMs;

use super::failure::during;
use super::{SqliteStore, line};
use crate::{Likeness, Memos, StoreError, Suggestion};

#[async_trait]
impl Memos for SqliteStore {
    async fn settings(&self) -> Result<Option<(String, String)>, StoreError> {
        sqlx::query_as("SELECT etag, json FROM settings")
            .fetch_optional(&self.readers)
            .await
            .map_err(during("settings"))
    }

    async fn watermark(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT value FROM watermark WHERE name = ?1")
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(during("watermark"))?;
        Ok(row.map(|row| row.0))
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
                        .bind(line::id(pair.zammad_user)?)
                        .bind(&pair.account_id)
                        .bind(if pair.how == Likeness::Email { "email" } else { "name" })
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

    async fn suggestions(&self, limit: usize) -> Result<Vec<Suggestion>, StoreError> {
        let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
            "SELECT zammad_user, account_id, how, at FROM suggestion ORDER BY zammad_user, how, account_id LIMIT ?1",
        )
        .bind(line::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(during("suggestions"))?;
        let pair = |(zammad_user, account_id, how, at): (i64, String, String, i64)| Suggestion {
            zammad_user: line::count(zammad_user),
            account_id,
            how: if how == "email" { Likeness::Email } else { Likeness::Name },
            at: UnixMs(at),
        };
        Ok(rows.into_iter().map(pair).collect())
    }
}
