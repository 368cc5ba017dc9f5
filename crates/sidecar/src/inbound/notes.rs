//! Comments as internal notes. Each note has a mark, so that a write whose record was lost is found instead of repeated
//! (ARCHITECTURE.md, "Invariants").

use redaction::Sensitive;
use schema::settings::Deletion;
use schema::{CommentContent, DescriptionChanged, Side};
use serde_json::{Value, json};
use store::{Effects, Link, ObjectKind, Origin, Provenance};
use zammad::{Article, NewArticle};

use super::application::{Application, Applied, ApplyError, done, skipped};
use super::fingerprint;
use crate::ticket::bodies;
use crate::ticket::note::{self, Kind};

impl Application<'_> {
    /// Writes the note for a new or edited comment.
    pub(super) async fn comment(
        &self,
        link: &Link,
        comment: &CommentContent,
        kind: Kind,
    ) -> Result<Applied, ApplyError> {
        if !self.settings.comments.to_zammad {
            return Ok(skipped("comments-do-not-sync"));
        }
        if !self.settings.followers.comments && self.is_follower(link).await? {
            return Ok(skipped("follower"));
        }
        let (record, known) = self.record_of(link, &comment.comment_id).await?;
        let version = fingerprint::of_version(&link.issue_id, &comment.updated_at);
        match (kind, &known) {
            (Kind::Added, Some(known)) if known.mirror.is_some() => return Ok(skipped("already-applied")),
            (_, Some(known)) if known.fingerprint.as_ref() == Some(&version) => return Ok(skipped("already-applied")),
            (Kind::Changed, Some(known)) if known.origin == Origin::Ours => return Ok(skipped("our-own")),
            _ => {}
        }
        let html = note::comment(&link.issue_key, comment, kind);
        let article = self.write(link.ticket_id, html, json!({ "comment": comment.comment_id })).await?;
        let article_id = article.id.to_string();
        let theirs = self.provenance(link, Side::Jira, &record, &article_id);
        let provenance = vec![
            Provenance { fingerprint: Some(version), ..theirs },
            self.provenance(link, Side::Zammad, &article_id, &comment.comment_id),
        ];
        Ok(done(Effects { provenance, ..Effects::default() }))
    }

    /// Writes the issue's description, which an engineer changed, as an internal note.
    pub(super) async fn description(&self, link: &Link, change: &DescriptionChanged) -> Result<Applied, ApplyError> {
        if !self.settings.comments.to_zammad {
            return Ok(skipped("comments-do-not-sync"));
        }
        if self.is_follower(link).await? {
            return Ok(skipped("follower"));
        }
        let html = note::description(&link.issue_key, change);
        let article = self.write(link.ticket_id, html, json!({ "description": link.issue_id })).await?;
        let ours = self.provenance(link, Side::Zammad, &article.id.to_string(), &link.issue_id);
        Ok(done(Effects { provenance: vec![ours], ..Effects::default() }))
    }

    /// Writes a note that a comment was deleted or restricted. The earlier note stays, as everything in Zammad's history.
    pub(super) async fn comment_removed(&self, link: &Link, comment_id: &str) -> Result<Applied, ApplyError> {
        if self.settings.comments.deletions == Deletion::Ignore {
            return Ok(skipped("deletions-do-not-sync"));
        }
        let (_, known) = self.record_of(link, comment_id).await?;
        let Some(known) = known else { return Ok(skipped("never-applied")) };
        let deleted = Some(fingerprint::of_deleted(&link.issue_id));
        if known.fingerprint == deleted {
            return Ok(skipped("already-applied"));
        }
        let html = note::tombstone(&link.issue_key);
        let article = self.write(link.ticket_id, html, json!({ "comment": comment_id })).await?;
        let ours = self.provenance(link, Side::Zammad, &article.id.to_string(), comment_id);
        let provenance = vec![ours, Provenance { fingerprint: deleted, ..known }];
        Ok(done(Effects { provenance, ..Effects::default() }))
    }

    /// The id under which a comment's note in this ticket is recorded, and the record. A follower has a note of its own, and
    /// keeps the record if it becomes primary.
    async fn record_of(&self, link: &Link, comment_id: &str) -> Result<(String, Option<Provenance>), ApplyError> {
        let store = &self.handler.store;
        let own = id_at_follower(comment_id, link.ticket_id);
        let known = store.provenance(Side::Jira, ObjectKind::Comment, &own).await?;
        if known.is_some() || self.is_follower(link).await? {
            return Ok((own, known));
        }
        let known = store.provenance(Side::Jira, ObjectKind::Comment, comment_id).await?;
        Ok((comment_id.to_owned(), known))
    }

    /// Writes an internal note marked with the command's id, unless an interrupted attempt has written it.
    async fn write(&self, ticket_id: u64, html: String, mut mark: Value) -> Result<Article, ApplyError> {
        let command_id = self.command.id.to_string();
        mark["command"] = command_id.as_str().into();
        let helpdesk = &self.handler.helpdesk;
        if self.interrupted {
            let is_ours = |mark: &Value| mark["command"] == command_id.as_str();
            if let Some(written) = bodies::find_marked(helpdesk.as_ref(), ticket_id, is_ours).await? {
                return Ok(written);
            }
        }
        let html = Sensitive::new(html);
        let note = NewArticle { ticket_id, subject: None, html, internal: true, attachments: Vec::new(), mark };
        Ok(helpdesk.create_article(&note).await?)
    }

    /// The record of a comment (in Jira) or of its note (in Zammad).
    fn provenance(&self, link: &Link, side: Side, id: &str, mirror: &str) -> Provenance {
        let (object, origin) = match side {
            Side::Jira => (ObjectKind::Comment, Origin::Theirs),
            Side::Zammad => (ObjectKind::Article, Origin::Ours),
        };
        Provenance {
            side,
            object,
            id: id.into(),
            origin,
            mirror: Some(mirror.into()),
            fingerprint: None,
            ticket_id: link.ticket_id,
            carried_by: self.command.id.to_string(),
            at: self.handler.env.now(),
        }
    }
}

/// Between a comment's id and the ticket's in the record of a follower's note; no id of Jira's contains it.
const AT: char = '@';

fn id_at_follower(comment_id: &str, ticket_id: u64) -> String {
    format!("{comment_id}{AT}{ticket_id}")
}

/// Jira's id of a recorded comment.
pub(super) fn comment_id(recorded: &str) -> &str {
    recorded.split(AT).next().unwrap_or(recorded)
}

#[cfg(test)]
#[path = "notes_tests.rs"]
mod tests;
