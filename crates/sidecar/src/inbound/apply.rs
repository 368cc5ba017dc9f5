//! What a command asks for: comments become internal notes, each with a mark, so that a write whose record was lost is
//! found instead of repeated (ARCHITECTURE.md, invariant 5); fields are only noted, and the ticket's next visit merges them.

use redaction::Sensitive;
use schema::settings::Deletion;
use schema::{
    AttachmentAnnounced, AttachmentFetch, Command, CommandBody, CommentContent, IssueSnapshot, LinkEnded, Message,
    MessageBody, Settings, TicketWanted,
};
use serde_json::json;
use store::{Base, Effects, Link, LinkState, Origin, Provenance, Recheck, Side, StoreError};
use sync::Role;
use zammad::{Article, ClientError, Condition, NewArticle, Text};

use super::{Inbound, catch_up, file, html};
use crate::outbound::{KnownIssue, crossed, link_request};
use crate::visit::role;

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
    /// It never will: this reason goes back to Jira.
    Never(&'static str),
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

fn skipped(code: &'static str) -> Applied {
    Applied { skipped: Some(code), effects: Effects::default() }
}

fn with(effects: Effects) -> Applied {
    Applied { skipped: None, effects }
}

/// A claimed command at work.
pub(super) struct Applying<'a> {
    pub(super) inbound: &'a Inbound,
    pub(super) settings: &'a Settings,
    pub(super) command: &'a Command,
    /// An earlier try may have written.
    pub(super) interrupted: bool,
}

