//! Links, bases and provenance.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::FromRow;

use super::failure::during;
use super::{SqliteStore, effects, line};
use crate::{Effects, Link, LinkState, Links, Origin, Provenance, Side, StoreError};

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
            ticket_id: line::count(row.ticket_id),
            ticket_number: row.ticket_number,
            issue_id: row.issue_id,
            issue_key: row.issue_key,
            // The schema allows these words only, here and below.
            state: match row.state.as_str() {
                "active" => LinkState::Active,
                "paused" => LinkState::Paused,
                _ => LinkState::Ended,
            },
            after_article: line::count(row.after_article),
            created_at: UnixMs(row.created_at),
        }
    }
}

#[derive(FromRow)]
struct ProvenanceRow {
    side: String,
    object: String,
    id: String,
    origin: String,
    mirror: Option<String>,
    print: Option<String>,
    ticket_id: i64,
    carried_by: String,
    at: i64,
}

impl From<ProvenanceRow> for Provenance {
    fn from(row: ProvenanceRow) -> Self {
        Self {
            side: side(&row.side),
            object: row.object,
            id: row.id,
            origin: if row.origin == "ours" { Origin::Ours } else { Origin::Theirs },
            mirror: row.mirror,
            print: row.print,
            ticket_id: line::count(row.ticket_id),
            carried_by: row.carried_by,
            at: UnixMs(row.at),
        }
    }
}

/// As stored.
pub(super) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Zammad => "zammad",
        Side::Jira => "jira",
    }
}

/// From the database.
pub(super) fn side(stored: &str) -> Side {
    if stored == "zammad" { Side::Zammad } else { Side::Jira }
}

#[async_trait]
impl Links for SqliteStore {
    async fn links_of_ticket(&self, ticket_id: u64) -> Result<Vec<Link>, StoreError> {
        let rows: Vec<LinkRow> = sqlx::query_as("SELECT * FROM link WHERE ticket_id = ?1 ORDER BY created_at, rowid")
            .bind(line::id(ticket_id)?)
            .fetch_all(&self.readers)
            .await
            .map_err(during("links_of_ticket"))?;
        Ok(rows.into_iter().map(Link::from).collect())
    }

    async fn links_of_issue(&self, issue_id: &str) -> Result<Vec<Link>, StoreError> {
        let rows: Vec<LinkRow> = sqlx::query_as("SELECT * FROM link WHERE issue_id = ?1 ORDER BY created_at, rowid")
            .bind(issue_id)
            .fetch_all(&self.readers)
            .await
            .map_err(during("links_of_issue"))?;
        Ok(rows.into_iter().map(Link::from).collect())
    }

    async fn links_after(&self, cursor: Option<(u64, String)>, limit: usize) -> Result<Vec<Link>, StoreError> {
        let (ticket, issue) = match cursor {
            Some((ticket, issue)) => (line::id(ticket)?, issue),
            // No ticket has a negative id.
            None => (-1, String::new()),
        };
        let rows: Vec<LinkRow> = sqlx::query_as(
            "SELECT * FROM link WHERE (ticket_id, issue_id) > (?1, ?2) AND state <> 'ended'
             ORDER BY ticket_id, issue_id LIMIT ?3",
        )
        .bind(ticket)
        .bind(issue)
        .bind(line::limit(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(during("links_after"))?;
        Ok(rows.into_iter().map(Link::from).collect())
    }

    async fn link_count(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM link WHERE state <> 'ended'")
            .fetch_one(&self.readers)
            .await
            .map_err(during("link_count"))?;
        Ok(line::count(count))
    }

    async fn linked(&self, ticket_ids: &[u64]) -> Result<BTreeSet<u64>, StoreError> {
        let ids = ticket_ids.iter().map(|&id| line::id(id)).collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<(i64,)> = sqlx::query_as(
            "SELECT DISTINCT ticket_id FROM link
             WHERE ticket_id IN (SELECT value FROM json_each(?1)) AND state <> 'ended'",
        )
        .bind(line::json(&ids)?)
        .fetch_all(&self.readers)
        .await
        .map_err(during("linked"))?;
        Ok(rows.into_iter().map(|row| line::count(row.0)).collect())
    }

    async fn ticket_of_number(&self, number: &str) -> Result<Option<u64>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("SELECT ticket_id FROM link WHERE ticket_number = ?1 ORDER BY created_at DESC LIMIT 1")
                .bind(number)
                .fetch_optional(&self.readers)
                .await
                .map_err(during("ticket_of_number"))?;
        Ok(row.map(|row| line::count(row.0)))
    }

    async fn send_history(&self, ticket_id: u64, issue_id: &str) -> Result<bool, StoreError> {
        let (ticket, issue) = (line::id(ticket_id)?, issue_id.to_owned());
        self.writer
            .transaction("send_history", move |db| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE link SET after_article = 0 WHERE ticket_id = ?1 AND issue_id = ?2 AND state <> 'ended'",
                    )
                    .bind(ticket)
                    .bind(issue)
                    .execute(db)
                    .await
                    .map_err(during("send_history"))?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }

    async fn bases(&self, ticket_id: u64, issue_id: &str) -> Result<BTreeMap<String, String>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT field, value FROM base WHERE ticket_id = ?1 AND issue_id = ?2")
                .bind(line::id(ticket_id)?)
                .bind(issue_id)
                .fetch_all(&self.readers)
                .await
                .map_err(during("bases"))?;
        Ok(rows.into_iter().collect())
    }

    async fn provenance(&self, side: Side, object: &str, id: &str) -> Result<Option<Provenance>, StoreError> {
        let row: Option<ProvenanceRow> =
            sqlx::query_as("SELECT * FROM provenance WHERE side = ?1 AND object = ?2 AND id = ?3")
                .bind(side_name(side))
                .bind(object)
                .bind(id)
                .fetch_optional(&self.readers)
                .await
                .map_err(during("provenance"))?;
        Ok(row.map(Provenance::from))
    }

    async fn known(&self, ticket_id: u64, side: Side, object: &str) -> Result<Vec<Provenance>, StoreError> {
        let rows: Vec<ProvenanceRow> = sqlx::query_as(
            "SELECT * FROM provenance WHERE ticket_id = ?1 AND side = ?2 AND object = ?3 ORDER BY rowid",
        )
        .bind(line::id(ticket_id)?)
        .bind(side_name(side))
        .bind(object)
        .fetch_all(&self.readers)
        .await
        .map_err(during("known"))?;
        Ok(rows.into_iter().map(Provenance::from).collect())
    }

    async fn record(&self, effects: Effects) -> Result<(), StoreError> {
        self.writer
            .transaction("record", move |db| Box::pin(async move { effects::apply(db, &effects, None).await }))
            .await
    }
}
