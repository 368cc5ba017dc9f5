//! Notifications and the leases on their tickets.

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::SqliteConnection;

use super::failure::during;
use super::queue::{self, Queue};
use super::{SqliteStore, effects, outbox, recheck};
use crate::{AbandonedTicket, Completion, Inbox, Intake, Notification, StoreError, TicketLease, WaitingTicket};

/// Maximum rows deleted in one transaction, so that pruning never delays a webhook for long.
pub(super) const CHUNK: i64 = 5_000;

#[async_trait]
impl Inbox for SqliteStore {
    async fn receive(&self, notification: Notification) -> Result<Intake, StoreError> {
        queue::id(notification.ticket_id)?;
        notification.article_id.map(queue::id).transpose()?;
        self.writer.receive(notification).await
    }

    async fn lease_ticket(&self, now: UnixMs, lease_ms: i64) -> Result<Option<TicketLease>, StoreError> {
        self.writer.transaction("lease_ticket", move |db| Box::pin(lease(db, now, now.plus(lease_ms)))).await
    }

    async fn complete(&self, lease: &TicketLease, completion: Completion, now: UnixMs) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.writer
            .transaction("complete", move |db| {
                Box::pin(async move {
                    unexpired(&lease, now)?;
                    fence(db, &lease).await?;
                    let first = first_cause(db, &lease).await?;
                    outbox::append(db, &completion.messages, first.as_deref()).await?;
                    effects::apply(db, &completion.effects, first.as_deref()).await?;
                    // The ticket was read now, so its abandoned notifications are done as well.
                    sqlx::query(
                        "UPDATE doorbell SET state = 'done', ended_at = ?3
                         WHERE ticket_id = ?1 AND seq <= ?2 AND state IN ('waiting', 'dead')",
                    )
                    .bind(queue::id(lease.ticket_id)?)
                    .bind(lease.through)
                    .bind(now.0)
                    .execute(&mut *db)
                    .await
                    .map_err(during("complete"))?;
                    leave(db, &lease).await
                })
            })
            .await
    }

    async fn retry_ticket(&self, lease: &TicketLease, not_before: UnixMs, code: &str) -> Result<(), StoreError> {
        let (lease, code) = (lease.clone(), code.to_owned());
        self.writer
            .transaction("retry_ticket", move |db| {
                Box::pin(async move {
                    fence(db, &lease).await?;
                    sqlx::query(
                        "UPDATE line SET held_until = ?2, token = NULL, code = ?3, interrupted = 0 WHERE queue = 'in' AND ticket_id = ?1",
                    )
                    .bind(queue::id(lease.ticket_id)?)
                    .bind(not_before.0)
                    .bind(code)
                    .execute(db)
                    .await
                    .map_err(during("retry_ticket"))?;
                    Ok(())
                })
            })
            .await
    }

    async fn retry_all_tickets(&self, now: UnixMs) -> Result<u64, StoreError> {
        self.writer
            .transaction("retry_all_tickets", move |db| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE line SET held_until = ?1 WHERE queue = 'in' AND token IS NULL AND code IS NOT NULL
                         AND held_until > ?1",
                    )
                    .bind(now.0)
                    .execute(db)
                    .await;
                    Ok(done.map_err(during("retry_all_tickets"))?.rows_affected())
                })
            })
            .await
    }

    async fn waiting_tickets(&self, limit: usize) -> Result<Vec<WaitingTicket>, StoreError> {
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT ticket_id, held_until, code FROM line
             WHERE queue = 'in' AND code IS NOT NULL AND held_until IS NOT NULL ORDER BY held_until, ticket_id LIMIT ?1",
        )
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("waiting_tickets"))?;
        let row = |(ticket, at, code)| WaitingTicket { ticket_id: queue::count(ticket), not_before: UnixMs(at), code };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn abandon_ticket(&self, lease: &TicketLease, now: UnixMs, code: &str) -> Result<(), StoreError> {
        let (lease, code) = (lease.clone(), code.to_owned());
        self.writer
            .transaction("abandon_ticket", move |db| {
                Box::pin(async move {
                    unexpired(&lease, now)?;
                    fence(db, &lease).await?;
                    sqlx::query(
                        "UPDATE doorbell SET state = 'dead', ended_at = ?3, code = ?4
                         WHERE ticket_id = ?1 AND seq <= ?2 AND state = 'waiting'",
                    )
                    .bind(queue::id(lease.ticket_id)?)
                    .bind(lease.through)
                    .bind(now.0)
                    .bind(code)
                    .execute(&mut *db)
                    .await
                    .map_err(during("abandon_ticket"))?;
                    leave(db, &lease).await
                })
            })
            .await
    }

    async fn abandoned_tickets(&self, limit: usize) -> Result<Vec<AbandonedTicket>, StoreError> {
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT ticket_id, max(ended_at), coalesce(code, '') FROM doorbell WHERE state = 'dead'
             GROUP BY ticket_id ORDER BY max(ended_at), ticket_id LIMIT ?1",
        )
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("abandoned_tickets"))?;
        let row = |(ticket, at, code)| AbandonedTicket { ticket_id: queue::count(ticket), at: UnixMs(at), code };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn notified_since(&self, since: UnixMs, limit: usize) -> Result<Vec<u64>, StoreError> {
        // A full scan: at most two days of notifications, and only when an operator asks.
        let rows: Vec<(i64,)> = sqlx::query_as(
            "SELECT DISTINCT ticket_id FROM doorbell WHERE received_at >= ?1 ORDER BY ticket_id LIMIT ?2",
        )
        .bind(since.0)
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("notified_since"))?;
        Ok(rows.into_iter().map(|(ticket,)| queue::count(ticket)).collect())
    }

    async fn prune_notifications(&self, before: UnixMs) -> Result<u64, StoreError> {
        self.prune(
            "prune_notifications",
            "DELETE FROM doorbell WHERE seq IN
             (SELECT seq FROM doorbell WHERE state = 'done' AND ended_at < ?1 ORDER BY ended_at LIMIT ?2)",
            before,
        )
        .await
    }
}

