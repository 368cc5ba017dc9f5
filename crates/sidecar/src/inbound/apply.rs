//! Writing to Zammad what a command says: internal notes, each with a mark, so that a write whose record was lost is
//! found instead of repeated (ARCHITECTURE.md, invariant 5).

use redaction::Sensitive;
use schema::{Command, CommandBody, CommentContent};
use serde_json::json;
use store::{Effects, Link, LinkState, Origin, Provenance, Side, Store, StoreError};
use zammad::{Article, Client, ClientError, NewArticle};

use super::html;
use crate::clock::World;

/// How a command ended well.
pub(super) struct Applied {
    /// Why there was nothing to do.
    pub(super) skipped: Option<&'static str>,
    /// What to record with it.
    pub(super) effects: Effects,
}

/// Why it did not.
pub(super) enum Failure {
    Zammad(ClientError),
    Store(StoreError),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Zammad(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

const fn skipped(code: &'static str) -> Applied {
    Applied { skipped: Some(code), effects: Effects { links: Vec::new(), provenance: Vec::new(), bases: Vec::new() } }
}

/// Applies a claimed command. `interrupted`: an earlier try may have written.
pub(super) async fn apply(
    store: &dyn Store,
    zammad: &Client,
    world: &World,
    command: &Command,
    interrupted: bool,
) -> Result<Applied, Failure> {
    let (Some(ticket_id), Some(issue_id)) = (command.ticket_id, command.issue_id.as_deref()) else {
        return Ok(skipped("unsupported"));
    };
    let links = store.links_of_ticket(ticket_id).await?;
    let Some(link) = links.into_iter().find(|link| link.issue_id == issue_id && link.state == LinkState::Active) else {
        return Ok(skipped("not-linked"));
    };
    let note = Note { store, zammad, world, command, ticket_id, interrupted };
    match &command.body {
        CommandBody::CommentAdded(comment) => note.comment(&link, comment, html::Kind::Added).await,
        CommandBody::CommentChanged(comment) => note.comment(&link, comment, html::Kind::Changed).await,
        CommandBody::CommentRemoved(removed) => note.tombstone(&link, &removed.comment_id).await,
        CommandBody::IssueChanged(snapshot) => {
            let value = json!(snapshot).to_string();
            Ok(with(Effects {
                bases: vec![(ticket_id, issue_id.to_owned(), "issue".into(), value)],
                ..Effects::default()
            }))
        }
        CommandBody::IssueMoved(_) => {
            let issue_key = command.issue_key.clone().unwrap_or_else(|| link.issue_key.clone());
            Ok(with(Effects { links: vec![Link { issue_key, ..link }], ..Effects::default() }))
        }
        CommandBody::IssueGone(_) => {
            Ok(with(Effects { links: vec![Link { state: LinkState::Ended, ..link }], ..Effects::default() }))
        }
        _ => Ok(skipped("unsupported")),
    }
}

const fn with(effects: Effects) -> Applied {
    Applied { skipped: None, effects }
}

struct Note<'a> {
    store: &'a dyn Store,
    zammad: &'a Client,
    world: &'a World,
    command: &'a Command,
    ticket_id: u64,
    interrupted: bool,
}

impl Note<'_> {
    async fn comment(&self, link: &Link, comment: &CommentContent, kind: html::Kind) -> Result<Applied, Failure> {
        let known = self.store.provenance(Side::Jira, "comment", &comment.comment_id).await?;
        match (kind, &known) {
            (html::Kind::Added, Some(known)) if known.mirror.is_some() => return Ok(skipped("already-applied")),
            // Written before the link, or sent from here: an edit of it is none of ours.
            (html::Kind::Changed, None) => {}
            (html::Kind::Changed, Some(known)) if known.origin == Origin::Ours => return Ok(skipped("our-own")),
            _ => {}
        }
        let body = html::comment(&link.issue_key, comment, kind);
        let article = self.write(&comment.comment_id, body).await?;
        Ok(with(self.effects(&comment.comment_id, article.id)))
    }

    /// A note that the comment is gone; what was written stays, as Zammad's own history does.
    async fn tombstone(&self, link: &Link, comment_id: &str) -> Result<Applied, Failure> {
        if self.store.provenance(Side::Jira, "comment", comment_id).await?.is_none() {
            return Ok(skipped("never-applied"));
        }
        let article = self.write(comment_id, html::tombstone(&link.issue_key)).await?;
        let own = self.provenance(Side::Zammad, "article", &article.id.to_string(), Origin::Ours, comment_id);
        Ok(with(Effects { provenance: vec![own], ..Effects::default() }))
    }

    async fn write(&self, comment_id: &str, html: String) -> Result<Article, Failure> {
        let command_id = self.command.id.to_string();
        if self.interrupted {
            let articles = self.zammad.articles(self.ticket_id).await?;
            let ours = |article: &Article| article.mark().is_some_and(|mark| mark["command"] == command_id.as_str());
            if let Some(written) = articles.into_iter().find(ours) {
                return Ok(written);
            }
        }
        let note = NewArticle {
            ticket_id: self.ticket_id,
            subject: None,
            html: Sensitive::new(html),
            internal: true,
            mark: json!({ "command": command_id, "comment": comment_id }),
        };
        Ok(self.zammad.create_article(&note).await?)
    }

    fn effects(&self, comment_id: &str, article_id: u64) -> Effects {
        let article = article_id.to_string();
        let provenance = vec![
            self.provenance(Side::Jira, "comment", comment_id, Origin::Theirs, &article),
            self.provenance(Side::Zammad, "article", &article, Origin::Ours, comment_id),
        ];
        Effects { provenance, ..Effects::default() }
    }

    fn provenance(&self, side: Side, object: &str, id: &str, origin: Origin, mirror: &str) -> Provenance {
        Provenance {
            side,
            object: object.into(),
            id: id.into(),
            origin,
            mirror: Some(mirror.into()),
            ticket_id: self.ticket_id,
            carried_by: self.command.id.to_string(),
            at: self.world.now(),
        }
    }
}
