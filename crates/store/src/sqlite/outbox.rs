//! Messages for Forge: appended, claimed in batches, settled.

use std::collections::BTreeMap;

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::SqliteConnection;

use super::failure::during;
use super::queue::{self, Queue};
use super::{SqliteStore, effects};
use crate::{
    Batch, BatchLimits, DeadLetter, Effects, NewMessage, Outbox, OutboxRow, Settlement, StoreError, WaitingMessage,
};

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
        self.writer
            .transaction("retry_all_messages", move |db| {
                Box::pin(async move {
                    // A ticket with a token is part of a claim.
                    sqlx::query(
                        "UPDATE message SET due_at = ?1 WHERE state = 'waiting' AND due_at > ?1 AND ticket_id IN
                           (SELECT ticket_id FROM line WHERE queue = 'out' AND token IS NULL)",
                    )
                    .bind(now.0)
                    .execute(&mut *db)
                    .await
                    .map_err(during("retry_all_messages"))?;
                    let done = sqlx::query(
                        "UPDATE line SET held_until = ?1 WHERE queue = 'out' AND token IS NULL AND held_until > ?1",
                    )
                    .bind(now.0)
                    .execute(db)
                    .await;
                    Ok(done.map_err(during("retry_all_messages"))?.rows_affected())
                })
            })
            .await
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

/// A message that may go into the next batch.
#[derive(sqlx::FromRow)]
struct Candidate {
    seq: i64,
    ticket_id: i64,
    bytes: i64,
    due_at: i64,
}

/// A claimed message.
#[derive(sqlx::FromRow)]
struct Claimed {
    seq: i64,
    id: String,
    ticket_id: i64,
    kind: String,
    body: Vec<u8>,
    attempts: i64,
    created_at: i64,
}

async fn claim(
    db: &mut SqliteConnection,
    now: UnixMs,
    until: UnixMs,
    limits: BatchLimits,
) -> Result<Batch, StoreError> {
    queue::release(db, Queue::Out, now).await?;
    let candidates: Vec<Candidate> = sqlx::query_as(
        "WITH first AS (SELECT ticket_id, since FROM line WHERE queue = 'out' AND held_until IS NULL ORDER BY since LIMIT ?1)
         SELECT message.seq, message.ticket_id, octet_length(message.body) AS bytes, message.due_at
         FROM first JOIN message ON message.seq IN
           (SELECT seq FROM message WHERE ticket_id = first.ticket_id AND state = 'waiting' ORDER BY seq LIMIT ?2)
         ORDER BY first.since, message.seq",
    )
    .bind(queue::limit(limits.messages))
    .bind(queue::limit(limits.per_ticket))
    .fetch_all(&mut *db)
    .await
    .map_err(during("claim"))?;
    let picked = pick(&candidates, now, limits);
    if picked.is_empty() {
        return Ok(Batch::default());
    }

    let token = queue::token(db).await?;
    let seqs = queue::json(&picked.iter().map(|one| one.seq).collect::<Vec<_>>())?;
    let tickets = queue::json(&picked.iter().map(|one| one.ticket_id).collect::<Vec<_>>())?;
    // The body as bytes: one that is damaged must not stop all others.
    let rows: Vec<Claimed> = sqlx::query_as(
        "UPDATE message SET token = ?2, attempts = attempts + 1 WHERE seq IN (SELECT value FROM json_each(?1))
         RETURNING seq, id, ticket_id, kind, CAST(body AS BLOB) AS body, attempts - 1 AS attempts, created_at",
    )
    .bind(seqs)
    .bind(token)
    .fetch_all(&mut *db)
    .await
    .map_err(during("claim"))?;
    sqlx::query(
        "UPDATE line SET held_until = ?2, token = ?3
         WHERE queue = 'out' AND ticket_id IN (SELECT value FROM json_each(?1))",
    )
    .bind(tickets)
    .bind(until.0)
    .bind(token)
    .execute(&mut *db)
    .await
    .map_err(during("claim"))?;

    let mut by_seq: BTreeMap<i64, OutboxRow> = BTreeMap::new();
    let mut damaged = Vec::new();
    for Claimed { seq, id, ticket_id, kind, body, attempts, created_at } in rows {
        let Ok(body) = String::from_utf8(body) else {
            damaged.push((seq, ticket_id));
            continue;
        };
        let row = OutboxRow {
            id,
            ticket_id: queue::count(ticket_id),
            kind,
            body,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            created_at: UnixMs(created_at),
        };
        by_seq.insert(seq, row);
    }
    if !damaged.is_empty() {
        set_aside(db, &damaged, now).await?;
    }
    Ok(Batch { token, rows: picked.iter().filter_map(|one| by_seq.remove(&one.seq)).collect() })
}

/// Makes messages whose body cannot be read dead letters. `damaged`: their rows and tickets.
async fn set_aside(db: &mut SqliteConnection, damaged: &[(i64, i64)], now: UnixMs) -> Result<(), StoreError> {
    for (_, ticket_id) in damaged {
        // Operator: the disk or its file system damaged the database: check both. `connector troubles` lists the message.
        tracing::error!(ticket_id, "stored message is damaged; set aside");
    }
    let seqs = queue::json(&damaged.iter().map(|(seq, _)| seq).collect::<Vec<_>>())?;
    let tickets = queue::json(&damaged.iter().map(|(_, ticket)| ticket).collect::<Vec<_>>())?;
    sqlx::query(
        "UPDATE message SET state = 'dead', code = 'damaged', token = NULL, settled_at = ?2
         WHERE seq IN (SELECT value FROM json_each(?1))",
    )
    .bind(seqs)
    .bind(now.0)
    .execute(&mut *db)
    .await
    .map_err(during("claim"))?;
    requeue(db, tickets, now).await
}

