//! Links, facts of links, and provenance.

use std::collections::BTreeSet;

use async_trait::async_trait;
use schema::{Side, UnixMs};
use sqlx::FromRow;

use super::failure::during;
use super::names::{fact, link_state, object_name, origin, side, side_name};
use super::{SqliteStore, effects, queue};
use crate::{Effects, Link, LinkFacts, Links, ObjectKind, Provenance, StoreError};

#[derive(FromRow)]
struct LinkRow {
    ticket_id: i64,
    issue_id: String,
    ticket_number: String,
    issue_key: String,
    state: String,
    after_article: i64,
    created_at: i64,
}

impl From<LinkRow> for Link {
    fn from(row: LinkRow) -> Self {
        Self {
            ticket_id: queue::count(row.ticket_id),
            ticket_number: row.ticket_number,
            issue_id: row.issue_id,
            issue_key: row.issue_key,
            state: link_state(&row.state),
            after_article: queue::count(row.after_article),
            created_at: UnixMs(row.created_at),
        }
    }
}

#[derive(FromRow)]
struct ProvenanceRow {
    side: String,
    id: String,
    origin: String,
    mirror: Option<String>,
    print: Option<String>,
    ticket_id: i64,
    carried_by: String,
    at: i64,
}

impl ProvenanceRow {
    /// Converts the row; `object` is the kind that the query selected.
    fn of_kind(self, object: ObjectKind) -> Provenance {
        let row = self;
        Provenance {
            side: side(&row.side),
            object,
            id: row.id,
            origin: origin(&row.origin),
            mirror: row.mirror,
            fingerprint: row.print,
            ticket_id: queue::count(row.ticket_id),
            carried_by: row.carried_by,
            at: UnixMs(row.at),
        }
    }
}

#[async_trait]
impl Links for SqliteStore {
    async fn links_of_ticket(&self, ticket_id: u64) -> Result<Vec<Link>, StoreError> {
        let rows: Vec<LinkRow> = sqlx::query_as("SELECT * FROM link WHERE ticket_id = ?1 ORDER BY created_at, rowid")
            .bind(queue::id(ticket_id)?)
            .fetch_all(&self.readers)
            .await
            .map_err(self.status.failed_read("links_of_ticket"))?;
        Ok(rows.into_iter().map(Link::from).collect())
    }

    async fn oldest_link(&self, issue_id: &str) -> Result<Option<Link>, StoreError> {
        let row: Option<LinkRow> = sqlx::query_as(
            "SELECT * FROM link WHERE issue_id = ?1 AND state <> 'ended' ORDER BY created_at, rowid LIMIT 1",
        )
        .bind(issue_id)
        .fetch_optional(&self.readers)
        .await
        .map_err(self.status.failed_read("oldest_link"))?;
        Ok(row.map(Link::from))
    }

    async fn links_of_issue(&self, issue_id: &str) -> Result<Vec<Link>, StoreError> {
        let rows: Vec<LinkRow> =
            sqlx::query_as("SELECT * FROM link WHERE issue_id = ?1 AND state <> 'ended' ORDER BY created_at, rowid")
                .bind(issue_id)
                .fetch_all(&self.readers)
                .await
                .map_err(self.status.failed_read("links_of_issue"))?;
        Ok(rows.into_iter().map(Link::from).collect())
    }

