//! Effects, written inside the transaction of the step that causes them.

use sqlx::SqliteConnection;

use super::failure::during;
use super::names::{fact_name, link_state_name, object_name, origin_name, side_name};
use super::{queue, recheck};
use crate::{Change, Effects, Link, LinkFact, Provenance, Recheck, StoreError, Trouble};

/// Writes all of `effects`. `found_by` is the cause of the first request that the step processed, if it was a recheck.
pub(super) async fn apply(
    db: &mut SqliteConnection,
    effects: &Effects,
    found_by: Option<&str>,
) -> Result<(), StoreError> {
    for link in &effects.links {
        store_link(db, link).await?;
    }
    for object in &effects.provenance {
        store_provenance(db, object).await?;
    }
    for fact in &effects.facts {
        store_fact(db, fact).await?;
    }
    for trouble in &effects.troubles {
        store_trouble(db, trouble).await?;
    }
    for change in &effects.changes {
        store_change(db, change, found_by).await?;
    }
    if let Some(settings) = &effects.settings {
        sqlx::query(
            "INSERT INTO settings (one, etag, json) VALUES (1, ?1, ?2) ON CONFLICT DO UPDATE SET etag = ?1, json = ?2",
        )
        .bind(&settings.etag)
        .bind(&settings.json)
        .execute(&mut *db)
        .await
        .map_err(during("effects"))?;
    }
    for (name, value) in &effects.watermarks {
        sqlx::query("INSERT INTO watermark (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")
            .bind(name)
            .bind(value)
            .execute(&mut *db)
            .await
            .map_err(during("effects"))?;
    }
    store_rechecks(db, &effects.rechecks).await
}

async fn store_link(db: &mut SqliteConnection, link: &Link) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO link (ticket_id, issue_id, ticket_number, issue_key, state, after_article, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET ticket_number = ?3, issue_key = ?4, state = ?5, after_article = ?6, created_at = ?7",
    )
    .bind(queue::id(link.ticket_id)?)
    .bind(&link.issue_id)
    .bind(&link.ticket_number)
    .bind(&link.issue_key)
    .bind(link_state_name(link.state))
    .bind(queue::id(link.after_article)?)
    .bind(link.created_at.0)
    .execute(db)
    .await
    .map_err(during("effects"))?;
    Ok(())
}

async fn store_provenance(db: &mut SqliteConnection, object: &Provenance) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO provenance (side, object, id, origin, mirror, print, ticket_id, carried_by, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO UPDATE SET
           mirror = coalesce(?5, mirror), print = coalesce(?6, print), ticket_id = ?7,
           carried_by = CASE ?8 WHEN '' THEN carried_by ELSE ?8 END, at = ?9",
    )
    .bind(side_name(object.side))
    .bind(object_name(object.object))
    .bind(&object.id)
    .bind(origin_name(object.origin))
    .bind(&object.mirror)
    .bind(&object.fingerprint)
    .bind(queue::id(object.ticket_id)?)
    .bind(&object.carried_by)
    .bind(object.at.0)
    .execute(db)
    .await
    .map_err(during("effects"))?;
    Ok(())
}

async fn store_fact(db: &mut SqliteConnection, fact: &LinkFact) -> Result<(), StoreError> {
    let sql = match fact.value {
        Some(_) => {
            "INSERT INTO base (ticket_id, issue_id, field, value) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET value = ?4"
        }
        None => "DELETE FROM base WHERE ticket_id = ?1 AND issue_id = ?2 AND field = ?3",
    };
    let statement = sqlx::query(sql).bind(queue::id(fact.ticket_id)?).bind(&fact.issue_id).bind(fact_name(&fact.kind));
    let statement = match &fact.value {
        Some(value) => statement.bind(value),
        None => statement,
    };
    statement.execute(db).await.map_err(during("effects"))?;
    Ok(())
}

async fn store_trouble(db: &mut SqliteConnection, trouble: &Trouble) -> Result<(), StoreError> {
    let sql = match trouble.code {
        Some(_) => {
            "INSERT INTO trouble (ticket_id, issue_id, field, code, detail, since, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
             ON CONFLICT DO UPDATE SET code = ?4, detail = ?5, at = ?6"
        }
        None => "DELETE FROM trouble WHERE ticket_id = ?1 AND issue_id = ?2 AND field = ?3",
    };
    let statement =
        sqlx::query(sql).bind(queue::id(trouble.ticket_id)?).bind(&trouble.issue_id).bind(trouble.subject.to_string());
    let statement = match &trouble.code {
        Some(code) => statement.bind(code).bind(&trouble.detail).bind(trouble.at.0),
        None => statement,
    };
    statement.execute(db).await.map_err(during("effects"))?;
    Ok(())
}

async fn store_change(db: &mut SqliteConnection, change: &Change, found_by: Option<&str>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO change
           (ticket_id, issue_id, field, side, actor, message_id, at, conflict, kept, lost, found_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
                 -- Changes of Jira are recorded when Forge has answered; the cause is stored with the message.
                 coalesce((SELECT found_by FROM message WHERE id = ?6), ?11))",
    )
    .bind(queue::id(change.ticket_id)?)
    .bind(&change.issue_id)
    .bind(&change.field)
    .bind(side_name(change.side))
    .bind(&change.actor)
    .bind(&change.message_id)
    .bind(change.at.0)
    .bind(change.conflict)
    .bind(&change.kept)
    .bind(&change.lost)
    .bind(found_by)
    .execute(db)
    .await
    .map_err(during("effects"))?;
    Ok(())
}

/// All in one statement: one page of a sweep may request two hundred tickets.
async fn store_rechecks(db: &mut SqliteConnection, rechecks: &[Recheck]) -> Result<(), StoreError> {
    if rechecks.is_empty() {
        return Ok(());
    }
    let rows = rechecks
        .iter()
        .map(|one| Ok((recheck::key(one), queue::id(one.ticket_id)?, one.at, one.not_before)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query(
        "INSERT INTO doorbell (delivery, ticket_id, received_at, not_before)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true ORDER BY key
         ON CONFLICT (delivery) DO NOTHING",
    )
    .bind(queue::json(&rows)?)
    .execute(db)
    .await
    .map_err(during("effects"))?;
    Ok(())
}
