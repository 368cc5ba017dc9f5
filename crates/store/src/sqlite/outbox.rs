//! Messages for Forge: appended, claimed in batches, settled.

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::SqliteConnection;

use super::batch::{check_claim, claim, requeue, settle};
use super::failure::during;
use super::queue;
use super::{SqliteStore, effects};
use crate::{Batch, BatchLimits, DeadLetter, Effects, NewMessage, Outbox, Settlement, StoreError, WaitingMessage};

#[async_trait]
impl Outbox for SqliteStore {
    async fn append(&self, messages: Vec<NewMessage>) -> Result<(), StoreError> {
        self.writer.transaction("append", move |db| Box::pin(async move { append(db, &messages, None).await })).await
    }

    async fn claim(&self, now: UnixMs, lease_ms: i64, limits: BatchLimits) -> Result<Batch, StoreError> {
        self.writer.transaction("claim", move |db| Box::pin(claim(db, now, now.plus(lease_ms), limits))).await
    }

    async fn settle(
        &self,
        batch: &Batch,
        settlements: Vec<(String, Settlement)>,
        effects: Effects,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let token = batch.token;
        let ids = queue::json(&batch.rows.iter().map(|row| &row.id).collect::<Vec<_>>())?;
        let tickets = queue::json(&batch.rows.iter().map(|row| row.ticket_id).collect::<Vec<_>>())?;
        self.writer
            .transaction("settle", move |db| {
                Box::pin(async move {
                    check_claim(db, &ids, token).await?;
                    settle(db, &settlements, token, now).await?;
                    requeue(db, tickets, now).await?;
                    effects::apply(db, &effects, None).await
                })
            })
            .await
    }

    async fn settled(&self, id: &str) -> Result<Option<Settlement>, StoreError> {
        let row: Option<(String, Option<String>, Option<String>)> =
            sqlx::query_as("SELECT state, result, code FROM message WHERE id = ?1 AND state <> 'waiting'")
                .bind(id)
                .fetch_optional(&self.readers)
                .await
                .map_err(self.status.failed_read("settled"))?;
        Ok(row.map(|(state, result, code)| match state.as_str() {
            "done" => Settlement::Done { result },
            _ => Settlement::Dead { code: code.unwrap_or_default() },
        }))
    }

    async fn is_waiting(&self, id: &str) -> Result<bool, StoreError> {
        let found: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM message WHERE id = ?1 AND state = 'waiting'")
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(self.status.failed_read("is_waiting"))?;
        Ok(found.is_some())
    }

    async fn is_used(&self, dedup_key: &str) -> Result<bool, StoreError> {
        let found: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM once WHERE key = ?1")
            .bind(dedup_key)
            .fetch_optional(&self.readers)
            .await
            .map_err(self.status.failed_read("is_used"))?;
        Ok(found.is_some())
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let rows: Vec<(String, i64, String, Option<String>)> =
            sqlx::query_as("SELECT id, ticket_id, kind, code FROM message WHERE state = 'dead' ORDER BY seq LIMIT ?1")
                .bind(queue::limit(limit))
                .fetch_all(&self.readers)
                .await
                .map_err(self.status.failed_read("dead_letters"))?;
        let letter = |(id, ticket, kind, code): (String, i64, String, Option<String>)| DeadLetter {
            id,
            ticket_id: queue::count(ticket),
            kind,
            code: code.unwrap_or_default(),
        };
        Ok(rows.into_iter().map(letter).collect())
    }