impl Applying<'_> {
    pub(super) async fn apply(&self) -> Result<Applied, Failure> {
        match &self.command.body {
            CommandBody::LinkRequested(wanted) => return self.link(wanted).await,
            CommandBody::ConfigChanged(_) => return Ok(skipped("with-the-reply")),
            _ => {}
        }
        let (Some(ticket_id), Some(issue_id)) = (self.command.ticket_id, self.command.issue_id.as_deref()) else {
            return Ok(skipped("unsupported"));
        };
        let links = self.inbound.store.links_of_ticket(ticket_id).await?;
        let link = links.into_iter().find(|link| link.issue_id == issue_id && link.state != LinkState::Ended);
        let Some(link) = link else { return Ok(skipped("not-linked")) };
        match &self.command.body {
            CommandBody::IssueChanged(snapshot) => self.changed(&link, snapshot).await,
            CommandBody::IssueMoved(_) => {
                let issue_key = self.command.issue_key.clone().unwrap_or_else(|| link.issue_key.clone());
                let rechecks = vec![self.ring(ticket_id)];
                Ok(with(Effects { links: vec![Link { issue_key, ..link }], rechecks, ..Effects::default() }))
            }
            CommandBody::IssueGone(gone) => Ok(self.ended(&link, &gone.reason)),
            CommandBody::LinkRemoved(_) => self.unlinked(link).await,
            CommandBody::Refresh(_) => Ok(with(Effects { rechecks: vec![self.ring(ticket_id)], ..Effects::default() })),
            _ if link.state == LinkState::Paused => Ok(skipped("out-of-scope")),
            CommandBody::CommentAdded(comment) => self.comment(&link, comment, html::Kind::Added).await,
            CommandBody::CommentChanged(comment) => self.comment(&link, comment, html::Kind::Changed).await,
            CommandBody::CommentRemoved(removed) => self.tombstone(&link, &removed.comment_id).await,
            CommandBody::AttachmentAdded(announced) => self.fetch(&link, announced).await,
            _ => Ok(skipped("unsupported")),
        }
    }

    /// The newest snapshot is kept, and the ticket looked at.
    async fn changed(&self, link: &Link, snapshot: &IssueSnapshot) -> Result<Applied, Failure> {
        let of = (link.ticket_id, link.issue_id.as_str());
        let heard = KnownIssue::heard(self.inbound.store.as_ref(), self.inbound.privacy, of, snapshot.clone()).await?;
        let Some(base) = heard else { return Ok(skipped("older-than-known")) };
        let issue_key = self.command.issue_key.clone().unwrap_or_else(|| link.issue_key.clone());
        let moved = (issue_key != link.issue_key).then(|| Link { issue_key, ..link.clone() });
        Ok(with(Effects {
            bases: vec![base],
            rechecks: vec![self.ring(link.ticket_id)],
            links: moved.into_iter().collect(),
            ..Effects::default()
        }))
    }

    /// The issue is gone: the ticket's next visit ends the link with a note.
    fn ended(&self, link: &Link, reason: &str) -> Applied {
        let base = Base {
            ticket_id: link.ticket_id,
            issue_id: link.issue_id.clone(),
            field: "gone".into(),
            value: serde_json::to_string(reason).ok(),
        };
        with(Effects { bases: vec![base], rechecks: vec![self.ring(link.ticket_id)], ..Effects::default() })
    }

    /// An engineer ended the link. The message makes Forge forget its half, if it has not yet.
    async fn unlinked(&self, link: Link) -> Result<Applied, Failure> {
        let ended = LinkEnded { issue_id: link.issue_id.clone(), reason: "asked".into() };
        self.send(link.ticket_id, MessageBody::LinkRemoved(ended)).await?;
        Ok(with(Effects { links: vec![Link { state: LinkState::Ended, ..link }], ..Effects::default() }))
    }

    /// An engineer typed a ticket's number: both halves link in the way in which an agent links.
    async fn link(&self, wanted: &TicketWanted) -> Result<Applied, Failure> {
        let Some(issue_id) = &self.command.issue_id else { return Ok(skipped("unsupported")) };
        let Some(number) = Text::new(wanted.ticket_number.trim()) else { return Err(Failure::Never("no-number")) };
        let zammad = &self.inbound.zammad;
        let found = zammad.search_tickets(&Condition::ticket_field_is("number", &number), 1, 2).await?;
        let [ticket] = found.as_slice() else { return Err(Failure::Never("ticket-not-found")) };
        if !self.settings.scope.has_group(ticket.group_id) {
            return Err(Failure::Never("group-out-of-scope"));
        }
        let request = link_request(zammad, &self.inbound.zammad_public_url, ticket, issue_id).await?;
        self.send(ticket.id, MessageBody::LinkRequested(request)).await?;
        Ok(with(Effects::default()))
    }

    /// Asks for a file's bytes, by a message that has the command's own id: the same command again asks for nothing more.
    async fn fetch(&self, link: &Link, announced: &AttachmentAnnounced) -> Result<Applied, Failure> {
        if !self.settings.attachments.direction.to_zammad() {
            return Ok(skipped("files-do-not-sync"));
        }
        if self.is_follower(link).await? {
            return Ok(skipped("follower"));
        }
        if self.inbound.store.provenance(Side::Jira, "file", &announced.attachment_id).await?.is_some() {
            return Ok(skipped("already-applied"));
        }
        // Noted before it is asked for, so that the answer finds it.
        let base = Base {
            ticket_id: link.ticket_id,
            issue_id: link.issue_id.clone(),
            field: file::announcement(&announced.attachment_id),
            value: serde_json::to_string(announced).ok(),
        };
        self.inbound.store.record(Effects { bases: vec![base], ..Effects::default() }).await?;
        let fetch = AttachmentFetch { issue_id: link.issue_id.clone(), attachment_id: announced.attachment_id.clone() };
        self.send(link.ticket_id, MessageBody::AttachmentFetch(fetch)).await?;
        Ok(with(Effects::default()))
    }

    /// A ticket that shares its issue with an older one hears the status only.
    async fn is_follower(&self, link: &Link) -> Result<bool, Failure> {
        Ok(role(self.inbound.store.as_ref(), link).await? == Role::Follower)
    }

    async fn send(&self, ticket_id: u64, body: MessageBody) -> Result<(), Failure> {
        let message = Message { id: self.command.id, ticket_id: Some(ticket_id), body };
        let row = crossed(&message, None, self.inbound.privacy, self.inbound.env.now())
            .map_err(|_| Failure::Never("boundary"))?;
        Ok(self.inbound.store.append(vec![row]).await?)
    }

    async fn comment(&self, link: &Link, comment: &CommentContent, kind: html::Kind) -> Result<Applied, Failure> {
        if !self.settings.comments.to_zammad {
            return Ok(skipped("comments-do-not-sync"));
        }
        if self.is_follower(link).await? {
            return Ok(skipped("follower"));
        }
        let known = self.inbound.store.provenance(Side::Jira, "comment", &comment.comment_id).await?;
        let print = catch_up::print(&link.issue_id, &comment.updated_at);
        match (kind, &known) {
            (html::Kind::Added, Some(known)) if known.mirror.is_some() => return Ok(skipped("already-applied")),
            (_, Some(known)) if known.print.as_ref() == Some(&print) => return Ok(skipped("already-applied")),
            (html::Kind::Changed, Some(known)) if known.origin == Origin::Ours => return Ok(skipped("our-own")),
            _ => {}
        }
        let mark = json!({ "comment": comment.comment_id });
        let article = self.write(link.ticket_id, html::comment(&link.issue_key, comment, kind), mark).await?;
        let number = article.id.to_string();
        let theirs = self.provenance(link, Side::Jira, ("comment", &comment.comment_id), Origin::Theirs, &number);
        let provenance = vec![
            Provenance { print: Some(print), ..theirs },
            self.provenance(link, Side::Zammad, ("article", &number), Origin::Ours, &comment.comment_id),
        ];
        Ok(with(Effects { provenance, ..Effects::default() }))
    }

    /// A note that the comment is gone; what was written stays, as Zammad's own history does.
    async fn tombstone(&self, link: &Link, comment_id: &str) -> Result<Applied, Failure> {
        if self.settings.comments.deletions == Deletion::Ignore {
            return Ok(skipped("deletions-do-not-sync"));
        }
        let known = self.inbound.store.provenance(Side::Jira, "comment", comment_id).await?;
        let Some(known) = known else { return Ok(skipped("never-applied")) };
        let gone = Some(catch_up::print_gone(&link.issue_id));
        if known.print == gone {
            return Ok(skipped("already-applied"));
        }
        let mark = json!({ "comment": comment_id });
        let article = self.write(link.ticket_id, html::tombstone(&link.issue_key), mark).await?;
        let number = article.id.to_string();
        let own = self.provenance(link, Side::Zammad, ("article", &number), Origin::Ours, comment_id);
        Ok(with(Effects { provenance: vec![own, Provenance { print: gone, ..known }], ..Effects::default() }))
    }

    /// Writes an internal note marked with the command, unless an interrupted try has written it.
    async fn write(&self, ticket_id: u64, html: String, mut mark: serde_json::Value) -> Result<Article, Failure> {
        let command_id = self.command.id.to_string();
        mark["command"] = command_id.as_str().into();
        let zammad = &self.inbound.zammad;
        if self.interrupted {
            let articles = zammad.articles(ticket_id).await?;
            let ours = |article: &Article| article.mark().is_some_and(|mark| mark["command"] == command_id.as_str());
            if let Some(written) = articles.into_iter().find(ours) {
                return Ok(written);
            }
        }
        let html = Sensitive::new(html);
        let note = NewArticle { ticket_id, subject: None, html, internal: true, attachments: Vec::new(), mark };
        Ok(zammad.create_article(&note).await?)
    }

    fn ring(&self, ticket_id: u64) -> Recheck {
        Recheck { ticket_id, key: format!("command:{}", self.command.id), not_before: None, at: self.inbound.env.now() }
    }

    fn provenance(
        &self,
        link: &Link,
        side: Side,
        (object, id): (&str, &str),
        origin: Origin,
        mirror: &str,
    ) -> Provenance {
        Provenance {
            side,
            object: object.into(),
            id: id.into(),
            origin,
            mirror: Some(mirror.into()),
            print: None,
            ticket_id: link.ticket_id,
            carried_by: self.command.id.to_string(),
            at: self.inbound.env.now(),
        }
    }
}
