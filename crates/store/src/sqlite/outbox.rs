//! Messages for Forge: appended, claimed in batches, settled.

use std::collections::BTreeMap;

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::SqliteConnection;

use super::failure::during;
use super::line::{self, Queue};
use super::{SqliteStore, effects};
use crate::{Batch, BatchLimits, Effects, NewMessage, Outbox, OutboxRow, Settlement, StoreError};

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
        let ids = line::json(&batch.rows.iter().map(|row| &row.id).collect::<Vec<_>>())?;
        let tickets = line::json(&batch.rows.iter().map(|row| row.ticket_id).collect::<Vec<_>>())?;
        self.writer
            .transaction("settle", move |db| {
                Box::pin(async move {
                    unfenced(db, &ids, token).await?;
                    settle(db, &settlements, token, now).await?;
                    rejoin(db, tickets, now).await?;
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
                .map_err(during("settled"))?;
        Ok(row.map(|(state, result, code)| match state.as_str() {
            "done" => Settlement::Done { result },
            _ => Settlement::Dead { code: code.unwrap_or_default() },
        }))
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<(String, u64, String, String)>, StoreError> {
        let rows: Vec<(String, i64, String, Option<String>)> =
            sqlx::query_as("SELECT id, ticket_id, kind, code FROM message WHERE state = 'dead' ORDER BY seq LIMIT ?1")
                .bind(line::limit(limit))
                .fetch_all(&self.readers)
                .await
                .map_err(during("dead_letters"))?;
        let letters = rows.into_iter();
        Ok(letters.map(|(id, ticket, kind, code)| (id, line::count(ticket), kind, code.unwrap_or_default())).collect())
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
                    rejoin(db, line::json(&[ticket_id])?, now).await?;
                    Ok(true)
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
        .map_err(during("next_due"))?;
        Ok(due.map(UnixMs))
    }

    async fn forget_settled(&self, before: UnixMs) -> Result<u64, StoreError> {
        let forgotten = self
            .forget(
                "forget_settled",
                "DELETE FROM message WHERE seq IN
                 (SELECT seq FROM message WHERE state = 'done' AND settled_at < ?1 ORDER BY settled_at LIMIT ?2)",
                before,
            )
            .await?;
        // Wiped bodies linger in the log until it is emptied. A reader may be in the way; then the next time does it.
        match self.writer.checkpoint().await {
            Ok(()) | Err(StoreError::Unavailable { .. }) => Ok(forgotten),
            Err(error) => Err(error),
        }
    }
}

/// Appends messages in this order, inside the caller's transaction. One whose `once` key or id is known is left out.
/// `found_by` is the key of our own doorbell, if that one rang first for what they tell.
pub(super) async fn append(
    db: &mut SqliteConnection,
    messages: &[NewMessage],
    found_by: Option<&str>,
) -> Result<(), StoreError> {
    for message in messages {
        if let Some(key) = &message.once {
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
        .bind(line::id(message.ticket_id)?)
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

async fn claim(
    db: &mut SqliteConnection,
    now: UnixMs,
    until: UnixMs,
    limits: BatchLimits,
) -> Result<Batch, StoreError> {
    line::release(db, Queue::Out, now).await?;
    let candidates: Vec<Candidate> = sqlx::query_as(
        "WITH first AS (SELECT ticket_id, since FROM line WHERE queue = 'out' AND held_until IS NULL ORDER BY since LIMIT ?1)
         SELECT message.seq, message.ticket_id, octet_length(message.body) AS bytes, message.due_at
         FROM first JOIN message ON message.seq IN
           (SELECT seq FROM message WHERE ticket_id = first.ticket_id AND state = 'waiting' ORDER BY seq LIMIT ?2)
         ORDER BY first.since, message.seq",
    )
    .bind(line::limit(limits.messages))
    .bind(line::limit(limits.per_ticket))
    .fetch_all(&mut *db)
    .await
    .map_err(during("claim"))?;
    let picked = pick(&candidates, now, limits);
    if picked.is_empty() {
        return Ok(Batch::default());
    }

    let token = line::token(db).await?;
    let seqs = line::json(&picked.iter().map(|one| one.seq).collect::<Vec<_>>())?;
    let tickets = line::json(&picked.iter().map(|one| one.ticket_id).collect::<Vec<_>>())?;
    let rows: Vec<(i64, String, i64, String, String, i64, i64)> = sqlx::query_as(
        "UPDATE message SET token = ?2, attempts = attempts + 1 WHERE seq IN (SELECT value FROM json_each(?1))
         RETURNING seq, id, ticket_id, kind, body, attempts - 1, created_at",
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
    for (seq, id, ticket_id, kind, body, attempts, created_at) in rows {
        let row = OutboxRow {
            id,
            ticket_id: line::count(ticket_id),
            kind,
            body,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            created_at: UnixMs(created_at),
        };
        by_seq.insert(seq, row);
    }
    Ok(Batch { token, rows: picked.iter().filter_map(|one| by_seq.remove(&one.seq)).collect() })
}

/// The messages that fit, in sending order. A ticket gives nothing after its first message that is not due or does not
/// fit; the next ticket may still fill the gap.
fn pick(candidates: &[Candidate], now: UnixMs, limits: BatchLimits) -> Vec<&Candidate> {
    let mut picked: Vec<&Candidate> = Vec::new();
    let mut bytes = 0_usize;
    for line in candidates.chunk_by(|a, b| a.ticket_id == b.ticket_id) {
        for (position, candidate) in line.iter().enumerate() {
            let size = usize::try_from(candidate.bytes).unwrap_or(usize::MAX);
            // The first of a free ticket is due by being free, also after the clock was set back.
            let due = position == 0 || candidate.due_at <= now.0;
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

/// Whether nobody else has taken a message of this batch.
async fn unfenced(db: &mut SqliteConnection, ids: &str, token: i64) -> Result<(), StoreError> {
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
    // A message that has an end keeps its token: it tells who settled it, if somebody else tries to.
    let done = sqlx::query(
        "UPDATE message SET
           state = word.state, code = word.code, result = word.result,
           body = CASE word.state WHEN 'done' THEN '' ELSE body END,
           token = CASE word.state WHEN 'waiting' THEN NULL ELSE token END,
           due_at = CASE word.state WHEN 'waiting' THEN word.at ELSE due_at END,
           settled_at = CASE word.state WHEN 'waiting' THEN NULL ELSE word.at END
         FROM (SELECT value ->> 0 AS id, value ->> 1 AS state, value ->> 2 AS code, value ->> 3 AS result, value ->> 4 AS at
               FROM json_each(?1)) AS word
         WHERE message.id = word.id AND message.token = ?2 AND message.state = 'waiting'",
    )
    .bind(line::json(&rows)?)
    .bind(token)
    .execute(db)
    .await
    .map_err(during("settle"))?;
    // Settled before, or never in this claim: somebody else's word stands.
    if done.rows_affected() == settlements.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::Fenced { what: "the batch" })
    }
}

/// Puts tickets where they belong after their messages changed: out of the line if nothing waits, held while some of the
/// claim is open or the first message has to wait, else free.
async fn rejoin(db: &mut SqliteConnection, tickets: String, now: UnixMs) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM line WHERE queue = 'out' AND ticket_id IN (SELECT value FROM json_each(?1)) AND NOT EXISTS
           (SELECT 1 FROM message WHERE message.ticket_id = line.ticket_id AND state = 'waiting')",
    )
    .bind(&tickets)
    .execute(&mut *db)
    .await
    .map_err(during("rejoin"))?;
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
    .map_err(during("rejoin"))?;
    Ok(())
}
