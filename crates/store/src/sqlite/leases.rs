//! Named leases with fencing.

use async_trait::async_trait;
use schema::UnixMs;

use super::SqliteStore;
use super::failure::during;
use crate::{Fence, Leases, StoreError};

#[async_trait]
impl Leases for SqliteStore {
    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        now: UnixMs,
        ttl_ms: i64,
    ) -> Result<Option<Fence>, StoreError> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.writer
            .transaction("acquire_lease", move |db| {
                Box::pin(async move {
                    // A holder whose lease expired gets a new number: work started under the old one is void. A lease that
                    // lasts longer than two of its own was stored before the clock was set back, and is over.
                    let granted: Vec<(i64,)> = sqlx::query_as(
                        "INSERT INTO lease (name, holder, fence, held_until) VALUES (?1, ?2, 1, ?4)
                         ON CONFLICT DO UPDATE SET holder = ?2, held_until = ?4,
                           fence = fence + (holder <> ?2 OR held_until <= ?3)
                         WHERE holder = ?2 OR held_until <= ?3 OR held_until > ?5
                         RETURNING fence",
                    )
                    .bind(name)
                    .bind(holder)
                    .bind(now.0)
                    .bind(now.plus(ttl_ms).0)
                    .bind(now.plus(2 * ttl_ms).0)
                    .fetch_all(db)
                    .await
                    .map_err(during("acquire_lease"))?;
                    Ok(granted.first().map(|row| Fence(row.0)))
                })
            })
            .await
    }

    async fn holds_lease(&self, name: &str, fence: Fence, now: UnixMs) -> Result<bool, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("SELECT 1 FROM lease WHERE name = ?1 AND fence = ?2 AND held_until > ?3")
                .bind(name)
                .bind(fence.0)
                .bind(now.0)
                .fetch_optional(&self.readers)
                .await
                .map_err(self.status.failed_read("holds_lease"))?;
        Ok(row.is_some())
    }

    async fn release_lease(&self, name: &str, fence: Fence) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.writer
            .transaction("release_lease", move |db| {
                Box::pin(async move {
                    // The row stays, so that the number never decreases.
                    sqlx::query("UPDATE lease SET held_until = 0 WHERE name = ?1 AND fence = ?2")
                        .bind(name)
                        .bind(fence.0)
                        .execute(db)
                        .await
                        .map_err(during("release_lease"))?;
                    Ok(())
                })
            })
            .await
    }
}