/// The messages that fit, in sending order. A ticket contributes nothing after its first message that is not due or does
/// not fit; the next ticket may still fill the gap.
fn pick(candidates: &[Candidate], now: UnixMs, limits: BatchLimits) -> Vec<&Candidate> {
    let mut picked: Vec<&Candidate> = Vec::new();
    let mut bytes = 0_usize;
    for of_ticket in candidates.chunk_by(|a, b| a.ticket_id == b.ticket_id) {
        for (position, candidate) in of_ticket.iter().enumerate() {
            let size = usize::try_from(candidate.bytes).unwrap_or(usize::MAX);
            // The first message of a free ticket is due because the ticket is free, even after the clock was set back.
            // A time further away than any retry was stored before that, too.
            let due = position == 0
                || candidate.due_at <= now.0
                || candidate.due_at > now.0.saturating_add(queue::LONGEST_RETRY_MS);
            let fits = picked.is_empty() || bytes.saturating_add(size) <= limits.bytes;
            if picked.len() == limits.messages {
                return picked;
            }
            if !due || !fits {
                break;
            }
            bytes = bytes.saturating_add(size);
            picked.push(candidate);
        }
    }
    picked
}

/// Fails if another holder has claimed a message of this batch.
async fn check_claim(db: &mut SqliteConnection, ids: &str, token: i64) -> Result<(), StoreError> {
    let (taken,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM message WHERE id IN (SELECT value FROM json_each(?1)) AND token <> ?2")
            .bind(ids)
            .bind(token)
            .fetch_one(db)
            .await
            .map_err(during("settle"))?;
    if taken == 0 { Ok(()) } else { Err(StoreError::Fenced { what: "the batch" }) }
}

async fn settle(
    db: &mut SqliteConnection,
    settlements: &[(String, Settlement)],
    token: i64,
    now: UnixMs,
) -> Result<(), StoreError> {
    let rows = settlements
        .iter()
        .map(|(id, settlement)| match settlement {
            Settlement::Done { result } => (id, "done", None, result.as_deref(), now.0),
            Settlement::Retry { at, code } => (id, "waiting", Some(code), None, at.0),
            Settlement::Dead { code } => (id, "dead", Some(code), None, now.0),
        })
        .collect::<Vec<_>>();
    // A settled message keeps its token, which identifies the claim that settled it.
    let done = sqlx::query(
        "UPDATE message SET
           state = new.state, code = new.code, result = new.result,
           body = CASE new.state WHEN 'done' THEN '' ELSE body END,
           token = CASE new.state WHEN 'waiting' THEN NULL ELSE token END,
           due_at = CASE new.state WHEN 'waiting' THEN new.at ELSE due_at END,
           settled_at = CASE new.state WHEN 'waiting' THEN NULL ELSE new.at END
         FROM (SELECT value ->> 0 AS id, value ->> 1 AS state, value ->> 2 AS code, value ->> 3 AS result, value ->> 4 AS at
               FROM json_each(?1)) AS new
         WHERE message.id = new.id AND message.token = ?2 AND message.state = 'waiting'",
    )
    .bind(queue::json(&rows)?)
    .bind(token)
    .execute(db)
    .await
    .map_err(during("settle"))?;
    // Some were settled before, or are not part of this claim: the other holder's result stands.
    if done.rows_affected() == settlements.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::Fenced { what: "the batch" })
    }
}

/// Updates the queue after messages of these tickets changed: a ticket is removed if nothing waits, held while part of
/// the claim is open or its first message is postponed, and free otherwise.
async fn requeue(db: &mut SqliteConnection, tickets: String, now: UnixMs) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM line WHERE queue = 'out' AND ticket_id IN (SELECT value FROM json_each(?1)) AND NOT EXISTS
           (SELECT 1 FROM message WHERE message.ticket_id = line.ticket_id AND state = 'waiting')",
    )
    .bind(&tickets)
    .execute(&mut *db)
    .await
    .map_err(during("requeue"))?;
    sqlx::query(
        "UPDATE line SET
           since = now_first.seq,
           token = CASE WHEN now_first.claimed THEN line.token END,
           held_until = nullif(max(?2, now_first.due_at, CASE WHEN now_first.claimed THEN coalesce(line.held_until, 0) ELSE 0 END), ?2)
         FROM (
           SELECT waiting.ticket_id AS ticket_id, min(waiting.seq) AS seq, waiting.due_at AS due_at, EXISTS
             (SELECT 1 FROM message AS open JOIN line AS held ON held.queue = 'out' AND held.ticket_id = open.ticket_id
              WHERE open.ticket_id = waiting.ticket_id AND open.state = 'waiting' AND open.token = held.token) AS claimed
           FROM message AS waiting
           WHERE waiting.state = 'waiting' AND waiting.ticket_id IN (SELECT value FROM json_each(?1))
           GROUP BY waiting.ticket_id) AS now_first
         WHERE line.queue = 'out' AND line.ticket_id = now_first.ticket_id",
    )
    .bind(tickets)
    .bind(now.0)
    .execute(db)
    .await
    .map_err(during("requeue"))?;
    Ok(())
}
