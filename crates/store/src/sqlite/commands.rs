//! The log of applied commands from Jira.

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::SqliteConnection;

use super::failure::during;
use super::names::{RETRY, ack, ack_name};
use super::{SqliteStore, effects, queue};
use crate::{AckRow, Claim, Commands, Effects, StoreError};

#[async_trait]
impl Commands for SqliteStore {
    async fn claim_command(&self, id: &str, now: UnixMs, lease_ms: i64) -> Result<Claim, StoreError> {
        let id = id.to_owned();
        self.writer
            .transaction("claim_command", move |db| {
                Box::pin(async move { claim(db, &id, now, now.plus(lease_ms)).await })
            })
            .await
    }

    async fn finish_command(&self, ack: AckRow, effects: Effects, now: UnixMs) -> Result<(), StoreError> {
        self.writer
            .transaction("finish_command", move |db| {
                Box::pin(async move {
                    effects::apply(db, &effects, None).await?;
                    sqlx::query(
                        "INSERT INTO command (id, lease_until, status, code, applied_at, ack_pending)
                         VALUES (?1, 0, ?2, ?3, ?4, 1)
                         ON CONFLICT DO UPDATE SET status = ?2, code = ?3, applied_at = ?4, ack_pending = 1
                         WHERE status IS NULL OR status = 'failed'",
                    )
                    .bind(&ack.command_id)
                    .bind(ack_name(ack.status))
                    .bind(&ack.code)
                    .bind(now.0)
                    .execute(db)
                    .await
                    .map_err(during("finish_command"))?;
                    Ok(())
                })
            })
            .await
    }

    async fn release_command(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.writer
            .transaction("release_command", move |db| {
                Box::pin(async move {
                    // The row stays: the failed attempt may have written something, so the next claim is `Interrupted`.
                    sqlx::query("UPDATE command SET lease_until = 0 WHERE id = ?1 AND status IS NULL")
                        .bind(id)
                        .execute(db)
                        .await
                        .map_err(during("release_command"))?;
                    Ok(())
                })
            })
            .await
    }

    async fn pending_acks(&self, limit: usize) -> Result<Vec<AckRow>, StoreError> {
        let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT id, status, code FROM command WHERE ack_pending = 1 ORDER BY applied_at, seq LIMIT ?1",
        )
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("pending_acks"))?;
        let row = |(command_id, status, code): (String, String, _)| AckRow { command_id, status: ack(&status), code };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn acks_delivered(&self, command_ids: &[String]) -> Result<(), StoreError> {
        let ids = queue::json(&command_ids)?;
        self.writer
            .transaction("acks_delivered", move |db| {
                Box::pin(async move {
                    sqlx::query("UPDATE command SET ack_pending = 0 WHERE id IN (SELECT value FROM json_each(?1))")
                        .bind(ids)
                        .execute(db)
                        .await
                        .map_err(during("acks_delivered"))?;
                    Ok(())
                })
            })
            .await
    }

    async fn prune_commands(&self, before: UnixMs) -> Result<u64, StoreError> {
        self.prune(
            "prune_commands",
            "DELETE FROM command WHERE seq IN
             (SELECT seq FROM command WHERE status IS NOT NULL AND applied_at < ?1 AND ack_pending = 0 LIMIT ?2)",
            before,
        )
        .await
    }
}

async fn claim(db: &mut SqliteConnection, id: &str, now: UnixMs, until: UnixMs) -> Result<Claim, StoreError> {
    let known: Option<(i64, Option<String>)> = sqlx::query_as("SELECT lease_until, status FROM command WHERE id = ?1")
        .bind(id)
        .fetch_optional(&mut *db)
        .await
        .map_err(during("claim_command"))?;
    let (claim, sql) = match known {
        None => (Claim::Fresh, "INSERT INTO command (id, lease_until) VALUES (?1, ?2)"),
        // An operator had it delivered again.
        Some((_, Some(status))) if status == RETRY => (
            Claim::Interrupted,
            "UPDATE command SET lease_until = ?2, status = NULL, code = NULL, ack_pending = 0 WHERE id = ?1",
        ),
        // Forge sent it again, so it has not received the acknowledgement, or no longer has it.
        Some((_, Some(_))) => (Claim::Applied, "UPDATE command SET ack_pending = 1 WHERE id = ?1"),
        // One that lasts longer than two claims was stored before the clock was set back.
        Some((lease_until, None)) if now.0 < lease_until && lease_until <= until.plus(until.since(now)).0 => {
            return Ok(Claim::Busy);
        }
        Some((_, None)) => (Claim::Interrupted, "UPDATE command SET lease_until = ?2 WHERE id = ?1"),
    };
    let mut statement = sqlx::query(sql).bind(id);
    if claim != Claim::Applied {
        statement = statement.bind(until.0);
    }
    statement.execute(db).await.map_err(during("claim_command"))?;
    Ok(claim)
}
