//! Batches of messages: what goes into the next one, its claim and its end.

use std::collections::BTreeMap;

use schema::UnixMs;
use sqlx::SqliteConnection;

use super::failure::during;
use super::queue::{self, Queue};
use crate::{Batch, BatchLimits, OutboxRow, Settlement, StoreError};

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

/// Claims the messages of the next batch until a time, inside the caller's transaction.
pub(super) async fn claim(
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
pub(super) async fn check_claim(db: &mut SqliteConnection, ids: &str, token: i64) -> Result<(), StoreError> {
    let (taken,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM message WHERE id IN (SELECT value FROM json_each(?1)) AND token <> ?2")
            .bind(ids)
            .bind(token)
            .fetch_one(db)
            .await
            .map_err(during("settle"))?;
    if taken == 0 { Ok(()) } else { Err(StoreError::Fenced { what: "the batch" }) }
}

/// Records what becomes of messages of a claim.
pub(super) async fn settle(
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
pub(super) async fn requeue(db: &mut SqliteConnection, tickets: String, now: UnixMs) -> Result<(), StoreError> {
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
