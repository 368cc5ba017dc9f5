//! Links, bases and provenance.

use std::collections::BTreeMap;

use async_trait::async_trait;
use schema::UnixMs;
use sqlx::{FromRow, SqliteConnection};

use super::failure::during;
use super::{SqliteStore, line};
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
            // The schema allows these two words only, here and below.
            state: if row.state == "active" { LinkState::Active } else { LinkState::Ended },
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
    ticket_id: i64,
    carried_by: String,
    at: i64,
}

impl From<ProvenanceRow> for Provenance {
    fn from(row: ProvenanceRow) -> Self {
        Self {
            side: if row.side == "zammad" { Side::Zammad } else { Side::Jira },
            object: row.object,
            id: row.id,
            origin: if row.origin == "ours" { Origin::Ours } else { Origin::Theirs },
            mirror: row.mirror,
            ticket_id: line::count(row.ticket_id),
            carried_by: row.carried_by,
            at: UnixMs(row.at),
        }
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Zammad => "zammad",
        Side::Jira => "jira",
    }
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
        self.writer.transaction("record", move |db| Box::pin(async move { apply(db, &effects).await })).await
    }
}

/// Writes effects inside the transaction of the step that justifies them.
pub(super) async fn apply(db: &mut SqliteConnection, effects: &Effects) -> Result<(), StoreError> {
    for link in &effects.links {
        sqlx::query(
            "INSERT INTO link (ticket_id, issue_id, ticket_number, issue_key, state, after_article, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET ticket_number = ?3, issue_key = ?4, state = ?5, after_article = ?6, created_at = ?7",
        )
        .bind(line::id(link.ticket_id)?)
        .bind(&link.issue_id)
        .bind(&link.ticket_number)
        .bind(&link.issue_key)
        .bind(if link.state == LinkState::Active { "active" } else { "ended" })
        .bind(line::id(link.after_article)?)
        .bind(link.created_at.0)
        .execute(&mut *db)
        .await
        .map_err(during("effects"))?;
    }
    for object in &effects.provenance {
        sqlx::query(
            "INSERT INTO provenance (side, object, id, origin, mirror, ticket_id, carried_by, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET mirror = excluded.mirror WHERE mirror IS NULL",
        )
        .bind(side_name(object.side))
        .bind(&object.object)
        .bind(&object.id)
        .bind(if object.origin == Origin::Ours { "ours" } else { "theirs" })
        .bind(&object.mirror)
        .bind(line::id(object.ticket_id)?)
        .bind(&object.carried_by)
        .bind(object.at.0)
        .execute(&mut *db)
        .await
        .map_err(during("effects"))?;
    }
    for (ticket_id, issue_id, field, value) in &effects.bases {
        sqlx::query(
            "INSERT INTO base (ticket_id, issue_id, field, value) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET value = ?4",
        )
        .bind(line::id(*ticket_id)?)
        .bind(issue_id)
        .bind(field)
        .bind(value)
        .execute(&mut *db)
        .await
        .map_err(during("effects"))?;
    }
    Ok(())
}