    async fn replay(&self, id: &str, now: UnixMs) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.writer
            .transaction("replay", move |db| {
                Box::pin(async move {
                    let revived: Vec<(i64, i64)> = sqlx::query_as(
                        "UPDATE message SET state = 'waiting', token = NULL, due_at = 0, code = NULL, settled_at = NULL
                         WHERE id = ?1 AND state = 'dead' RETURNING seq, ticket_id",
                    )
                    .bind(id)
                    .fetch_all(&mut *db)
                    .await
                    .map_err(during("replay"))?;
                    let Some(&(seq, ticket_id)) = revived.first() else {
                        return Ok(false);
                    };
                    sqlx::query(
                        "INSERT INTO line (queue, ticket_id, since) VALUES ('out', ?1, ?2) ON CONFLICT DO NOTHING",
                    )
                    .bind(ticket_id)
                    .bind(seq)
                    .execute(&mut *db)
                    .await
                    .map_err(during("replay"))?;
                    requeue(db, queue::json(&[ticket_id])?, now).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn waiting_messages(&self, attempts: u32, limit: usize) -> Result<Vec<WaitingMessage>, StoreError> {
        let rows: Vec<(String, i64, String, String, i64)> = sqlx::query_as(
            "SELECT message.id, message.ticket_id, message.kind, message.code, held_until FROM line
             JOIN message ON message.seq = line.since
             WHERE queue = 'out' AND held_until IS NOT NULL AND message.code IS NOT NULL AND message.attempts >= ?1
             ORDER BY held_until, message.seq LIMIT ?2",
        )
        .bind(attempts)
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("waiting_messages"))?;
        let row = |(id, ticket, kind, code, at)| WaitingMessage {
            id,
            ticket_id: queue::count(ticket),
            kind,
            code,
            not_before: UnixMs(at),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn retry_all_messages(&self, now: UnixMs) -> Result<u64, StoreError> {
        self.make_due("retry_all_messages", None, now).await
    }

    async fn retry_messages_of(&self, ticket_id: u64, now: UnixMs) -> Result<bool, StoreError> {
        Ok(self.make_due("retry_messages_of", Some(ticket_id), now).await? > 0)
    }

    async fn next_due(&self) -> Result<Option<UnixMs>, StoreError> {
        let (due,): (Option<i64>,) = sqlx::query_as(
            "SELECT min(at) FROM (
               SELECT (SELECT created_at FROM message WHERE seq = line.since) AS at
               FROM line WHERE queue = 'out' AND held_until IS NULL
               AND since = (SELECT min(since) FROM line WHERE queue = 'out' AND held_until IS NULL)
               UNION ALL
               SELECT min(held_until) FROM line WHERE queue = 'out' AND held_until IS NOT NULL)",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(self.status.failed_read("next_due"))?;
        Ok(due.map(UnixMs))
    }

    async fn prune_settled(&self, before: UnixMs) -> Result<u64, StoreError> {
        let pruned = self
            .prune(
                "prune_settled",
                "DELETE FROM message WHERE seq IN
                 (SELECT seq FROM message WHERE state = 'done' AND settled_at < ?1 ORDER BY settled_at LIMIT ?2)",
                before,
            )
            .await?;
        // Wiped bodies remain in the write-ahead log until it is emptied. If a reader prevents that, the next pruning does it.
        match self.writer.checkpoint().await {
            Ok(()) | Err(StoreError::Unavailable { .. }) => Ok(pruned),
            Err(error) => Err(error),
        }
    }
}

impl SqliteStore {
    /// Makes postponed messages due, of one ticket or of all. Returns of how many tickets.
    async fn make_due(&self, operation: &'static str, ticket_id: Option<u64>, now: UnixMs) -> Result<u64, StoreError> {
        let ticket = ticket_id.map(queue::id).transpose()?;
        self.writer
            .transaction(operation, move |db| {
                Box::pin(async move {
                    // A ticket with a token is part of a claim.
                    sqlx::query(
                        "UPDATE message SET due_at = ?1 WHERE state = 'waiting' AND due_at > ?1 AND ticket_id IN
                           (SELECT ticket_id FROM line
                            WHERE queue = 'out' AND token IS NULL AND (?2 IS NULL OR ticket_id = ?2))",
                    )
                    .bind(now.0)
                    .bind(ticket)
                    .execute(&mut *db)
                    .await
                    .map_err(during(operation))?;
                    let done = sqlx::query(
                        "UPDATE line SET held_until = ?1 WHERE queue = 'out' AND token IS NULL AND held_until > ?1
                           AND (?2 IS NULL OR ticket_id = ?2)",
                    )
                    .bind(now.0)
                    .bind(ticket)
                    .execute(db)
                    .await;
                    Ok(done.map_err(during(operation))?.rows_affected())
                })
            })
            .await
    }
}

/// Appends messages in this order, inside the caller's transaction. A message whose deduplication key or id is known is
/// left out. `found_by` is the cause of the first request that the caller processed, if it was a recheck.
pub(super) async fn append(
    db: &mut SqliteConnection,
    messages: &[NewMessage],
    found_by: Option<&str>,
) -> Result<(), StoreError> {
    for message in messages {
        if let Some(key) = &message.dedup_key {
            let done = sqlx::query("INSERT INTO once (key) VALUES (?1) ON CONFLICT DO NOTHING")
                .bind(key)
                .execute(&mut *db)
                .await
                .map_err(during("append"))?;
            if done.rows_affected() == 0 {
                continue;
            }
        }
        sqlx::query(
            "INSERT INTO message (id, ticket_id, kind, body, created_at, found_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&message.id)
        .bind(queue::id(message.ticket_id)?)
        .bind(&message.kind)
        .bind(&message.body)
        .bind(message.created_at.0)
        .bind(found_by)
        .execute(&mut *db)
        .await
        .map_err(during("append"))?;
    }
    Ok(())
}