    async fn links_after(&self, cursor: Option<(u64, String)>, limit: usize) -> Result<Vec<Link>, StoreError> {
        let (ticket, issue) = match cursor {
            Some((ticket, issue)) => (queue::id(ticket)?, issue),
            // No ticket has a negative id.
            None => (-1, String::new()),
        };
        let rows: Vec<LinkRow> = sqlx::query_as(
            "SELECT * FROM link WHERE (ticket_id, issue_id) > (?1, ?2) AND state <> 'ended'
             ORDER BY ticket_id, issue_id LIMIT ?3",
        )
        .bind(ticket)
        .bind(issue)
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("links_after"))?;
        Ok(rows.into_iter().map(Link::from).collect())
    }

    async fn unlinked_tickets(&self, after: u64, limit: usize) -> Result<Vec<u64>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "SELECT DISTINCT ticket_id FROM link WHERE ticket_id > ?1 AND state = 'ended'
               AND NOT EXISTS (SELECT 1 FROM link AS other WHERE other.ticket_id = link.ticket_id AND other.state <> 'ended')
               AND EXISTS (SELECT 1 FROM provenance WHERE provenance.ticket_id = link.ticket_id
                           AND side = 'zammad' AND object IN ('part', 'file') AND mirror IS NOT NULL AND mirror <> '[]')
             ORDER BY ticket_id LIMIT ?2",
        )
        .bind(queue::id(after)?)
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("unlinked_tickets"))?;
        Ok(rows.into_iter().map(|row| queue::count(row.0)).collect())
    }

    async fn missing_tickets(&self, after: u64, limit: usize) -> Result<Vec<u64>, StoreError> {
        // A literal, since SQLite does not use the partial index for a parameter.
        let rows: Vec<(i64,)> = sqlx::query_as(
            "SELECT DISTINCT ticket_id FROM base WHERE field = 'missing' AND ticket_id > ?1 ORDER BY ticket_id LIMIT ?2",
        )
        .bind(queue::id(after)?)
        .bind(queue::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("missing_tickets"))?;
        Ok(rows.into_iter().map(|row| queue::count(row.0)).collect())
    }

    async fn link_count(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM link WHERE state <> 'ended'")
            .fetch_one(&self.readers)
            .await
            .map_err(self.status.failed_read("link_count"))?;
        Ok(queue::count(count))
    }

    async fn linked(&self, ticket_ids: &[u64]) -> Result<BTreeSet<u64>, StoreError> {
        let ids = ticket_ids.iter().map(|&id| queue::id(id)).collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<(i64,)> = sqlx::query_as(
            "SELECT DISTINCT ticket_id FROM link
             WHERE ticket_id IN (SELECT value FROM json_each(?1)) AND state <> 'ended'",
        )
        .bind(queue::json(&ids)?)
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("linked"))?;
        Ok(rows.into_iter().map(|row| queue::count(row.0)).collect())
    }

    async fn ticket_of_number(&self, number: &str) -> Result<Option<u64>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("SELECT ticket_id FROM link WHERE ticket_number = ?1 ORDER BY created_at DESC LIMIT 1")
                .bind(number)
                .fetch_optional(&self.readers)
                .await
                .map_err(self.status.failed_read("ticket_of_number"))?;
        Ok(row.map(|row| queue::count(row.0)))
    }

    async fn include_history(&self, ticket_id: u64, issue_id: &str) -> Result<bool, StoreError> {
        let (ticket, issue) = (queue::id(ticket_id)?, issue_id.to_owned());
        self.writer
            .transaction("include_history", move |db| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE link SET after_article = 0 WHERE ticket_id = ?1 AND issue_id = ?2 AND state <> 'ended'",
                    )
                    .bind(ticket)
                    .bind(issue)
                    .execute(db)
                    .await
                    .map_err(during("include_history"))?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }

    async fn link_facts(&self, ticket_id: u64, issue_id: &str) -> Result<LinkFacts, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT field, value FROM base WHERE ticket_id = ?1 AND issue_id = ?2")
                .bind(queue::id(ticket_id)?)
                .bind(issue_id)
                .fetch_all(&self.readers)
                .await
                .map_err(self.status.failed_read("link_facts"))?;
        Ok(rows.into_iter().filter_map(|(field, value)| Some((fact(&field)?, value))).collect())
    }

    async fn provenance(&self, side: Side, object: ObjectKind, id: &str) -> Result<Option<Provenance>, StoreError> {
        let row: Option<ProvenanceRow> =
            sqlx::query_as("SELECT * FROM provenance WHERE side = ?1 AND object = ?2 AND id = ?3")
                .bind(side_name(side))
                .bind(object_name(object))
                .bind(id)
                .fetch_optional(&self.readers)
                .await
                .map_err(self.status.failed_read("provenance"))?;
        Ok(row.map(|row| row.of_kind(object)))
    }

    async fn recorded(&self, ticket_id: u64, side: Side, object: ObjectKind) -> Result<Vec<Provenance>, StoreError> {
        let rows: Vec<ProvenanceRow> = sqlx::query_as(
            "SELECT * FROM provenance WHERE ticket_id = ?1 AND side = ?2 AND object = ?3 ORDER BY rowid",
        )
        .bind(queue::id(ticket_id)?)
        .bind(side_name(side))
        .bind(object_name(object))
        .fetch_all(&self.readers)
        .await
        .map_err(self.status.failed_read("recorded"))?;
        Ok(rows.into_iter().map(|row| row.of_kind(object)).collect())
    }

    async fn record(&self, effects: Effects) -> Result<(), StoreError> {
        self.writer
            .transaction("record", move |db| Box::pin(async move { effects::apply(db, &effects, None).await }))
            .await
    }
}
