//! Carries out one command. Changes of an issue's fields are only stored, and the ticket's next visit merges them.

use schema::{
    AttachmentAnnounced, AttachmentFetch, CommandBody, Erase, IssueGone, IssueSnapshot, LinkEnded, MessageBody, Side,
    codes,
};
use store::{Effects, FactKind, Link, LinkState, ObjectKind, Subject};

use super::application::{Application, Applied, ApplyError, done, skipped};
use super::handler::CommandHandler;
use crate::ticket::facts::LinkKey;
use crate::ticket::note::Kind;
use crate::ticket::{KnownIssue, readable_again};

impl Application<'_> {
    /// Carries the command out.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub(super) async fn apply(&self) -> Result<Applied, ApplyError> {
        match &self.command.body {
            CommandBody::LinkRequested(request) => return self.request_link(request).await,
            CommandBody::Erase(erase) => return self.erase(erase).await,
            CommandBody::ConfigChanged(_) => return Ok(skipped("with-the-reply")),
            _ => {}
        }
        let (Some(ticket_id), Some(issue_id)) = (self.command.ticket_id, self.command.issue_id.as_deref()) else {
            return Ok(skipped("unsupported"));
        };
        let links = self.handler.store.links_of_ticket(ticket_id).await?;
        let link = links.into_iter().find(|link| link.issue_id == issue_id && link.state != LinkState::Ended);
        let Some(link) = link else { return Ok(skipped("not-linked")) };
        match &self.command.body {
            CommandBody::IssueChanged(snapshot) => self.issue_changed(&link, snapshot).await,
            CommandBody::IssueMoved(_) => {
                let issue_key = self.command.issue_key.clone().unwrap_or_else(|| link.issue_key.clone());
                let rechecks = vec![self.recheck(ticket_id)];
                Ok(done(Effects { links: vec![Link { issue_key, ..link }], rechecks, ..Effects::default() }))
            }
            // Nothing ends: the link rests until Jira lets the app read the issue again.
            CommandBody::IssueGone(gone) if gone.reason == IssueGone::NO_ACCESS => {
                let code = Some(codes::ISSUE_NO_ACCESS);
                let troubles = vec![LinkKey::from(&link).trouble(Subject::Issue, code, None, self.handler.env.now())];
                let rechecks = vec![self.recheck(ticket_id)];
                Ok(done(Effects { troubles, rechecks, ..Effects::default() }))
            }
            CommandBody::IssueGone(gone) => Ok(self.issue_gone(&link, &gone.reason)),
            CommandBody::LinkRemoved(_) => self.unlink(link).await,
            CommandBody::Refresh(_) => self.refresh(&link).await,
            _ if link.state == LinkState::Paused => Ok(skipped("out-of-scope")),
            CommandBody::CommentAdded(comment) => self.comment(&link, comment, Kind::Added).await,
            CommandBody::CommentChanged(comment) => self.comment(&link, comment, Kind::Changed).await,
            CommandBody::CommentRemoved(removed) => self.comment_removed(&link, &removed.comment_id).await,
            CommandBody::DescriptionChanged(change) => self.description(&link, change).await,
            CommandBody::AttachmentAdded(announced) => self.request_file(&link, announced).await,
            _ => Ok(skipped("unsupported")),
        }
    }

    /// Forgets people whose data an admin had erased. Notes in Zammad stay: erasing there is Zammad's own data privacy function.
    async fn erase(&self, erase: &Erase) -> Result<Applied, ApplyError> {
        let count = self.handler.store.forget_accounts(&erase.account_ids).await?;
        // Operator: remove these people from the map of people in the settings; erase their notes in Zammad there.
        tracing::info!(count, "names and suggestions of erased Atlassian accounts deleted");
        Ok(done(Effects::default()))
    }

    /// Somebody looks at the panel, which keeps values for a day, or wants to know whether a cause has passed: the ticket is read
    /// again, its values are sent even if they are the last ones, and its messages do not wait any longer.
    async fn refresh(&self, link: &Link) -> Result<Applied, ApplyError> {
        self.handler.store.retry_messages_of(link.ticket_id, self.handler.env.now()).await?;
        let facts = vec![LinkKey::from(link).clear(FactKind::PanelHash)];
        Ok(done(Effects { facts, rechecks: vec![self.recheck(link.ticket_id)], ..Effects::default() }))
    }

    /// Stores the snapshot if it is the newest, and requests a visit.
    async fn issue_changed(&self, link: &Link, snapshot: &IssueSnapshot) -> Result<Applied, ApplyError> {
        let CommandHandler { store, config, .. } = self.handler;
        let fact = KnownIssue::received(store.as_ref(), config.privacy, link.into(), snapshot.clone()).await?;
        // The issue can be read, so a trouble about it has ended, whether or not anything changed meanwhile.
        let (of, now) = (LinkKey::from(link), self.handler.env.now());
        readable_again(store.as_ref(), of, now).await?;
        let readable = of.trouble(Subject::Issue, None, None, now);
        let Some(fact) = fact else {
            let effects = Effects { troubles: vec![readable], ..Effects::default() };
            return Ok(Applied { skipped: Some("older-than-known"), effects });
        };
        let issue_key = self.command.issue_key.clone().unwrap_or_else(|| link.issue_key.clone());
        let moved = (issue_key != link.issue_key).then(|| Link { issue_key, ..link.clone() });
        Ok(done(Effects {
            facts: vec![fact],
            rechecks: vec![self.recheck(link.ticket_id)],
            links: moved.into_iter().collect(),
            troubles: vec![readable],
            ..Effects::default()
        }))
    }

    /// Stores that the issue is gone: the ticket's next visit ends the link with a note.
    fn issue_gone(&self, link: &Link, reason: &str) -> Applied {
        let facts = vec![LinkKey::from(link).set(FactKind::IssueGone, &reason)];
        done(Effects { facts, rechecks: vec![self.recheck(link.ticket_id)], ..Effects::default() })
    }

    /// Ends the link at an engineer's request. The message makes Forge delete its record, if it has not yet.
    async fn unlink(&self, link: Link) -> Result<Applied, ApplyError> {
        let ended = LinkEnded { issue_id: link.issue_id.clone(), reason: "asked".into() };
        self.send(link.ticket_id, MessageBody::LinkRemoved(ended)).await?;
        Ok(done(Effects { links: vec![Link { state: LinkState::Ended, ..link }], ..Effects::default() }))
    }

    /// Requests a file's bytes. The message has the command's id, so a repeated command requests nothing more.
    async fn request_file(&self, link: &Link, announced: &AttachmentAnnounced) -> Result<Applied, ApplyError> {
        if !self.settings.attachments.direction.to_zammad() {
            return Ok(skipped("files-do-not-sync"));
        }
        if self.is_follower(link).await? {
            return Ok(skipped("follower"));
        }
        let store = &self.handler.store;
        if store.provenance(Side::Jira, ObjectKind::File, &announced.attachment_id).await?.is_some() {
            return Ok(skipped("already-applied"));
        }
        // Stored before the request is sent, because the answer needs it.
        let kind = FactKind::AnnouncedFile(announced.attachment_id.clone());
        let facts = vec![LinkKey::from(link).set(kind, announced)];
        store.record(Effects { facts, ..Effects::default() }).await?;
        let fetch = AttachmentFetch { issue_id: link.issue_id.clone(), attachment_id: announced.attachment_id.clone() };
        self.send(link.ticket_id, MessageBody::AttachmentFetch(fetch)).await?;
        Ok(done(Effects::default()))
    }
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