impl SqliteStore {
    /// Repeats the deletion `sql` (?1 = `before`, ?2 = maximum rows) until no row is left. Returns the number of rows.
    pub(super) async fn prune(
        &self,
        operation: &'static str,
        sql: &'static str,
        before: UnixMs,
    ) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            let deleted = self
                .writer
                .transaction(operation, move |db| {
                    Box::pin(async move {
                        let done = sqlx::query(sql).bind(before.0).bind(CHUNK).execute(db).await;
                        Ok(done.map_err(during(operation))?.rows_affected())
                    })
                })
                .await?;
            pruned += deleted;
            if deleted == 0 {
                return Ok(pruned);
            }
        }
    }
}

async fn lease(db: &mut SqliteConnection, now: UnixMs, until: UnixMs) -> Result<Option<TicketLease>, StoreError> {
    queue::release(db, Queue::In, now).await?;
    let next: Option<(i64, i64, i64)> = sqlx::query_as(
        "SELECT ticket_id, attempts,
                (SELECT max(seq) FROM doorbell WHERE doorbell.ticket_id = line.ticket_id AND state = 'waiting')
         FROM line WHERE queue = 'in' AND held_until IS NULL ORDER BY since LIMIT 1",
    )
    .fetch_optional(&mut *db)
    .await
    .map_err(during("lease_ticket"))?;
    let Some((ticket_id, attempts, through)) = next else {
        return Ok(None);
    };
    let token = queue::token(db).await?;
    sqlx::query(
        "UPDATE line SET held_until = ?2, deferred = 0, token = ?3, attempts = attempts + 1
         WHERE queue = 'in' AND ticket_id = ?1",
    )
    .bind(ticket_id)
    .bind(until.0)
    .bind(token)
    .execute(db)
    .await
    .map_err(during("lease_ticket"))?;
    Ok(Some(TicketLease {
        ticket_id: queue::count(ticket_id),
        token,
        through,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        expires_at: until,
    }))
}

/// An expired lease is void, even if no other worker has leased the ticket yet.
fn unexpired(lease: &TicketLease, now: UnixMs) -> Result<(), StoreError> {
    if now < lease.expires_at { Ok(()) } else { Err(StoreError::Fenced { what: "the ticket" }) }
}

async fn fence(db: &mut SqliteConnection, lease: &TicketLease) -> Result<(), StoreError> {
    let holder: Option<(Option<i64>,)> = sqlx::query_as("SELECT token FROM line WHERE queue = 'in' AND ticket_id = ?1")
        .bind(queue::id(lease.ticket_id)?)
        .fetch_optional(db)
        .await
        .map_err(during("fence"))?;
    if holder == Some((Some(lease.token),)) { Ok(()) } else { Err(StoreError::Fenced { what: "the ticket" }) }
}

/// Returns the cause of the first request that the lease covers, if it was a recheck.
async fn first_cause(db: &mut SqliteConnection, lease: &TicketLease) -> Result<Option<String>, StoreError> {
    let first: Option<(String,)> = sqlx::query_as(
        "SELECT delivery FROM doorbell WHERE ticket_id = ?1 AND seq <= ?2 AND state = 'waiting' ORDER BY seq LIMIT 1",
    )
    .bind(queue::id(lease.ticket_id)?)
    .bind(lease.through)
    .fetch_optional(db)
    .await
    .map_err(during("complete"))?;
    Ok(first.and_then(|(delivery,)| recheck::cause(&delivery).map(str::to_owned)))
}

/// Removes the ticket from the queue, or queues it again for later notifications: at once, or when the first is due.
async fn leave(db: &mut SqliteConnection, lease: &TicketLease) -> Result<(), StoreError> {
    let ticket = queue::id(lease.ticket_id)?;
    sqlx::query("DELETE FROM line WHERE queue = 'in' AND ticket_id = ?1")
        .bind(ticket)
        .execute(&mut *db)
        .await
        .map_err(during("leave"))?;
    sqlx::query(
        "INSERT INTO line (queue, ticket_id, since, held_until, deferred)
         SELECT 'in', ticket_id, min(seq),
                CASE WHEN count(*) = count(not_before) THEN min(not_before) END, count(*) = count(not_before)
         FROM doorbell WHERE ticket_id = ?1 AND state = 'waiting' GROUP BY ticket_id",
    )
    .bind(ticket)
    .execute(db)
    .await
    .map_err(during("leave"))?;
    Ok(())
}
